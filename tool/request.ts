// One request to a tool from ourselves, its redirects and its answer, all of it bounded.
// Spec: resources.md, "Controller behaviour" (Probes).
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Address } from '../connector/address.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { type DialOptions, dial } from './dial/dial.ts'
import { connectionFailure, DialError } from './dial/dial-error.ts'
import { type AddressPolicy, addressKind } from './dial/guard.ts'
import { hopHeader } from './hop.ts'

export type ToolRequest = {
  readonly method: 'GET' | 'POST'
  /** Where to connect; `path` is absolute on the host. */
  readonly address: Address
  readonly path: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly followRedirects: boolean
}

export type ToolAnswer = {
  readonly statusCode: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  /** At most 1 MiB. */
  readonly body: string
}

export type RequestOptions = Omit<DialOptions, 'policy' | 'connectTimeoutMs'> & {
  /** For the look-up, all redirects and the body together. */
  readonly timeoutMs: number
  readonly userAgent: string
}

const maxBodyBytes = 1024 * 1024
const maxRedirects = 10
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * The last answer of a chain of redirects. Throws DialError, or a ConnectorsError with reason UnexpectedResponse for
 * an answer that is none, INVALID for a request that HTTP cannot carry, or the signal's reason.
 */
export async function sendRequest(request: ToolRequest, options: RequestOptions): Promise<ToolAnswer> {
  const timeout = AbortSignal.timeout(options.timeoutMs)
  const signal = AbortSignal.any([options.signal, timeout])
  try {
    return await follow(request, { ...options, signal })
  } catch (error) {
    options.signal.throwIfAborted()
    if (!timeout.aborted) throw error
    const current = `no answer within ${options.timeoutMs / 1000} s`
    throw new DialError('ConnectionFailed', request.address.host, current)
  }
}

type Hop = {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: ToolRequest['headers']
  readonly policy: AddressPolicy
}

async function follow(request: ToolRequest, options: RequestOptions): Promise<ToolAnswer> {
  let hop: Hop = {
    method: request.method,
    url: new URL(`${originOf(request.address)}${request.path}`),
    headers: request.headers,
    policy: 'own',
  }
  // The first request goes out byte for byte as its author wrote it; URL would rewrite its path.
  let target = request.path
  for (let followed = 0; ; followed += 1) {
    const { answer, local } = await exchange(hop, target, options)
    const location = answer.headers.get('location')?.[0]
    if (!request.followRedirects || !redirects.has(answer.statusCode) || location === undefined) return answer
    if (followed === maxRedirects) throw unexpected(`more than ${maxRedirects} redirects`)
    hop = nextHop(hop, { statusCode: answer.statusCode, location, local })
    target = `${hop.url.pathname}${hop.url.search}`
  }
}

function originOf(address: Address): string {
  return `${address.scheme}://${address.host}`
}

type Redirect = {
  readonly statusCode: number
  readonly location: string
  /** Whether the redirecting server itself was reached at an address that is not public. */
  readonly local: boolean
}

function nextHop(hop: Hop, { statusCode, location, local }: Redirect): Hop {
  const url = URL.parse(location, hop.url.href)
  if (url === null || !/^https?:$/.test(url.protocol)) throw unexpected('a redirect to no http address')
  const sameOrigin = url.origin === hop.url.origin
  const keepsMethod = statusCode === 307 || statusCode === 308
  return {
    method: keepsMethod ? hop.method : 'GET',
    url,
    // Any header may be a credential. Dropped for good: the way back is not the class's choice either.
    headers: sameOrigin ? hop.headers : [],
    // A public server must not send us into the cluster; a local one is there already. The same host is the
    // Connector's own address under another scheme or port.
    policy: sameOrigin || url.hostname === hop.url.hostname || local ? hop.policy : 'public',
  }
}

// Neither of these two names a host: a template may make it of the Secret, a redirect of what the tool was sent.
function unexpected(current: string): ConnectorsError {
  return new ConnectorsError(
    'UNAVAILABLE',
    'UnexpectedResponse',
    `Cannot take the tool's answer: it is ${current}`,
  )
}

async function exchange(
  hop: Hop,
  target: string,
  options: RequestOptions,
): Promise<{ readonly answer: ToolAnswer; readonly local: boolean }> {
  const { url, policy } = hop
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
  const connectTimeoutMs = options.timeoutMs
  const socket = await dial(
    { scheme, hostname: url.hostname, port },
    { ...options, policy, connectTimeoutMs },
  )
  try {
    const local = addressKind(socket.remoteAddress ?? '') !== 'public'
    return { answer: await converse(socket, hop, { target, ...options }), local }
  } finally {
    socket.destroy()
  }
}

function converse(
  socket: Socket,
  hop: Hop,
  { target, signal, userAgent }: Pick<RequestOptions, 'signal' | 'userAgent'> & { readonly target: string },
): Promise<ToolAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(signal.aborted ? signal.reason : broken(hop, error))
    let request: ClientRequest
    try {
      request = startRequest({
        createConnection: () => socket,
        method: hop.method,
        path: target,
        headers: headersOf(hop, userAgent),
        setHost: false,
        signal,
      })
    } catch (error) {
      reject(notSendable(error))
      return
    }
    // Node ends an answer that nobody takes (a switch of protocols) without a word: neither error nor response.
    const closed = () => reject(broken(hop, Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    request.once('error', fail).once('close', closed)
    request.once('upgrade', response => resolve(answerFrom(response, '')))
    request.once('response', response => {
      request.off('close', closed)
      response.once('error', fail)
      readBody(response).then(body => resolve(answerFrom(response, body)), fail)
    })
    request.end()
  })
}

function headersOf({ method, url, headers }: Hop, userAgent: string): string[] {
  const standard: Readonly<Record<string, string>> = {
    Host: url.host,
    'User-Agent': userAgent,
    Accept: '*/*',
    [hopHeader]: '1',
    ...(method === 'POST' ? { 'Content-Length': '0' } : {}),
  }
  const own = new Set(headers.map(header => header.name.toLowerCase()))
  const kept = Object.entries(standard).filter(([name]) => !own.has(name.toLowerCase()))
  return [
    ...kept,
    ...headers.map(({ name, value }) => [name, value] as const),
    ['Connection', 'close'],
  ].flat()
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= maxBodyBytes) break
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('utf8')
}

function answerFrom(response: IncomingMessage, body: string): ToolAnswer {
  const headers = new Map<string, readonly string[]>()
  for (const [name, values] of Object.entries(response.headersDistinct)) headers.set(name, values ?? [])
  return { statusCode: response.statusCode ?? 0, headers, body }
}

function broken(hop: Hop, error: NodeJS.ErrnoException): DialError {
  const current = error.code?.startsWith('HPE_') ? 'the answer is not HTTP' : connectionFailure(error)
  return new DialError('ConnectionFailed', hop.url.host, current, { cause: error })
}

/** Node refuses a header's name or value before it is sent; its message quotes the value's name only by code. */
function notSendable(error: unknown): ConnectorsError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
  return new ConnectorsError(
    'INVALID',
    'RequestInvalid',
    `Cannot send the request: a header or its path is not allowed in HTTP (${code})`,
  )
}
