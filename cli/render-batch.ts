// A stream of template cases, one JSON object a line in and one a line out, in order and as it goes.
import { type ProbeJson, probeDataFromJson } from '../connector/probe-data.ts'
import { bytesOf } from '../gotemplate/bytes.ts'
import { dataFromJson } from '../gotemplate/data.ts'
import { TemplateError } from '../gotemplate/error.ts'
import { functions } from '../gotemplate/functions/all.ts'
import { parseTemplate } from '../gotemplate/template.ts'
import { Dict, type Value } from '../gotemplate/value.ts'

type Case = {
  readonly name?: string
  readonly template?: string
  readonly data?: unknown
  readonly options?: {
    readonly missingkey?: 'default' | 'zero' | 'error'
    readonly probe?: boolean
    readonly name?: string
  }
}

// A case is compared with Go's result; how fast this machine is must not change it.
const limits = { cpuMs: 5000 }

export async function renderBatch(
  input: NodeJS.ReadableStream,
  write: (json: string) => Promise<void>,
): Promise<void> {
  for await (const line of linesOf(input)) {
    if (line.trim() === '') continue
    await write(JSON.stringify(resultOf(line)))
  }
}

/** By hand, because readline also splits at U+2028 and U+2029, which JSON leaves as they are. */
async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const parts: string[] = []
  for await (const chunk of input.setEncoding('utf8')) {
    const [first = '', ...others] = String(chunk).split('\n')
    parts.push(first)
    for (const other of others) {
      yield parts.splice(0).join('')
      parts.push(other)
    }
  }
  yield parts.join('')
}

function resultOf(line: string): Readonly<Record<string, string>> {
  let given: Case
  try {
    given = JSON.parse(line) as Case
  } catch {
    return { name: '', error: 'the line is not JSON' }
  }
  const { name = '', template, options } = given
  if (typeof template !== 'string') return { name, error: 'the case has no template' }
  try {
    const parsed = parseTemplate(template, { name: options?.name ?? 't', functions })
    const bytes = parsed.executeBytes(dataOf(given, line), {
      missingKey: options?.missingkey ?? 'default',
      limits,
      clock: () => new Date(),
      random: size => crypto.getRandomValues(new Uint8Array(size)),
    })
    return { name, ...textOrBase64('output', bytes) }
  } catch (error) {
    // Go's own words: whoever compares has the data at hand anyway.
    const text = error instanceof TemplateError ? error.goMessage : (error as Error).message
    return { name, ...textOrBase64('error', bytesOf(text)) }
  }
}

function dataOf({ data, options }: Case, line: string): Value {
  if (options?.probe === true) return probeDataFromJson(data as ProbeJson)
  const whole = dataFromJson(line)
  return whole instanceof Dict ? whole.get('data') : undefined
}

function textOrBase64(key: 'output' | 'error', bytes: Uint8Array): Readonly<Record<string, string>> {
  try {
    return { [key]: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { [`${key}Base64`]: Buffer.from(bytes).toString('base64') }
  }
}
