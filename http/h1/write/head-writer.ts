// Outgoing heads, assembled as bytes. Every byte is checked here, so that nothing can break out of its line.
import { STATUS_CODES } from 'node:http'
import { targetByte, tokenByte, valueByte } from '../../message/characters.ts'
import { UnsafeHeaderError } from '../../message/failure.ts'
import { field, fieldKind, type HeaderList } from '../../message/headers.ts'
import type { Transport } from '../../socket/transport.ts'

const requestSkips = new Set<number>([
  field.host,
  field.contentLength,
  field.transferEncoding,
  field.connection,
  field.upgrade,
  field.te,
  field.expect,
  field.proxyAuthorization,
  field.keepAlive,
  field.otherHop,
])

const responseSkips = new Set<number>([
  field.contentLength,
  field.transferEncoding,
  field.connection,
  field.upgrade,
  field.keepAlive,
  field.proxyAuthorization,
  field.otherHop,
])

const trailerSkips = new Set<number>([...requestSkips, field.authorization])
const credentialTrailers = new Set(['cookie', 'set-cookie', 'www-authenticate'])

const isSkipped = (skips: ReadonlySet<number>): Uint8Array =>
  Uint8Array.from({ length: field.otherHop + 1 }, (_, kind) => (skips.has(kind) ? 1 : 0))

const skippedInRequest = isSkipped(requestSkips)
const skippedInResponse = isSkipped(responseSkips)
const skippedInTrailers = isSkipped(trailerSkips)

/** Room for the lines that the writer adds itself. */
const ownRoom = 512

const roomOf = (headers: HeaderList): number => {
  let room = ownRoom
  for (let at = 0; at < headers.length; at++) room += (headers[at] as string).length + 2
  return room
}

const put = (out: Buffer, start: number, text: string, table: Uint8Array, subject: string): number => {
  let to = start
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (table[code] !== 1) throw new UnsafeHeaderError(subject)
    out[to++] = code
  }
  return to
}

/** For text of our own, which needs no check. */
const putOwn = (out: Buffer, start: number, text: string): number => {
  let to = start
  for (let at = 0; at < text.length; at++) out[to++] = text.charCodeAt(at)
  return to
}

const putField = (out: Buffer, start: number, name: string, value: string): number => {
  if (name.length === 0) throw new UnsafeHeaderError(name)
  let to = put(out, start, name, tokenByte, name)
  out[to++] = 0x3a
  out[to++] = 0x20
  to = put(out, to, value, valueByte, name)
  out[to++] = 0x0d
  out[to++] = 0x0a
  return to
}

const putFields = (out: Buffer, start: number, headers: HeaderList, skipped: Uint8Array): number => {
  let to = start
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if (skipped[fieldKind(name)] === 1) continue
    to = putField(out, to, name, headers[at + 1] as string)
  }
  return to
}

export interface OutgoingRequest {
  readonly method: string
  readonly target: string
  readonly host: string
  readonly headers: HeaderList
  readonly bodyLength: number | 'chunked'
  readonly expectsContinue: boolean
  readonly acceptsTrailers: boolean
  readonly upgrade: string | undefined
}

// A request of one of these without a body has no Content-Length; others say that it is empty.
const bodiless = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PROPFIND'])

export const writeRequestHead = (transport: Transport, request: OutgoingRequest): void => {
  const lineRoom = request.target.length + request.host.length + (request.upgrade?.length ?? 0)
  const out = transport.assemble(roomOf(request.headers) + lineRoom)
  if (request.target === '' || request.host === '') throw new UnsafeHeaderError('Host')
  let to = put(out, transport.outLength, request.method, tokenByte, 'method')
  out[to++] = 0x20
  to = put(out, to, request.target, targetByte, 'target')
  to = putOwn(out, to, ' HTTP/1.1\r\n')
  to = putField(out, to, 'Host', request.host)
  to = putFields(out, to, request.headers, skippedInRequest)
  if (request.bodyLength === 'chunked') to = putOwn(out, to, 'Transfer-Encoding: chunked\r\n')
  else if (request.bodyLength > 0 || !bodiless.has(request.method)) {
    to = putOwn(out, to, `Content-Length: ${request.bodyLength}\r\n`)
  }
  if (request.expectsContinue) to = putOwn(out, to, 'Expect: 100-continue\r\n')
  if (request.upgrade !== undefined) {
    to = putField(out, putOwn(out, to, 'Connection: Upgrade\r\n'), 'Upgrade', request.upgrade)
  } else if (request.acceptsTrailers) {
    to = putOwn(out, to, 'TE: trailers\r\nConnection: TE\r\n')
  }
  out[to++] = 0x0d
  out[to++] = 0x0a
  transport.assembled(to)
}

export interface OutgoingResponse {
  readonly status: number
  readonly reasonPhrase: string | undefined
  readonly headers: HeaderList
  /** Undefined: no line about the length, either since there is no body or since it ends with the connection. */
  readonly bodyLength: number | 'chunked' | undefined
  readonly closes: boolean
  readonly upgrade?: string | undefined
}

export const writeResponseHead = (transport: Transport, response: OutgoingResponse): void => {
  const reason = response.reasonPhrase ?? STATUS_CODES[response.status] ?? ''
  const out = transport.assemble(roomOf(response.headers) + reason.length + (response.upgrade?.length ?? 0))
  let to = putOwn(out, transport.outLength, 'HTTP/1.1 ')
  to = putOwn(out, to, String(response.status))
  out[to++] = 0x20
  to = put(out, to, reason, valueByte, 'reason')
  out[to++] = 0x0d
  out[to++] = 0x0a
  to = putFields(out, to, response.headers, skippedInResponse)
  if (response.bodyLength === 'chunked') to = putOwn(out, to, 'Transfer-Encoding: chunked\r\n')
  else if (response.bodyLength !== undefined) {
    to = putOwn(out, to, `Content-Length: ${response.bodyLength}\r\n`)
  }
  if (response.upgrade !== undefined) {
    to = putField(out, putOwn(out, to, 'Connection: Upgrade\r\n'), 'Upgrade', response.upgrade)
  } else if (response.closes) to = putOwn(out, to, 'Connection: close\r\n')
  out[to++] = 0x0d
  out[to++] = 0x0a
  transport.assembled(to)
}

/** The last chunk with the trailers that may go on: none that frames, routes or authenticates. */
export const writeLastChunk = (transport: Transport, trailers: HeaderList): void => {
  const out = transport.assemble(roomOf(trailers))
  const passed = trailers.filter(
    (_, at) => !credentialTrailers.has((trailers[at - (at % 2)] as string).toLowerCase()),
  )
  let to = putOwn(out, transport.outLength, '0\r\n')
  to = putFields(out, to, passed, skippedInTrailers)
  out[to++] = 0x0d
  out[to++] = 0x0a
  transport.assembled(to)
}
