// JSON as Go's encoding/json reads it into interfaces: every number a float64, errors in Go's words.
import { bytesOf, textOf } from '../bytes.ts'
import { quote } from '../format/quote.ts'
import type { Call } from '../function.ts'
import { anySliceType } from '../type.ts'
import { Dict, dict, List, type Value } from '../value.ts'
import { DEEPEST, failTooDeep } from './equality.ts'
import { textFromRunes } from './runes.ts'

/** The value; `error` comes along when the syntax is right and a number does not fit, as in Go. */
export interface DecodedJson {
  readonly value: Value
  readonly error: JsonDecodeError | undefined
}

/** Go's complaint; `safe` is without anything of the text. */
export class JsonDecodeError extends Error {
  readonly safe: string

  constructor(message: string, safe: string) {
    super(message)
    this.safe = safe
  }
}

/** Throws a JsonDecodeError when the text is no JSON. */
export function decodeJson(call: Call, text: string): DecodedJson {
  call.steps(Math.ceil(text.length / 16))
  return new Reader(call, bytesOf(text)).document()
}

/** As `json.Unmarshal` into a `map[string]interface {}`: what there is of the object; undefined for null. */
export function decodeJsonObject(
  call: Call,
  text: string,
): { value: Dict | undefined; error: JsonDecodeError | undefined } {
  const { value, error } = decodeJson(call, text)
  if (value instanceof Dict) return { value, error }
  // A number that fits no float64 is not looked at where an object is wanted.
  if (value === null && error === undefined) return { value: undefined, error }
  return { value: dict(), error: notAnObject(value ?? 0) }
}

/** The error of any other value where an object is wanted. */
export function notAnObject(value: Value): JsonDecodeError {
  const kinds: Readonly<Record<string, string>> = { string: 'string', number: 'number', boolean: 'bool' }
  const kind = kinds[typeof value] ?? 'array'
  const message = `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`
  return new JsonDecodeError(message, message)
}

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const COMMA = 0x2c
const COLON = 0x3a
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const ESCAPED: ReadonlyMap<number, string> = new Map(
  [...'"\\/']
    .map(c => [c.charCodeAt(0), c] as const)
    .concat([
      [0x62, '\b'],
      [0x66, '\f'],
      [0x6e, '\n'],
      [0x72, '\r'],
      [0x74, '\t'],
    ]),
)

/** Where a blank is an error. Go ends a text with one to see whether it could end there, and then complains of it. */
function isWithinWord(context: string): boolean {
  return /^(in (literal|numeric|exponent|string escape|\\u)|after decimal point)/.test(context)
}

/** One pass over one text. */
class Reader {
  private readonly call: Call
  private readonly bytes: Uint8Array
  private at = 0
  private numberError: JsonDecodeError | undefined

  constructor(call: Call, bytes: Uint8Array) {
    this.call = call
    this.bytes = bytes
  }

  document(): DecodedJson {
    const value = this.value(0)
    this.skipSpace()
    if (this.at < this.bytes.length) this.fail('after top-level value')
    return { value, error: this.numberError }
  }

  private fail(context: string): never {
    const byte = this.bytes[this.at] ?? (isWithinWord(context) ? SPACE : undefined)
    if (byte === undefined) {
      const message = 'unexpected end of JSON input'
      throw new JsonDecodeError(message, message)
    }
    const shown =
      byte === 0x27 ? "'\\''" : byte === QUOTE ? `'"'` : `'${quote(String.fromCharCode(byte)).slice(1, -1)}'`
    throw new JsonDecodeError(`invalid character ${shown} ${context}`, `invalid character ${context}`)
  }

