// Escapes for HTML, JavaScript and URL queries, as Go's html, js and urlquery.
import { bytesOf, canonical } from './bytes.ts'
import { isPrint } from './unicode.ts'

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, character => htmlEscapes[character] as string)
}

const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

export function escapeJs(text: string): string {
  if (/^[ !#-%(-;?-[\]-\x7f]*$/.test(text)) return text
  let escaped = ''
  for (const character of canonical(text)) {
    const rune = character.codePointAt(0) as number
    if (rune < 0x80) {
      const known = jsEscapes[character]
      escaped += known ?? (rune < 0x20 ? `\\u00${hex(rune, 2)}` : character)
    } else if (rune >= 0xd800 && rune <= 0xdfff) escaped += character
    else escaped += isPrint(rune) ? character : `\\u${hex(rune, 4)}`
  }
  return escaped
}

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, '0')
}

/** url.QueryEscape. */
export function escapeQuery(text: string): string {
  if (/^[A-Za-z0-9_.~-]*$/.test(text)) return text
  let escaped = ''
  for (const byte of bytesOf(text)) {
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9_.~-]/.test(character)) escaped += character
    else escaped += byte === 32 ? '+' : `%${hex(byte, 2)}`
  }
  return escaped
}
