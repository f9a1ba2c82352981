// The texts by which a Connector's credential is recognised in what a tool answers.
// Spec: proxy.md, "What comes back".

export type Traces = {
  /** The injected value and the Secret's values, in the spellings that headers and JSON use. */
  readonly texts: readonly string[]
  /** The injected value alone, where it is long enough never to occur by chance: fit to be looked for in any body. */
  readonly strong: readonly string[]
  /** Those, and the Secret's values as JSON and URLs spell them: for bodies that may be answers of the LFS API. */
  readonly lfs: readonly string[]
}

/** Shorter ones occur by chance, and such a password protects nothing. */
const shortestTrace = 6
const shortestStrongTrace = 16
const shortestLfsTrace = 12

/** `injected` are header values (`Basic ...`), `secretValues` what they were made of. */
export function credentialTraces(injected: readonly string[], secretValues: readonly string[]): Traces {
  const bare = injected.map(value => value.slice(value.indexOf(' ') + 1).replace(/=+$/, ''))
  const spellings = bare.flatMap(text => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
    // As some writers of JSON escape it, and as URLs and forms do.
    text.replaceAll('/', '\\/'),
    text.replaceAll('+', '%2B').replaceAll('/', '%2F'),
    text.replaceAll('+', '%2b').replaceAll('/', '%2f'),
  ])
  const strong = [...new Set(spellings)].filter(text => text.length >= shortestStrongTrace)
  // Headers hold one character per byte, bodies are text.
  const bytes = secretValues.map(text => Buffer.from(text).toString('latin1'))
  const texts = new Set([...spellings, ...secretValues, ...bytes])
  const lfs = new Set([...strong, ...secretValues.flatMap(spellingsInJson)])
  return {
    texts: [...texts].filter(text => text.length >= shortestTrace),
    strong,
    lfs: [...lfs].filter(text => text.length >= shortestLfsTrace),
  }
}

/** As JSON and a URL in it have it, by writers that encode more or less. */
function spellingsInJson(text: string): readonly string[] {
  const less = encodeURIComponent(text.toWellFormed())
  const more = less.replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const json = JSON.stringify(text).slice(1, -1)
  return [text, json, json.replaceAll('/', '\\/'), less, more]
}

/** Whether the text holds one of these, as it is or in an encoding that servers use every day. */
export function carriesTrace(text: string, traces: readonly string[]): boolean {
  if (traces.length === 0) return false
  if (holdsAny(text, traces)) return true
  return /[%+\\]/.test(text) && decodings(text).some(view => holdsAny(view, traces))
}

function holdsAny(text: string, traces: readonly string[]): boolean {
  for (const trace of traces) if (text.includes(trace)) return true
  return false
}

/** The text read as a URL has it, as a form has it, as JSON has it; those that differ from it. */
function decodings(text: string): readonly string[] {
  const views: string[] = []
  const isEncoded = text.includes('%')
  if (isEncoded) views.push(percentDecoded(text))
  if (text.includes('+')) views.push(percentDecoded(text.replaceAll('+', ' ')))
  if (text.includes('\\')) views.push(jsonUnescaped(text))
  return views
}

/** One character per byte. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

const shortEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function jsonUnescaped(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (shortEscapes[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
