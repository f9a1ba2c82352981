// ASN.1 in DER: writing what a certificate needs, reading the integers of a key.

function encode(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Uint8Array.of(tag, ...lengthBytes(body.length)), body])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const digits = Buffer.from(
    length.toString(16).padStart(length > 0xffff ? 6 : length > 0xff ? 4 : 2, '0'),
    'hex',
  )
  return [0x80 | digits.length, ...digits]
}

export function sequence(...items: readonly Uint8Array[]): Buffer {
  return encode(0x30, ...items)
}

export function set(...items: readonly Uint8Array[]): Buffer {
  return encode(0x31, ...items)
}

/** A non-negative integer from its bytes, most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from++
  const significant = bytes.subarray(from)
  const isHigh = ((significant[0] ?? 0) & 0x80) !== 0
  return encode(0x02, isHigh ? Uint8Array.of(0) : new Uint8Array(), significant)
}

export const TRUE: Uint8Array = Uint8Array.of(0x01, 0x01, 0xff)
export const NULL: Uint8Array = Uint8Array.of(0x05, 0x00)

/** Dotted numbers, of which the first two share a byte. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let value = part >>> 7; value > 0; value >>>= 7) groups.unshift((value & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return encode(0x06, Uint8Array.from(bytes))
}

export function octetString(...contents: readonly Uint8Array[]): Buffer {
  return encode(0x04, ...contents)
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return encode(0x03, Uint8Array.of(unusedBits), bytes)
}

/** Printable where every character may be, as Go chooses. */
export function directoryString(text: string): Buffer {
  return encode(/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? 0x13 : 0x0c, Buffer.from(text))
}

/** Two-digit years up to 2049. */
export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')
  return at.getUTCFullYear() < 2050
    ? encode(0x17, Buffer.from(digits.slice(2)))
    : encode(0x18, Buffer.from(digits))
}

/** A context-specific tag; `constructed` if it wraps other elements. */
export function tagged(number: number, constructed: boolean, ...contents: readonly Uint8Array[]): Buffer {
  return encode(0x80 | (constructed ? 0x20 : 0) | number, ...contents)
}

export interface Element {
  readonly tag: number
  readonly contents: Uint8Array
  /** The element with its tag and length. */
  readonly whole: Uint8Array
}

/** The elements side by side in well-formed DER. */
export function readElements(bytes: Uint8Array): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1] ?? 0
    const digits = first < 0x80 ? 0 : first & 0x7f
    const start = at + 2 + digits
    const length =
      digits === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0)
    const end = start + length
    elements.push({
      tag: bytes[at] ?? 0,
      contents: bytes.subarray(start, end),
      whole: bytes.subarray(at, end),
    })
    at = end
  }
  return elements
}
