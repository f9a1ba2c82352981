// The data path on a loopback port, a tool of plain sockets behind it, and clients of plain sockets before it.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createHttp1Server, type Http1Server } from '../../../http/h1/server.ts'
import type { Failure } from '../../../http/message/failure.ts'
import type { Limits } from '../../../http/message/limits.ts'
import type { Answer, Decide, ExchangeRecord, Origin, Relay } from '../../../http/message/ports.ts'
import { forwardableHeaders, type IncomingRequest } from '../../../http/message/request.ts'
import { waitFor } from '../../helpers/poll.ts'

/** One end of a connection: all that came, as latin1. */
export class Wire {
  received = ''
  bytes = 0
  hasEnded = false
  isClosed = false
  /** For transfers that are only counted. */
  keepsText = true
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.bytes += chunk.length
      if (this.keepsText) this.received += chunk.toString('latin1')
    })
    socket.on('end', () => {
      this.hasEnded = true
    })
    socket.on('close', () => {
      this.isClosed = true
    })
    socket.on('error', () => {})
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Waits until something was received that matches. */
  async expect(pattern: string | RegExp): Promise<string> {
    const matches = () =>
      typeof pattern === 'string' ? this.received.includes(pattern) : pattern.test(this.received)
    await waitFor(matches, {
      what: `${pattern} in ${JSON.stringify(this.received.slice(-300))}`,
      timeoutMs: 5000,
      intervalMs: 2,
    })
    return this.received
  }

  /** Waits until the peer has ended its side. */
  async end(): Promise<string> {
    await waitFor(() => this.hasEnded || this.isClosed, {
      what: 'the end of the connection',
      timeoutMs: 5000,
      intervalMs: 2,
    })
    return this.received
  }
}

export interface Tool {
  readonly port: number
  readonly wires: readonly Wire[]
  /** Everything received, over all connections. */
  readonly received: string
  /** Waits for the connection of this number, from 0 on. */
  wire(at: number): Promise<Wire>
}

/** `origin` leads to the tool. */
export type Decider = (request: IncomingRequest, origin: Origin) => ReturnType<Decide>

export interface Http1Options {
  /** What the tool does with each piece; by default it answers 200 to every complete request. */
  readonly tool?: (wire: Wire, tool: Tool) => void
  readonly decide?: Decider
  readonly relay?: Partial<Relay>
  readonly limits?: Partial<Limits>
  readonly dials?: () => Promise<Socket>
  readonly formatFailure?: (failure: Failure) => Answer
}

export interface Booted {
  readonly server: Http1Server
  readonly port: number
  readonly tool: Tool
  readonly records: readonly ExchangeRecord[]
  readonly heads: readonly IncomingRequest[]
  /** One of a tool's failing or missing ways: dial to nobody from now on. */
  dialNowhere(): void
  open(): Promise<Wire>
}

/** Answers each request whose body is framed by Content-Length or absent. */
export const answering = (answer: (request: string) => string) => (wire: Wire) => {
  let used = 0
  wire.socket.on('data', () => {
    for (;;) {
      const head = wire.received.indexOf('\r\n\r\n', used)
      if (head === -1) return
      const length = /content-length: (\d+)/i.exec(wire.received.slice(used, head))
      const end = head + 4 + Number(length?.[1] ?? 0)
      if (wire.received.length < end) return
      const text = answer(wire.received.slice(used, end))
      used = end
      if (text !== '') wire.send(text)
    }
  })
}

export const ok = (body = 'ok', headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

export const get = (path = '/', headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: tool\r\n${headers}\r\n`

export const listening = async (onConnection: (socket: Socket) => void) => {
  const server = createServer({ allowHalfOpen: true }, onConnection)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

export const dialTo = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })

export const formatFailure = ({ status, reason }: Failure) => ({
  kind: 'answer' as const,
  status,
  headers: ['Content-Type', 'text/plain'],
  body: reason,
})

export const withHttp1 = async (
  options: Http1Options,
  use: (booted: Booted) => Promise<void>,
): Promise<void> => {
  const wires: Wire[] = []
  const records: ExchangeRecord[] = []
  const heads: IncomingRequest[] = []
  const clients: Wire[] = []
  const script = options.tool ?? answering(() => ok())
  const upstream = await listening(socket => {
    const wire = new Wire(socket)
    wires.push(wire)
    script(wire, tool)
  })
  const tool: Tool = {
    port: upstream.port,
    wires,
    get received() {
      return wires.map(wire => wire.received).join('')
    },
    async wire(at) {
      await waitFor(() => wires.length > at, {
        what: `connection ${at} to the tool`,
        intervalMs: 2,
        timeoutMs: 5000,
      })
      return wires[at] as Wire
    },
  }
  let toolPort = upstream.port
  const origin = { key: 'tool', host: 'tool', dial: options.dials ?? (() => dialTo(toolPort)) }
  const relayToTool = (request: IncomingRequest): Relay => ({
    kind: 'relay',
    origin,
    target: request.path,
    host: 'tool.internal',
    headers: [...forwardableHeaders(request), 'Authorization', 'Bearer injected'],
    onEnd: record => records.push(record),
    ...options.relay,
  })
  const server = createHttp1Server({
    decide: request => {
      heads.push(request)
      return (options.decide ?? relayToTool)(request, origin)
    },
    formatFailure: options.formatFailure ?? formatFailure,
    clock: { monotonicMs: () => performance.now() },
    ...(options.limits && { limits: options.limits }),
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  try {
    await use({
      server,
      port,
      tool,
      records,
      heads,
      dialNowhere: () => {
        toolPort = 1
      },
      async open() {
        const wire = new Wire(connect({ host: '127.0.0.1', port, allowHalfOpen: true }))
        clients.push(wire)
        await once(wire.socket, 'connect')
        return wire
      },
    })
  } finally {
    for (const wire of [...clients, ...wires]) wire.socket.destroy()
    await server.close({ timeoutMs: 0 })
    upstream.server.close()
  }
}
