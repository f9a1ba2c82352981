// One formatting directive: its flags, and the padding and number forms that depend on them.
import { bytesOf } from '../bytes.ts'
import { isPrint } from '../unicode.ts'
import { type FloatVerb, formatFloat } from './float.ts'
import { canBackquote, quote, quoteRune } from './quote.ts'

export interface Flags {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  /** %+v and %#v, which clear `plus` and `sharp`. */
  plusV: boolean
  sharpV: boolean
  /** undefined: not given. */
  width: number | undefined
  precision: number | undefined
}

export function noFlags(): Flags {
  return {
    minus: false,
    plus: false,
    sharp: false,
    space: false,
    zero: false,
    plusV: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  }
}

/** To the width, in characters. */
export function pad(flags: Flags, text: string, zero = flags.zero): string {
  if (flags.width === undefined || flags.width === 0) return text
  const missing = flags.width - runeCount(text)
  if (missing <= 0) return text
  if (flags.minus) return text + ' '.repeat(missing)
  return (zero ? '0' : ' ').repeat(missing) + text
}

function runeCount(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit < 0xdc00) count--
  }
  return count
}

function truncate(flags: Flags, text: string): string {
  const { precision } = flags
  if (precision === undefined || text.length <= precision) return text
  let end = 0
  for (let count = 0; count < precision && end < text.length; count++) {
    const unit = text.charCodeAt(end)
    end += unit >= 0xd800 && unit < 0xdc00 ? 2 : 1
  }
  return text.slice(0, end)
}

export function formatText(flags: Flags, text: string): string {
  return pad(flags, truncate(flags, text))
}

export function formatQuoted(flags: Flags, text: string): string {
  const cut = truncate(flags, text)
  return pad(flags, flags.sharp && canBackquote(cut) ? `\`${cut}\`` : quote(cut, flags.plus))
}

export function formatHexText(flags: Flags, text: string | Uint8Array, upper: boolean): string {
  const all = typeof text === 'string' ? bytesOf(text) : text
  const bytes = flags.precision === undefined ? all : all.subarray(0, flags.precision)
  if (bytes.length === 0) return pad({ ...flags, minus: false }, '', flags.zero && !flags.minus)
  const prefix = flags.sharp ? (upper ? '0X' : '0x') : ''
  const pairs = Array.from(bytes, byte => byte.toString(16).padStart(2, '0'))
  const digits = upper ? pairs.map(pair => pair.toUpperCase()) : pairs
  return pad(flags, prefix + digits.join(flags.space ? ` ${prefix}` : ''))
}

/** `value` is the integer itself, negative ones only from signed types. */
export function formatInteger(flags: Flags, value: bigint, base: 2 | 8 | 10 | 16, verb: string): string {
  const negative = value < 0n
  let digits = (negative ? -value : value).toString(base)
  if (verb === 'X') digits = digits.toUpperCase()
  let wanted = 0
  if (flags.precision !== undefined) {
    wanted = flags.precision
    if (wanted === 0 && value === 0n) return ' '.repeat(flags.width ?? 0)
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    wanted = flags.width - (negative || flags.plus || flags.space ? 1 : 0)
  }
  digits = digits.padStart(wanted, '0')
  if (flags.sharp) {
    if (base === 2) digits = `0b${digits}`
    else if (base === 8 && digits[0] !== '0') digits = `0${digits}`
    else if (base === 16) digits = (verb === 'X' ? '0X' : '0x') + digits
  }
  if (verb === 'O') digits = `0o${digits}`
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  return pad(flags, sign + digits, false)
}

/** A code point of any integer: what is none is U+FFFD. */
function runeOf(value: bigint): number {
  const rune = BigInt.asUintN(64, value) > 0x10ffffn ? 0xfffd : Number(value)
  return rune >= 0xd800 && rune <= 0xdfff ? 0xfffd : rune
}

export function formatCharacter(flags: Flags, value: bigint): string {
  return pad(flags, String.fromCodePoint(runeOf(value)))
}

export function formatQuotedCharacter(flags: Flags, value: bigint): string {
  return pad(flags, quoteRune(runeOf(value), flags.plus))
}

/** %U: U+0078, or with # U+0078 'x'. */
export function formatCodePoint(flags: Flags, value: bigint): string {
  const code = BigInt.asUintN(64, value)
  const digits = code.toString(16).toUpperCase()
  let text = `U+${digits.padStart(Math.max(flags.precision ?? 4, 4), '0')}`
  if (flags.sharp && code <= 0x10ffffn && isPrint(Number(code)))
    text += ` '${String.fromCodePoint(Number(code))}'`
  return pad(flags, text, false)
}

export function formatFloating(flags: Flags, value: number, verb: string): string {
  const letter = (verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb) as FloatVerb
  const precision = flags.precision ?? (letter === 'f' || letter === 'e' || letter === 'E' ? 6 : -1)
  const plain = formatFloat(value, letter, precision)
  const isSigned = plain[0] === '-' || plain[0] === '+'
  let sign = isSigned ? (plain[0] as string) : '+'
  let number = isSigned ? plain.slice(1) : plain
  if (flags.space && sign === '+' && !flags.plus) sign = ' '
  if (!Number.isFinite(value)) {
    const bare = Number.isNaN(value) && !flags.space && !flags.plus
    return pad(flags, bare ? number : sign + number, false)
  }
  if (flags.sharp && letter !== 'b') number = keepPoint(number, letter, verb, precision)
  if (flags.plus || sign !== '+') {
    const length = number.length + 1
    if (flags.zero && !flags.minus && flags.width !== undefined && flags.width > length) {
      return sign + '0'.repeat(flags.width - length) + number
    }
    return pad(flags, sign + number)
  }
  return pad(flags, number)
}

/** The # flag: always a decimal point, and trailing zeros as far as the precision goes. */
function keepPoint(number: string, letter: FloatVerb, verb: string, precision: number): string {
  const isHex = letter === 'x' || letter === 'X'
  const at = number.search(isHex ? /[pP]/ : /[eE]/)
  let body = at < 0 ? number : number.slice(0, at)
  const tail = at < 0 ? '' : number.slice(at)
  let digits = 0
  if (verb === 'v' || letter === 'g' || letter === 'G' || letter === 'x')
    digits = precision === -1 ? 6 : precision
  let seen = false
  for (const character of body) {
    if (character === '.') continue
    if (character !== '0') seen = true
    if (seen) digits--
  }
  if (!body.includes('.')) {
    if (body === '0') digits--
    body += '.'
  }
  return body + '0'.repeat(Math.max(digits, 0)) + tail
}
