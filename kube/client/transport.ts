// One HTTP exchange with the API server over node:https: the official client's transport brings its generated
// classes (80 MiB) into every node agent, and what we need of it is this.
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Sensitive } from '../../connector/sensitive.ts'
import type { KubeConfig } from '../config/config.ts'
import { timedOut, tooLarge, unreachable } from './api-error.ts'

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With query, without the server's path prefix. */
  readonly path: string
  readonly body?: string | undefined
  readonly contentType?: string | undefined
  readonly authorization: Sensitive | undefined
  /** For messages: `get Secret "ns/name"`. */
  readonly action: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** May be sent again when a kept connection turns out to have been closed by the server. */
  readonly repeatable: boolean
  /** Throws what keeps the request, or its next attempt, from being sent. */
  readonly permit?: (() => void) | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** An answer whose body is read as it comes. Whoever opens one must `close` it. */
export interface OpenAnswer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly chunks: AsyncIterable<Buffer>
  /** Ends the exchange early: reading then fails with `error`. */
  fail(error: unknown): void
  close(): void
}

export interface Transport {
  exchange(request: Exchange): Promise<Answer>
  /** `timeoutMs` counts until the headers have come; the rest is the reader's to watch. */
  open(request: Exchange): Promise<OpenAnswer>
  close(): void
}

export interface TransportOptions {
  readonly config: KubeConfig
  readonly userAgent: string
  readonly maxAnswerBytes: number
}

const maxSockets = 32
const keepAliveProbeMs = 15_000

export function createTransport({ config, userAgent, maxAnswerBytes }: TransportOptions): Transport {
  const secure = config.server.protocol === 'https:'
  const tls: https.AgentOptions = {
    ...(config.ca === undefined ? {} : { ca: config.ca }),
    ...(config.serverName === undefined ? {} : { servername: config.serverName }),
    ...(config.credentials.clientCertificate === undefined
      ? {}
      : {
          cert: config.credentials.clientCertificate.cert,
          key: config.credentials.clientCertificate.key.reveal(),
        }),
  }
  const agentFor = (options: http.AgentOptions) =>
    secure ? new https.Agent({ ...tls, ...options }) : new http.Agent(options)
  const agent = agentFor({
    keepAlive: true,
    maxSockets,
    maxFreeSockets: 8,
    scheduling: 'lifo',
    timeout: 60_000,
  })
  // A watch holds its connection for minutes: out of the pool's bound, or watches would starve the calls.
  const streamAgent = agentFor({ keepAlive: false })
  const prefix = config.server.pathname.replace(/\/+$/, '')

  function start(request: Exchange, through: http.Agent): http.ClientRequest {
    const headers: http.OutgoingHttpHeaders = { accept: 'application/json', 'user-agent': userAgent }
    if (request.authorization !== undefined) headers['authorization'] = request.authorization.reveal()
    if (request.body !== undefined) {
      headers['content-type'] = request.contentType ?? 'application/json'
      headers['content-length'] = Buffer.byteLength(request.body)
    }
    const outgoing = (secure ? https : http).request({
      agent: through,
      host: config.server.hostname.replace(/^\[|\]$/g, ''),
      port: config.server.port || (secure ? 443 : 80),
      method: request.method,
      path: prefix + request.path,
      headers,
    })
    return outgoing
  }

  async function open(
    request: Exchange,
    through: http.Agent,
    timeoutMs = request.timeoutMs,
  ): Promise<Flight> {
    request.signal?.throwIfAborted()
    const startedMs = performance.now()
    const flight = new Flight(start(request, through), request, config.server.host)
    try {
      return await flight.answered(timeoutMs)
    } catch (error) {
      flight.close()
      const leftMs = timeoutMs - (performance.now() - startedMs)
      if (!flight.wasStale || !request.repeatable || leftMs <= 0) throw error
      return open(request, through, leftMs)
    }
  }

  return {
    async exchange(request) {
      const startedMs = performance.now()
      const flight = await open(request, agent)
      flight.limitTime(request.timeoutMs - (performance.now() - startedMs))
      try {
        return await readAnswer(flight, request.action, maxAnswerBytes)
      } finally {
        flight.close()
      }
    },
    open: request => open(request, streamAgent),
    close() {
      agent.destroy()
      streamAgent.destroy()
    },
  }
}

