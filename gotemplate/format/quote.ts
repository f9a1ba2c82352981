// Go's quoted strings and characters: strconv.Quote and Unquote.
import { bytesOf, canonical, textOf } from '../bytes.ts'
import { isPrint } from '../unicode.ts'

const escapes: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  92: '\\\\',
}

/** strconv.Quote, or QuoteToASCII. */
export function quote(text: string, ascii = false): string {
  // Printable ASCII without quotes and backslashes needs no work.
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  let quoted = '"'
  for (const character of text.isWellFormed() ? text : canonical(text)) {
    quoted += escapeRune(character.codePointAt(0) as number, 34, ascii)
  }
  return `${quoted}"`
}

/** strconv.QuoteRune, or QuoteRuneToASCII. */
export function quoteRune(rune: number, ascii = false): string {
  const valid = rune >= 0 && rune <= 0x10ffff && (rune < 0xd800 || rune > 0xdfff)
  return `'${escapeRune(valid ? rune : 0xfffd, 39, ascii)}'`
}

function escapeRune(rune: number, mark: number, ascii: boolean): string {
  if (rune === mark) return `\\${String.fromCharCode(mark)}`
  const known = escapes[rune]
  if (known !== undefined) return known
  if (rune < 0x80 ? rune >= 0x20 && rune < 0x7f : !ascii && isPrint(rune)) return String.fromCodePoint(rune)
  if (rune < 0x20 || rune === 0x7f) return `\\x${hex(rune, 2)}`
  if (rune >= 0xdc80 && rune <= 0xdcff) return `\\x${hex(rune & 0xff, 2)}`
  return rune < 0x10000 ? `\\u${hex(rune, 4)}` : `\\U${hex(rune, 8)}`
}

function hex(value: number, width: number): string {
  return value.toString(16).padStart(width, '0')
}

/** strconv.CanBackquote. */
export function canBackquote(text: string): boolean {
  if (!text.isWellFormed()) return false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0xfeff || unit === 96 || unit === 0x7f || (unit < 0x20 && unit !== 9)) return false
  }
  return true
}

/** strconv.Unquote of a string in double or back quotes; undefined where Go says `invalid syntax`. */
export function unquote(quoted: string): string | undefined {
  const mark = quoted[0]
  if (quoted.length < 2 || mark !== quoted[quoted.length - 1]) return undefined
  const inner = quoted.slice(1, -1)
  if (mark === '`') return inner.includes('`') ? undefined : inner.replaceAll('\r', '')
  if (mark !== '"' || inner.includes('\n')) return undefined
  if (!inner.includes('\\') && !inner.includes('"')) return inner
  let text = ''
  let isBytes = false
  for (let at = 0; at < inner.length; ) {
    const character = unquoteCharacter(inner, at, '"')
    if (character === undefined) return undefined
    // A byte escape beyond ASCII is one byte of what may be a longer character.
    isBytes ||= character.isByte
    text += character.isByte
      ? String.fromCharCode(0xdc00 + character.rune)
      : String.fromCodePoint(character.rune)
    at = character.end
  }
  return isBytes ? textOf(bytesOf(text)) : text
}

export interface UnquotedCharacter {
  readonly rune: number
  /** Came from \x or an octal escape and is beyond ASCII: a byte, not a code point. */
  readonly isByte: boolean
  readonly end: number
}

const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }

/** strconv.UnquoteChar: the first character at `at`, escapes resolved. */
export function unquoteCharacter(text: string, at: number, mark: string): UnquotedCharacter | undefined {
  const rune = text.codePointAt(at)
  if (rune === undefined || String.fromCodePoint(rune) === mark) return undefined
  if (rune !== 92) return { rune, isByte: false, end: at + (rune > 0xffff ? 2 : 1) }
  const letter = text[at + 1]
  if (letter === undefined) return undefined
  if (letter === 'x') return numeric(text, at + 2, 2, 16, true)
  if (letter === 'u') return numeric(text, at + 2, 4, 16, false)
  if (letter === 'U') return numeric(text, at + 2, 8, 16, false)
  if (letter >= '0' && letter <= '7') return numeric(text, at + 1, 3, 8, true)
  if (letter === "'" || letter === '"') {
    return letter === mark ? { rune: letter.charCodeAt(0), isByte: false, end: at + 2 } : undefined
  }
  const known = Object.hasOwn(simple, letter) ? simple[letter] : undefined
  return known === undefined ? undefined : { rune: known, isByte: false, end: at + 2 }
}

function numeric(text: string, from: number, count: number, base: 8 | 16, asByte: boolean) {
  const digits = text.slice(from, from + count)
  const valid = base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/
  if (digits.length < count || !valid.test(digits)) return undefined
  const rune = Number.parseInt(digits, base)
  if (asByte) return rune > 255 ? undefined : { rune, isByte: rune > 127, end: from + count }
  if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) return undefined
  return { rune, isByte: false, end: from + count }
}
