// Go strings are bytes; ours are JavaScript strings in which a byte that is not part of valid UTF-8 stands as the
// lone low surrogate U+DC00+byte (U+DC80 to U+DCFF). Concatenation just works; lengths and cuts go through here.

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** For strings from outside: a lone surrogate there is no byte of ours but what Go decodes as U+FFFD. */
export function fromOutside(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed()
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** Go's len(s). */
export function byteLength(text: string): number {
  let size = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) size += 1
    else if (unit < 0xd800 || unit > 0xdfff) size += 2
    // A pair is 4 bytes in 2 units; a lone low surrogate of ours is 1 byte in 1 unit.
    else if (unit < 0xdc00) {
      size += 2
      i++
    }
  }
  return size
}

export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text)
  const bytes = new Uint8Array(byteLength(text))
  let at = 0
  let from = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit < 0xdc00) i++
    else if (unit >= 0xdc00 && unit <= 0xdfff) {
      at += encoder.encodeInto(text.slice(from, i), bytes.subarray(at)).written
      bytes[at++] = unit & 0xff
      from = i + 1
    }
  }
  encoder.encodeInto(text.slice(from), bytes.subarray(at))
  return bytes
}

export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return escapeInvalid(bytes)
  }
}

function escapeInvalid(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const size = sequenceLength(bytes, i)
    if (size === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[i] as number))
      i++
    } else {
      text += decoder.decode(bytes.subarray(i, i + size))
      i += size
    }
  }
  return text
}

/** How many bytes the UTF-8 character at `at` has; 0 if the byte there starts none. */
export function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  if (at + size > bytes.length) return 0
  const second = bytes[at + 1] as number
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = 2; i < size; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0
  return size
}

/** Go's s[from:to] in bytes; bounds are the caller's to check. */
export function sliceBytes(text: string, from: number, to: number): string {
  if (isAscii(text)) return text.slice(from, to)
  return textOf(bytesOf(text).subarray(from, to))
}

/** Joins halves of characters that concatenation brought together; the identity for valid text. */
export function canonical(text: string): string {
  return text.isWellFormed() ? text : textOf(bytesOf(text))
}

/** Go's order of strings, which is that of their bytes and not of UTF-16 units; negative, 0 or positive. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : compareBytes(bytesOf(a), bytesOf(b))
  }
  return a.length - b.length
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Go's []rune(s): a byte that is no UTF-8 is U+FFFD. */
export function runesOf(text: string): number[] {
  const runes: number[] = []
  for (const character of text) {
    const rune = character.codePointAt(0) as number
    runes.push(rune >= 0xd800 && rune <= 0xdfff ? 0xfffd : rune)
  }
  return runes
}