async function readAnswer(flight: Flight, action: string, maxBytes: number): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of flight.chunks) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(action, maxBytes)
    chunks.push(chunk)
  }
  return { status: flight.status, headers: flight.headers, body: Buffer.concat(chunks, size) }
}

/** One request on its way: its deadline, its caller's signal and the reason why it ended early. */
class Flight implements OpenAnswer {
  status = 0
  headers: http.IncomingHttpHeaders = {}
  readonly #outgoing: http.ClientRequest
  readonly #request: Exchange
  readonly #host: string
  readonly #onAbort = () => this.fail(this.#request.signal?.reason)
  #response: http.IncomingMessage | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: { readonly error: unknown } | undefined
  #lost = ''

  constructor(outgoing: http.ClientRequest, request: Exchange, host: string) {
    this.#outgoing = outgoing
    this.#request = request
    this.#host = host
    request.signal?.addEventListener('abort', this.#onAbort, { once: true })
    outgoing.once('socket', socket => {
      // A peer that vanished is noticed in about 25 s, with or without traffic.
      socket.setKeepAlive(true, keepAliveProbeMs)
      // What is written earlier waits for the connection, past its permit where this process is frozen meanwhile.
      const ready = readinessOf(socket)
      if (ready === undefined) this.#send()
      else socket.once(ready, () => this.#send())
    })
  }

  #send(): void {
    if (this.#outgoing.destroyed) return
    try {
      this.#request.permit?.()
    } catch (error) {
      this.fail(error)
      return
    }
    this.#outgoing.end(this.#request.body)
  }

  /** The server had closed the kept connection before it read anything of ours. */
  get wasStale(): boolean {
    const reset = this.#lost === 'ECONNRESET' || this.#lost === 'EPIPE'
    return this.#failure === undefined && reset && this.#outgoing.reusedSocket
  }

  answered(timeoutMs: number): Promise<this> {
    this.limitTime(timeoutMs)
    return new Promise((resolve, reject) => {
      this.#outgoing.on('error', error => {
        this.#lost = (error as NodeJS.ErrnoException).code ?? ''
        reject(this.#explain(error))
      })
      // Node ends a switch of protocols that nobody takes without a word: neither error nor response.
      this.#outgoing.once('close', () => reject(this.#explain({ code: 'ECONNRESET' })))
      this.#outgoing.once('response', response => {
        clearTimeout(this.#timer)
        this.#response = response
        this.status = response.statusCode ?? 0
        this.headers = response.headers
        resolve(this)
      })
    })
  }

  limitTime(ms: number): void {
    clearTimeout(this.#timer)
    const expire = () => this.fail(timedOut(this.#request.action, this.#request.timeoutMs))
    this.#timer = setTimeout(expire, Math.max(0, ms))
  }

  get chunks(): AsyncIterable<Buffer> {
    return this.#read()
  }

  async *#read(): AsyncGenerator<Buffer> {
    if (this.#response === undefined) return
    try {
      for await (const chunk of this.#response) yield chunk as Buffer
    } catch (error) {
      throw this.#explain(error)
    }
    if (this.#failure !== undefined) throw this.#failure.error
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#outgoing.destroy()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#request.signal?.removeEventListener('abort', this.#onAbort)
    // An answer that was read to its end goes back to the pool, any other takes its connection down.
    if (this.#response?.readableEnded !== true) this.#outgoing.destroy()
  }

  #explain(error: unknown): unknown {
    return this.#failure === undefined
      ? unreachable(this.#request.action, this.#host, error)
      : this.#failure.error
  }
}

/** The event that tells that the connection carries data; undefined when it does. */
function readinessOf(socket: Socket | (TLSSocket & { readonly secureConnecting: boolean })) {
  if ('secureConnecting' in socket) return socket.secureConnecting ? 'secureConnect' : undefined
  return socket.connecting ? 'connect' : undefined
}
