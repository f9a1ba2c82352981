// What a tool's response head means: its framing, and whether its connection can serve again.
import { equalsIgnoringCase } from '../../message/characters.ts'
import { type Failure, refusals } from '../../message/failure.ts'
import {
  type ConnectionOptions,
  field,
  fieldKind,
  noConnectionOptions,
  parseConnectionOptions,
  withoutNamed,
} from '../../message/headers.ts'
import type { ToolResponse } from '../../message/response.ts'
import type { HeadParser } from './head-parser.ts'
import { type BodyLength, parseContentLength } from './request-head.ts'

export interface ReadResponse extends ToolResponse {
  readonly bodyLength: BodyLength | 'until-close'
  /** What the headers announce, whether or not a body of that length may follow (HEAD, 304). */
  readonly announcedLength: number | undefined
  readonly keepsAlive: boolean
  readonly idleHintMs: number | undefined
  readonly upgrade: string | undefined
}

const bodyOf = (
  status: number,
  method: string,
  isChunked: boolean,
  length: number | undefined,
): ReadResponse['bodyLength'] => {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0
  return isChunked ? 'chunked' : (length ?? 'until-close')
}

const parseIdleHint = (value: string): number | undefined => {
  const at = value.toLowerCase().indexOf('timeout=')
  const seconds = at === -1 ? Number.NaN : Number.parseInt(value.slice(at + 8), 10)
  return Number.isNaN(seconds) ? undefined : seconds * 1000
}

/** The response that the parser has just read, to a request of this method, or why it is refused. */
export const readResponseHead = (parser: HeadParser, method: string): ReadResponse | Failure => {
  const status = Number(parser.first[0])
  // Five classes are defined (RFC 9110, 15): what is in none of them is no answer.
  if (status < 100 || status > 599) return refusals.statusLine
  const headers = parser.headers
  let length: number | undefined
  let isChunked = false
  let connection: ConnectionOptions = noConnectionOptions
  let upgrade: string | undefined
  let idleHintMs: number | undefined
  for (let at = 0; at < headers.length; at += 2) {
    const kind = fieldKind(headers[at] as string)
    if (kind === field.ordinary) continue
    const value = headers[at + 1] as string
    switch (kind) {
      case field.contentLength:
        if (length !== undefined) return refusals.lengthRepeated
        length = parseContentLength(value)
        if (length === undefined) return refusals.lengthMalformed
        break
      case field.transferEncoding:
        if (isChunked || !equalsIgnoringCase(value, 'chunked')) return refusals.coding
        isChunked = true
        break
      case field.connection: {
        const options = parseConnectionOptions(value, connection)
        if (options === undefined) return refusals.connectionLong
        connection = options
        break
      }
      case field.upgrade:
        upgrade = value
        break
      case field.keepAlive:
        idleHintMs = parseIdleHint(value)
        break
      default:
    }
  }
  if (isChunked && length !== undefined) return refusals.lengthAndCoding
  if (isChunked && parser.minorVersion === 0) return refusals.codingInOldVersion
  const bodyLength = bodyOf(status, method, isChunked, length)
  const hasStrayBody = status === 204 && (isChunked || (length ?? 0) > 0)
  return {
    status,
    reasonPhrase: parser.first[1],
    headers: withoutNamed(headers, connection.named),
    bodyLength,
    contentLength: typeof bodyLength === 'number' ? bodyLength : undefined,
    announcedLength: status === 204 || status < 200 ? undefined : length,
    keepsAlive:
      parser.minorVersion === 1 && !connection.close && bodyLength !== 'until-close' && !hasStrayBody,
    idleHintMs,
    upgrade,
  }
}