  private skipSpace(): void {
    for (let byte = this.bytes[this.at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; ) {
      byte = this.bytes[++this.at]
    }
  }

  private value(depth: number): Value {
    this.call.steps(1)
    if (depth > DEEPEST) failTooDeep()
    this.skipSpace()
    switch (this.bytes[this.at]) {
      case OPEN_OBJECT:
        return this.object(depth)
      case OPEN_LIST:
        return this.list(depth)
      case QUOTE:
        return this.text()
      case 0x74:
        return this.literal('true', true)
      case 0x66:
        return this.literal('false', false)
      case 0x6e:
        return this.literal('null', null)
      default:
        return this.number()
    }
  }

  private literal(word: string, value: boolean | null): boolean | null {
    for (const letter of word) {
      if (this.bytes[this.at] !== letter.charCodeAt(0))
        this.fail(`in literal ${word} (expecting '${letter}')`)
      this.at++
    }
    return value
  }

  private isDigit(): boolean {
    const byte = this.bytes[this.at]
    return byte !== undefined && byte >= ZERO && byte <= ZERO + 9
  }

  private digits(context: string): void {
    if (!this.isDigit()) this.fail(context)
    while (this.isDigit()) this.at++
  }

  private number(): number | null {
    const from = this.at
    if (this.bytes[this.at] === MINUS) {
      this.at++
      if (!this.isDigit()) this.fail('in numeric literal')
    } else if (!this.isDigit()) this.fail('looking for beginning of value')
    if (this.bytes[this.at] === ZERO) this.at++
    else this.digits('in numeric literal')
    if (this.bytes[this.at] === DOT) {
      this.at++
      this.digits('after decimal point in numeric literal')
    }
    if (this.bytes[this.at] === 0x65 || this.bytes[this.at] === 0x45) {
      this.at++
      if (this.bytes[this.at] === 0x2b || this.bytes[this.at] === MINUS) this.at++
      this.digits('in exponent of numeric literal')
    }
    const spelled = textOf(this.bytes.subarray(from, this.at))
    const value = Number(spelled)
    if (Number.isFinite(value)) return value
    this.numberError ??= new JsonDecodeError(
      `json: cannot unmarshal number ${spelled} into Go value of type float64`,
      'json: cannot unmarshal number into Go value of type float64',
    )
    return null
  }

  private list(depth: number): Value {
    const items: Value[] = []
    this.at++
    this.skipSpace()
    if (this.bytes[this.at] === CLOSE_LIST) {
      this.at++
      return new List(anySliceType, items, 'decoded')
    }
    for (;;) {
      items.push(this.value(depth + 1))
      this.call.allocate(16)
      this.skipSpace()
      const byte = this.bytes[this.at]
      if (byte !== COMMA && byte !== CLOSE_LIST) this.fail('after array element')
      this.at++
      if (byte === CLOSE_LIST) return new List(anySliceType, items, 'decoded')
    }
  }

  private object(depth: number): Value {
    const entries = new Map<string, Value>()
    this.at++
    this.skipSpace()
    if (this.bytes[this.at] === CLOSE_OBJECT) {
      this.at++
      return dict(entries)
    }
    for (;;) {
      this.skipSpace()
      if (this.bytes[this.at] !== QUOTE) this.fail('looking for beginning of object key string')
      const key = this.text()
      this.skipSpace()
      if (this.bytes[this.at] !== COLON) this.fail('after object key')
      this.at++
      entries.set(key, this.value(depth + 1))
      this.call.allocate(32)
      this.skipSpace()
      const byte = this.bytes[this.at]
      if (byte !== COMMA && byte !== CLOSE_OBJECT) this.fail('after object key:value pair')
      this.at++
      if (byte === CLOSE_OBJECT) return dict(entries)
    }
  }

  /** A string, from its first quote to behind its last. Bytes that are no UTF-8 become U+FFFD. */
  private text(): string {
    let out = ''
    let from = ++this.at
    for (;;) {
      const byte = this.bytes[this.at]
      if (byte === undefined || byte < 0x20) this.fail('in string literal')
      if (byte === QUOTE || byte === BACKSLASH) {
        out += textOf(this.bytes.subarray(from, this.at)).toWellFormed()
        this.at++
        if (byte === QUOTE) break
        out += this.escape()
        from = this.at
      } else this.at++
    }
    this.call.allocate(out.length)
    return out
  }

  private escape(): string {
    const byte = this.bytes[this.at]
    const simple = byte === undefined ? undefined : ESCAPED.get(byte)
    if (simple === undefined && byte !== 0x75) this.fail('in string escape code')
    this.at++
    if (simple !== undefined) return simple
    const first = this.hexadecimal()
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first)
    // Only a proper pair of surrogates is a character; the second escape stays where it is otherwise.
    const behind = this.at
    if (first < 0xdc00 && this.bytes[behind] === BACKSLASH && this.bytes[behind + 1] === 0x75) {
      this.at += 2
      const second = this.hexadecimal()
      if (second >= 0xdc00 && second <= 0xdfff) return String.fromCharCode(first, second)
      this.at = behind
    }
    return textFromRunes([0xfffd])
  }

  private hexadecimal(): number {
    let value = 0
    for (let i = 0; i < 4; i++) {
      const byte = this.bytes[this.at]
      const digit = byte === undefined ? Number.NaN : Number.parseInt(String.fromCharCode(byte), 16)
      if (Number.isNaN(digit)) this.fail('in \\u hexadecimal character escape')
      value = value * 16 + digit
      this.at++
    }
    return value
  }
}
