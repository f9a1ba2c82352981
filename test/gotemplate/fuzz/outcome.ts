// What a case came to, ours and Go's, in one form; and how the two differ.
import { createHash } from 'node:crypto'
import { caseLine, type OracleResult, type RenderCase } from '../oracle/oracle.ts'

export interface Outcome {
  readonly kind: 'output' | 'error'
  readonly bytes: Buffer
}

// Ours ends such templates a hundred times sooner.
const goDepthLimit = 'exceeded maximum template depth'

/** undefined when Go was stopped before it came to a verdict. */
export function outcomeOfGo(result: OracleResult): Outcome | undefined {
  if (result.limit !== undefined || result.error?.includes(goDepthLimit)) return undefined
  if (result.output !== undefined) return { kind: 'output', bytes: Buffer.from(result.output) }
  if (result.outputBase64 !== undefined)
    return { kind: 'output', bytes: Buffer.from(result.outputBase64, 'base64') }
  if (result.error !== undefined) return { kind: 'error', bytes: Buffer.from(result.error) }
  return { kind: 'error', bytes: Buffer.from(result.errorBase64 ?? '', 'base64') }
}

export function sameOutcome(a: Outcome, b: Outcome): boolean {
  if (a.kind !== b.kind) return false
  return a.bytes.equals(b.bytes) || withoutAddresses(a) === withoutAddresses(b)
}

// Where in memory a pointer points: `(*semver.Version)(0xc000012345)`.
function withoutAddresses({ bytes }: Outcome): string {
  return bytes.toString('latin1').replace(/ *0x[0-9a-f]{9,} */g, '0x')
}

export function describeOutcome({ kind, bytes }: Outcome): string {
  const field = bytes.equals(Buffer.from(bytes.toString())) ? kind : `${kind}Base64`
  return onOneLine(JSON.stringify({ [field]: field === kind ? bytes.toString() : bytes.toString('base64') }))
}

/** A line for a golden file. */
export function goldenLine(one: RenderCase, go: Outcome): string {
  const name = `found/${createHash('sha256').update(caseLine(one)).digest('hex').slice(0, 6)}`
  const head = caseLine({ ...one, name }).replace(
    /^\{"name":"[^"]*",/,
    `{"name":"${name}","category":"found",`,
  )
  return onOneLine(`${head.slice(0, -1)},${describeOutcome(go).slice(1)}`)
}

// U+2028 and U+2029 end a line for some readers of lines.
function onOneLine(json: string): string {
  return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
