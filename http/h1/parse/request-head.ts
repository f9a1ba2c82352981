// What a request head means, once its bytes are well formed; refuses what two readers could take differently.
import { type Authority, parseAuthority } from '../../message/authority.ts'
import { equalsIgnoringCase } from '../../message/characters.ts'
import { type Failure, refusals } from '../../message/failure.ts'
import {
  type ConnectionOptions,
  field,
  fieldKind,
  noConnectionOptions,
  parseConnectionOptions,
} from '../../message/headers.ts'
import type { IncomingRequest } from '../../message/request.ts'
import type { HeadParser } from './head-parser.ts'

/** Body bytes that follow, or how their end is found. */
export type BodyLength = number | 'chunked'

export interface RequestHead extends IncomingRequest {
  readonly minorVersion: number
  readonly connection: ConnectionOptions
  readonly bodyLength: BodyLength
  readonly expectsContinue: boolean
  readonly acceptsTrailers: boolean
}

// TRACE is left out: the tool would send the injected credential back in the body.
const methods = new Set(
  (
    'GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH ' +
    'REPORT MKACTIVITY CHECKOUT MERGE ACL BIND REBIND UNBIND LINK UNLINK MKCALENDAR PURGE QUERY'
  ).split(' '),
)

/** Longest length that is counted exactly. */
const lengthDigits = 15

/** Undefined unless it is plain decimal without leading zeros. */
export const parseContentLength = (value: string): number | undefined => {
  if (value.length === 0 || value.length > lengthDigits) return undefined
  let length = 0
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return undefined
    length = length * 10 + digit
  }
  return value.length > 1 && value.charCodeAt(0) === 0x30 ? undefined : length
}

interface Target {
  readonly form: RequestHead['form']
  readonly path: string
  readonly scheme: RequestHead['scheme']
  readonly authority: Authority | undefined
}

const originTarget = (path: string): Target => ({
  form: 'origin',
  path,
  scheme: undefined,
  authority: undefined,
})

const parseTarget = (method: string, target: string): Target | undefined => {
  if (method === 'CONNECT') {
    const authority = parseAuthority(target)
    if (authority?.port === undefined) return undefined
    return { form: 'authority', path: '', scheme: undefined, authority }
  }
  if (target.charCodeAt(0) === 0x2f) return originTarget(target)
  if (target === '*') {
    if (method !== 'OPTIONS') return undefined
    return { form: 'asterisk', path: '*', scheme: undefined, authority: undefined }
  }
  return parseAbsolute(target)
}

const parseAbsolute = (target: string): Target | undefined => {
  const mark = target.indexOf('://')
  const scheme = mark === 4 ? 'http' : 'https'
  if (mark < 4 || !equalsIgnoringCase(target.slice(0, mark), scheme)) return undefined
  let end = mark + 3
  while (end < target.length && target.charCodeAt(end) !== 0x2f && target.charCodeAt(end) !== 0x3f) end++
  const authority = parseAuthority(target.slice(mark + 3, end))
  if (authority === undefined) return undefined
  const rest = target.slice(end)
  return { form: 'absolute', path: rest.startsWith('/') ? rest : `/${rest}`, scheme, authority }
}

const agree = (one: Authority, other: Authority, scheme: 'http' | 'https' | undefined): boolean => {
  const usual = scheme === 'https' ? 443 : scheme === 'http' ? 80 : undefined
  return one.hostname === other.hostname && (one.port ?? usual) === (other.port ?? usual)
}

/** A tunnel of HTTP/2 would carry requests that nobody has decided on. */
const tunnelProtocol = (upgrade: string | undefined): string | undefined => {
  const isOther = upgrade === undefined || /^(h2c|http\b|tls\b)|[,\s]/i.test(upgrade)
  return isOther ? undefined : upgrade
}

/** The request that the parser has just read, or why it is refused. */
export const readRequestHead = (parser: HeadParser): RequestHead | Failure => {
  const method = parser.first[0]
  const target = parser.first[1]
  const minorVersion = parser.minorVersion
  const headers = parser.headers
  if (!methods.has(method)) return refusals.method

  let host: string | undefined
  let length: number | undefined
  let isChunked = false
  let connection = noConnectionOptions
  let upgrade: string | undefined
  let expectsContinue = false
  let acceptsTrailers = false
  let hasAuthorization = false
  let hasProxyAuthorization = false
  for (let at = 0; at < headers.length; at += 2) {
    const kind = fieldKind(headers[at] as string)
    if (kind === field.ordinary) continue
    const value = headers[at + 1] as string
    switch (kind) {
      case field.host:
        if (host !== undefined) return refusals.hostRepeated
        host = value
        break
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
        upgrade = upgrade === undefined ? value : `${upgrade}, ${value}`
        break
      case field.te:
        acceptsTrailers ||= value.toLowerCase().includes('trailers')
        break
      case field.expect:
        if (!equalsIgnoringCase(value, '100-continue')) return refusals.expectation
        expectsContinue = minorVersion === 1
        break
      case field.authorization:
        if (hasAuthorization) return refusals.authorizationRepeated
        hasAuthorization = true
        break
      case field.proxyAuthorization:
        if (hasProxyAuthorization) return refusals.authorizationRepeated
        hasProxyAuthorization = true
        break
      default:
    }
  }

  if (isChunked && length !== undefined) return refusals.lengthAndCoding
  if (isChunked && minorVersion === 0) return refusals.codingInOldVersion
  // HTTP/1.0 allows a request without it, but then nothing says whom it is for.
  if (host === undefined) return refusals.hostMissing
  const named = parseAuthority(host)
  if (named === undefined) return refusals.hostMalformed
  const parsed = parseTarget(method, target)
  if (parsed === undefined) return refusals.targetForm
  const bodyLength = isChunked ? 'chunked' : (length ?? 0)
  if (parsed.authority !== undefined) {
    // Clients send the Host of a CONNECT with and without the port.
    const port = method === 'CONNECT' && named.port === undefined ? parsed.authority.port : named.port
    if (!agree(parsed.authority, { ...named, port }, parsed.scheme)) return refusals.hostDisagrees
    if (method === 'CONNECT' && bodyLength !== 0) return refusals.connectBody
  }
  return {
    method,
    target,
    form: parsed.form,
    path: parsed.path,
    scheme: parsed.scheme,
    authority: method === 'CONNECT' && parsed.authority !== undefined ? parsed.authority : named,
    minorVersion,
    headers,
    hopFields: connection.named,
    connection,
    bodyLength,
    expectsContinue: expectsContinue && bodyLength !== 0,
    upgrade:
      connection.upgrade && minorVersion === 1 && bodyLength === 0 ? tunnelProtocol(upgrade) : undefined,
    acceptsTrailers,
  }
}
