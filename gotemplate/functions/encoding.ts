// Base64 and base32. The decoders give Go's error text as their result, as sprig does.
import { bytesOf, isAscii, textOf } from '../bytes.ts'
import type { TemplateFunction } from '../function.ts'
import { define, string } from '../function.ts'

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const BASE64_VALUES = valuesOf(BASE64)
const BASE32_VALUES = valuesOf(BASE32)
const PADDING = 0x3d

/** The bytes, or Go's complaint. */
export type Decoded = { readonly bytes: Uint8Array } | { readonly error: string }

function encode(bytes: Uint8Array, digits: string, quantum: 4 | 8): string {
  const width = Math.log2(digits.length)
  let out = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff
    for (bits += 8; bits >= width; ) {
      bits -= width
      out += digits[(buffer >> bits) & (digits.length - 1)]
    }
  }
  if (bits > 0) out += digits[(buffer << (width - bits)) & (digits.length - 1)]
  return out + '='.repeat((quantum - (out.length % quantum)) % quantum)
}

export function encodeBase64(bytes: Uint8Array): string {
  return encode(bytes, BASE64, 4)
}

function isNewline(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d
}

function valuesOf(digits: string): ReadonlyMap<number, number> {
  return new Map(Array.from(digits, (digit, i) => [digit.charCodeAt(0), i]))
}

/** The whole bytes in the digits' values; bits left over are not looked at. */
function pack(values: readonly number[], width: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor((values.length * width) / 8))
  let size = 0
  let buffer = 0
  let bits = 0
  for (const value of values) {
    buffer = ((buffer << width) | value) & 0xffff
    bits += width
    if (bits < 8) continue
    bits -= 8
    bytes[size++] = (buffer >> bits) & 0xff
  }
  return bytes
}

const FOREIGN_TO_BASE64 = /[^A-Za-z0-9+/=]/

/** What needs none of Go's messages: whole groups of digits, on one line. */
function isPlainBase64(text: string): boolean {
  const padding = text.indexOf('=')
  const isPadded = padding < 0 || (padding >= text.length - 2 && text.endsWith('='))
  return isPadded && text.length % 4 === 0 && !FOREIGN_TO_BASE64.test(text)
}

function textFromBase64(text: string): string {
  if (isPlainBase64(text)) {
    const decoded = atob(text)
    return isAscii(decoded) ? decoded : textOf(Uint8Array.from(decoded, byte => byte.charCodeAt(0)))
  }
  return textFrom(decodeBase64(text))
}

function textFrom(result: Decoded): string {
  return 'error' in result ? result.error : textOf(result.bytes)
}

/** Line breaks may stand anywhere; padding must be there. */
export function decodeBase64(text: string): Decoded {
  const corrupt = (at: number): Decoded => ({ error: `illegal base64 data at input byte ${at}` })
  const input = bytesOf(text)
  const values: number[] = []
  let at = 0
  const skipNewlines = (): void => {
    while (isNewline(input[at])) at++
  }
  for (; at < input.length && input[at] !== PADDING; at++) {
    const byte = input[at] as number
    if (isNewline(byte)) continue
    const value = BASE64_VALUES.get(byte)
    if (value === undefined) return corrupt(at)
    values.push(value)
  }
  const open = values.length % 4
  if (at === input.length) return open === 0 ? { bytes: pack(values, 6) } : corrupt(at - open)
  if (open < 2) return corrupt(at)
  at++
  if (open === 2) {
    skipNewlines()
    if (at === input.length) return corrupt(at)
    // Go blames the byte before the one that should have been padding.
    if (input[at] !== PADDING) return corrupt(at - 1)
    at++
  }
  skipNewlines()
  return at === input.length ? { bytes: pack(values, 6) } : corrupt(at)
}

function decodeBase32(text: string): Decoded {
  const corrupt = (at: number): Decoded => ({ error: `illegal base32 data at input byte ${at}` })
  const input = bytesOf(text).filter(byte => !isNewline(byte))
  const values: number[] = []
  for (const [at, byte] of input.entries()) {
    const place = values.length % 8
    const left = input.length - at - 1
    if (byte === PADDING && place >= 2 && left < 8) {
      if (left + place < 7) return corrupt(input.length)
      for (let i = 0; i < 7 - place; i++) if (input[at + 1 + i] !== PADDING) return corrupt(at + i)
      return place === 3 || place === 6 ? corrupt(at) : { bytes: pack(values, 5) }
    }
    const value = BASE32_VALUES.get(byte)
    if (value === undefined) return corrupt(at)
    values.push(value)
  }
  const open = values.length % 8
  return open === 0 ? { bytes: pack(values, 5) } : corrupt(input.length - open)
}

function coding(body: (text: string) => string): TemplateFunction {
  return define([string], (call, text) => {
    call.steps(Math.ceil(text.length / 16))
    call.allocate(text.length * 2)
    return body(text)
  })
}

export const encodings: Readonly<Record<string, TemplateFunction>> = {
  b64enc: coding(text => (isAscii(text) ? btoa(text) : encodeBase64(bytesOf(text)))),
  b64dec: coding(textFromBase64),
  b32enc: coding(text => encode(bytesOf(text), BASE32, 8)),
  b32dec: coding(text => textFrom(decodeBase32(text))),
}
