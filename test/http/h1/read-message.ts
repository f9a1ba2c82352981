// One message as two readers understand it: ours, and the one inside Node.
import { METHODS } from 'node:http'
import { createRequire } from 'node:module'
import { BodyScanner } from '../../../http/h1/parse/body-scanner.ts'
import { HeadParser, INCOMPLETE, MALFORMED } from '../../../http/h1/parse/head-parser.ts'
import { readRequestHead } from '../../../http/h1/parse/request-head.ts'
import { readResponseHead } from '../../../http/h1/parse/response-head.ts'
import { defaultLimits } from '../../../http/message/limits.ts'

export interface Message {
  /** method and target, or status and reason */
  readonly first: readonly [string, string]
  readonly minorVersion: number
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
  /** Bytes of the message. */
  readonly length: number
}

export type Reading = Message | { readonly refusal: string } | 'incomplete'

export type MessageKind = 'request' | 'response'

/** `step` bytes at a time; `method` is that of the request which a response answers. */
export const readOurs = (
  kind: MessageKind,
  bytes: Buffer,
  { step = bytes.length, method = 'GET' } = {},
): Reading => {
  const parser = new HeadParser(kind, defaultLimits)
  const body = new BodyScanner(defaultLimits, 'refused')
  const payload: string[] = []
  let isInBody = false
  let headEnd = 0
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + step)
    if (!isInBody) {
      const stop = parser.feed(bytes, at, end)
      if (stop === MALFORMED) return { refusal: parser.refusal.reason }
      at = stop === INCOMPLETE ? end : stop
      if (stop === INCOMPLETE) continue
      const head = kind === 'request' ? readRequestHead(parser) : readResponseHead(parser, method)
      if ('reason' in head) return { refusal: head.reason }
      isInBody = true
      headEnd = at
      body.begin(head.bodyLength)
    }
    if (body.isDone) break
    const to = Math.max(at, Math.min(bytes.length, end))
    const stop = body.scan(bytes, at, to, (from, until) =>
      payload.push(bytes.toString('latin1', from, until)),
    )
    if (stop === MALFORMED) return { refusal: body.refusal?.reason ?? '' }
    at = stop
    if (body.isDone) return message(parser, body, payload, at)
    if (at === bytes.length) break
  }
  if (!isInBody) return 'incomplete'
  const endsByClose = kind === 'response' && body.remaining === Number.POSITIVE_INFINITY
  return body.isDone || endsByClose
    ? message(parser, body, payload, body.isDone ? headEnd : bytes.length)
    : 'incomplete'
}

const message = (parser: HeadParser, body: BodyScanner, payload: string[], length: number): Message => ({
  first: parser.first,
  minorVersion: parser.minorVersion,
  headers: parser.headers,
  body: payload.join(''),
  trailers: body.trailers,
  length,
})

interface NodeParser {
  [callback: number]: unknown
  initialize(type: number, resource: object): void
  execute(bytes: Buffer): number | Error
  finish(): undefined | Error
}

interface NodeParserClass {
  new (): NodeParser
  readonly REQUEST: number
  readonly RESPONSE: number
  readonly kOnHeaders: number
  readonly kOnHeadersComplete: number
  readonly kOnBody: number
  readonly kOnMessageComplete: number
}

const common = createRequire(import.meta.url)('_http_common') as {
  HTTPParser: NodeParserClass
  methods: string[]
}
const { HTTPParser } = common

/** Node's numbers for methods are not public: asked of the parser, once. */
let names: Map<number, string> | undefined
const methodNames = (): Map<number, string> => {
  names ??= new Map(
    METHODS.map(name => {
      const parser = new HTTPParser()
      let number = -1
      parser.initialize(HTTPParser.REQUEST, {})
      parser[HTTPParser.kOnHeadersComplete] = (...[, , , at]: [number, number, unknown, number]) => {
        number = at
        return 0
      }
      const target = name === 'CONNECT' ? 'a:1' : '/'
      parser.execute(Buffer.from(`${name} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`))
      return [number, name] as const
    }),
  )
  return names
}

/** What node:http makes of exactly these bytes, or its error code. */
export const readNodes = (
  kind: MessageKind,
  bytes: Buffer,
  { method = 'GET' } = {},
): Message | { error: string } => {
  const parser = new HTTPParser()
  parser.initialize(kind === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE, {})
  const fields: string[][] = [[], []]
  let isInTrailers = false
  let isComplete = false
  let target = ''
  let read: Pick<Message, 'first' | 'minorVersion'> | undefined
  const body: string[] = []
  parser[HTTPParser.kOnHeaders] = (headers: string[], url: string) => {
    fields[isInTrailers ? 1 : 0]?.push(...headers)
    target += url
  }
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    minorVersion: number,
    headers: string[] | undefined,
    methodAt: number,
    url: string,
    status: number,
    phrase: string,
  ) => {
    fields[0]?.push(...(headers ?? []))
    isInTrailers = true
    const first: [string, string] =
      kind === 'request'
        ? [methodNames().get(methodAt) ?? '', target + (url ?? '')]
        : [String(status), phrase]
    read = { first, minorVersion }
    return kind === 'response' && method === 'HEAD' ? 1 : 0
  }
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => body.push(chunk.toString('latin1'))
  parser[HTTPParser.kOnMessageComplete] = () => {
    isComplete = true
  }
  const result = parser.execute(bytes)
  if (result instanceof Error) return { error: (result as Error & { code?: string }).code ?? 'error' }
  const ended = parser.finish()
  if (ended instanceof Error) return { error: 'unfinished' }
  if (read === undefined || !isComplete) return { error: 'incomplete' }
  return {
    ...read,
    headers: fields[0] ?? [],
    body: body.join(''),
    trailers: fields[1] ?? [],
    length: bytes.length,
  }
}
