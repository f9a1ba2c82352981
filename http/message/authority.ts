// The authority of a Host header, of an absolute-form target or of CONNECT.
import { hostByte } from './characters.ts'

export interface Authority {
  /** Lower case, without brackets. */
  readonly hostname: string
  readonly port: number | undefined
}

const parsePort = (text: string, from: number): number | undefined => {
  if (from >= text.length || text.length - from > 5) return undefined
  let port = 0
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    port = port * 10 + digit
  }
  return port >= 1 && port <= 65_535 ? port : undefined
}

const endOfName = (text: string): number => {
  let at = 0
  while (at < text.length && hostByte[text.charCodeAt(at)] === 1) at++
  return at
}

const endOfAddress = (text: string): number => {
  const end = text.indexOf(']')
  if (end < 3 || end > 46) return 0
  for (let at = 1; at < end; at++) {
    const code = text.charCodeAt(at)
    const isHex = (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)
    if (!isHex && code !== 0x3a && code !== 0x2e) return 0
  }
  return end + 1
}

/** `name`, `name:port`, `[address]` or `[address]:port`; anything else, an empty name or port included, is undefined. */
export const parseAuthority = (text: string): Authority | undefined => {
  const bracketed = text.charCodeAt(0) === 0x5b
  const end = bracketed ? endOfAddress(text) : endOfName(text)
  if (end === 0) return undefined
  const hostname = (bracketed ? text.slice(1, end - 1) : text.slice(0, end)).toLowerCase()
  if (end === text.length) return { hostname, port: undefined }
  if (text.charCodeAt(end) !== 0x3a) return undefined
  const port = parsePort(text, end + 1)
  return port === undefined ? undefined : { hostname, port }
}
