// What go-yaml takes a plain scalar for: YAML 1.1's words, numbers in Go's spelling, timestamps.
import { parseFloat64, parseInt64, parseUint } from '../../number.ts'
import { parseInstant } from '../time/parse.ts'
import { UTC } from '../time/zone.ts'

/** A number is an integer with its value or a float; `text` is what looks like a timestamp, or anything else. */
export type Scalar =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'text' }

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...words('y Y yes Yes YES true True TRUE on On ON', { kind: 'bool', value: true }),
  ...words('n N no No NO false False FALSE off Off OFF', { kind: 'bool', value: false }),
  ...words('~ null Null NULL', { kind: 'null' }),
  ['', { kind: 'null' }],
  ...words('.nan .NaN .NAN', { kind: 'float', value: Number.NaN }),
  ...words('.inf .Inf .INF +.inf +.Inf +.INF', { kind: 'float', value: Number.POSITIVE_INFINITY }),
  ...words('-.inf -.Inf -.INF', { kind: 'float', value: Number.NEGATIVE_INFINITY }),
])

function words(list: string, scalar: Scalar): (readonly [string, Scalar])[] {
  return list.split(' ').map(word => [word, scalar] as const)
}

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

export function resolvePlain(text: string): Scalar {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  if (text.startsWith('.')) {
    const value = text.length > LONGEST_NUMBER ? undefined : parseFloat64(text)
    return value === undefined ? { kind: 'text' } : { kind: 'float', value }
  }
  if (!/^[-+0-9]/.test(text) || text.length > LONGEST_NUMBER) return { kind: 'text' }
  if (isTimestamp(text)) return { kind: 'timestamp' }
  const plain = text.replaceAll('_', '')
  const integer = parseInt64(plain) ?? parseUint(plain) ?? binaryInteger(plain)
  if (integer !== undefined) return { kind: 'int', value: integer }
  const float = FLOAT.test(plain) ? parseFloat64(plain) : undefined
  return float === undefined ? { kind: 'text' } : { kind: 'float', value: float }
}

/** Longer digits would cost more time than any number is worth. */
const LONGEST_NUMBER = 4096

// Prefixes that strconv leaves alone: -0b with a sign of its own is covered there already.
function binaryInteger(text: string): bigint | undefined {
  const digits = /^0b([+-][01]+)$/.exec(text)?.[1]
  return digits === undefined ? undefined : parseInt64(digits.replace(/^([+-])/, '$10b'))
}

const TIMESTAMPS: readonly string[] = [
  '2006-1-2T15:4:5.999999999Z07:00',
  '2006-1-2t15:4:5.999999999Z07:00',
  '2006-1-2 15:4:5.999999999',
  '2006-1-2',
]

function isTimestamp(text: string): boolean {
  return /^[0-9]{4}-/.test(text) && TIMESTAMPS.some(layout => !('error' in parseInstant(layout, text, UTC)))
}

/** Base 60, which go-yaml does not read but quotes for the sake of others. */
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** Whether the text, written without quotes, is read back as text. */
export function isPlainString(text: string): boolean {
  const { kind } = text === '<<' ? ({ kind: 'text' } as const) : resolvePlain(text)
  return kind === 'text' && !SEXAGESIMAL.test(text)
}

/** How go-yaml writes a JSON number that is an integer of 64 bits; undefined for all others. */
export function numberText(json: string): string | undefined {
  if (!/^-?[0-9]+$/.test(json)) return undefined
  const value = BigInt(json)
  return value >= -(2n ** 63n) && value < 2n ** 64n ? value.toString() : undefined
}
