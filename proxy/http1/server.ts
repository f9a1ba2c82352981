// The HTTP/1.1 data path as a whole: listens, keeps its connections, sweeps and drains them.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { BufferPool } from './buffer-pool.ts'
import { ClientConnection } from './client-connection.ts'
import type { Answer, Clock, Decide, Dial, Origin, Peer } from './decision.ts'
import type { Failure } from './failure.ts'
import { defaultLimits, type Limits } from './limits.ts'
import type { RequestHead } from './request-head.ts'
import type { ServerContext } from './server-context.ts'
import { UpstreamPool } from './upstream-pool.ts'

export interface Http1ServerOptions<O extends Origin> {
  /** Asked once per request; an answer at once costs no promise. */
  readonly decide: Decide<O>
  readonly dial: Dial<O>
  /** The answer for what the data path refuses or cannot do; `head` is undefined if it could not be read. */
  readonly formatFailure: (failure: Failure, head: RequestHead | undefined) => Answer
  readonly clock: Clock
  readonly limits?: Partial<Limits>
}

export interface ServeOptions<O extends Origin> {
  readonly peer: Peer
  /** In place of the server's own, for a connection that came through a tunnel. */
  readonly decide?: Decide<O>
}

export interface Http1Server<O extends Origin> {
  listen(options: { readonly host: string; readonly port: number }): Promise<AddressInfo>
  /** Serves a stream that something else accepted. */
  serve(stream: Socket | Duplex, options: ServeOptions<O>): void
  /** Stops accepting, lets running exchanges end for so long, then cuts them. */
  close(options: { readonly timeoutMs: number }): Promise<void>
  readonly connectionCount: number
  readonly idleUpstreamCount: number
}

export const createHttp1Server = <O extends Origin>(options: Http1ServerOptions<O>): Http1Server<O> => {
  const { clock, dial, decide } = options
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const buffers = new BufferPool()
  const upstreams = new UpstreamPool<O>({ dial, buffers, limits, clock })
  const context: ServerContext<O> = {
    decide,
    answerOf: options.formatFailure,
    limits,
    clock,
    buffers,
    upstreams,
    sweptAt: clock.monotonicMs(),
    isDraining: false,
  }
  const connections = new Set<ClientConnection<O>>()
  const servers: Server[] = []
  let sweeper: NodeJS.Timeout | undefined
  let onEmpty: (() => void) | undefined

  const sweep = (): void => {
    context.sweptAt = clock.monotonicMs()
    for (const connection of connections) connection.sweep(context.sweptAt)
    upstreams.sweep()
  }

  const serve = (stream: Socket | Duplex, { peer, decide: own }: ServeOptions<O>): void => {
    if (connections.size >= limits.connections || context.isDraining) {
      stream.destroy()
      return
    }
    sweeper ??= setInterval(sweep, sweepIntervalMs(limits)).unref()
    const onClosed = (connection: ClientConnection<O>): void => {
      connections.delete(connection)
      if (connections.size === 0) onEmpty?.()
    }
    const connection = new ClientConnection(context, { decide: own ?? decide, peer, onClosed })
    connections.add(connection)
    connection.transport.adopt(stream)
  }

  return {
    get connectionCount() {
      return connections.size
    },
    get idleUpstreamCount() {
      return upstreams.idleCount
    },
    serve,
    async listen(where) {
      const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, socket => {
        const { remoteAddress = '', remotePort = 0 } = socket
        serve(socket, { peer: { remoteAddress, remotePort } })
      })
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: where.host, port: where.port, backlog: 1024 }, resolve)
      })
      servers.push(server)
      return server.address() as AddressInfo
    },
    async close({ timeoutMs }) {
      context.isDraining = true
      for (const server of servers) server.close()
      for (const connection of connections) connection.drain()
      if (connections.size > 0) {
        const emptied = new Promise<void>(resolve => {
          onEmpty = resolve
        })
        const timer = setTimeout(() => {
          for (const connection of connections) connection.destroy()
        }, timeoutMs)
        await emptied
        clearTimeout(timer)
      }
      clearInterval(sweeper)
      upstreams.close()
    },
  }
}

/** Fine enough for the shortest of the timeouts. */
const sweepIntervalMs = (limits: Limits): number =>
  Math.max(
    10,
    Math.min(1000, limits.headerTimeoutMs / 4, limits.idleTimeoutMs / 4, limits.lingerTimeoutMs / 4),
  )
