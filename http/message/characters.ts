// Byte classes of RFC 9110 and RFC 3986 as tables: one look-up a byte.
const tableOf = (accepts: (byte: number) => boolean): Uint8Array => {
  const table = new Uint8Array(256)
  for (let byte = 0; byte < 256; byte++) table[byte] = accepts(byte) ? 1 : 0
  return table
}

const isAlphanumeric = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)

const among =
  (text: string) =>
  (byte: number): boolean =>
    text.includes(String.fromCharCode(byte))

/** `tchar`: names and methods. */
export const tokenByte = tableOf(byte => isAlphanumeric(byte) || among("!#$%&'*+-.^_`|~")(byte))

/** `field-vchar`, space and tab. */
export const valueByte = tableOf(byte => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f))

/** Visible ASCII but what RFC 3986 never allows raw; brackets stay, clients send them in queries. */
export const targetByte = tableOf(byte => byte > 0x20 && byte < 0x7f && !among('"<>{}|\\^`#')(byte))

/** A registered name without percent-encoding: what a DNS name or a service name needs. */
export const hostByte = tableOf(byte => isAlphanumeric(byte) || among('-._~')(byte))

/** Value of a hexadecimal digit, 255 for any other byte. */
export const hexValue = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16)
  return isAlphanumeric(byte) && !Number.isNaN(value) ? value : 255
})

/** Same letters whatever their case; `lowered` is lower case already. */
export const equalsIgnoringCase = (text: string, lowered: string): boolean => {
  if (text === lowered) return true
  if (text.length !== lowered.length) return false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if ((code >= 0x41 && code <= 0x5a ? code | 0x20 : code) !== lowered.charCodeAt(at)) return false
  }
  return true
}

export const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39
