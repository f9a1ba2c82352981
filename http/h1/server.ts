// The HTTP/1.1 data path as a whole: listens, keeps its connections, sweeps and drains them.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Clock } from '../../runtime/clock.ts'
import { type Failure, internalFailure } from '../message/failure.ts'
import { defaultLimits, type Limits } from '../message/limits.ts'
import type { Answer, Decide } from '../message/ports.ts'
import type { IncomingRequest } from '../message/request.ts'
import { BufferPool } from '../socket/buffer-pool.ts'
import { ClientConnection } from './client-connection.ts'
import { ConnectionTable } from './connection-table.ts'
import type { ServerContext } from './server-context.ts'
import { UpstreamPool } from './upstream/pool.ts'

export interface Http1ServerOptions {
  /** Asked once per request; an answer at once costs no promise. */
  readonly decide: Decide
  /** The answer for what the data path refuses or cannot do; `request` is undefined if it could not be read. */
  readonly formatFailure: (failure: Failure, request: IncomingRequest | undefined, peer: string) => Answer
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly limits?: Partial<Limits>
}

export interface Http1Server {
  listen(options: { readonly host: string; readonly port: number }): Promise<AddressInfo>
  /** Stops accepting, lets running exchanges end for so long, then cuts them. */
  close(options: { readonly timeoutMs: number }): Promise<void>
  readonly connectionCount: number
  readonly idleUpstreamCount: number
}

export const createHttp1Server = (options: Http1ServerOptions): Http1Server => {
  const { clock, decide, formatFailure } = options
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const buffers = new BufferPool()
  const upstreams = new UpstreamPool({ buffers, limits, clock })
  const context: ServerContext = {
    decide,
    answerTo(failure, head, peer) {
      try {
        return { answer: formatFailure(failure, head, peer), failure }
      } catch (error) {
        return { answer: { kind: 'answer', status: 500, headers: [] }, failure: internalFailure(error) }
      }
    },
    limits,
    clock,
    buffers,
    upstreams,
    sweptAt: clock.monotonicMs(),
    isDraining: false,
  }
  const connections = new ConnectionTable<ClientConnection>(limits)
  let sweeper: NodeJS.Timeout | undefined
  let onEmpty: (() => void) | undefined

  const sweep = (): void => {
    context.sweptAt = clock.monotonicMs()
    for (const connection of connections) connection.sweep(context.sweptAt)
    upstreams.sweep()
  }

  const serve = (socket: Socket): void => {
    const connection: ClientConnection = new ClientConnection(context, {
      peer: socket.remoteAddress ?? '',
      claim: owner => connections.claim(connection, owner),
      onClosed: () => {
        connections.delete(connection)
        if (connections.size === 0) onEmpty?.()
      },
    })
    if (context.isDraining || !connections.admit(connection)) socket.destroy()
    else connection.transport.adopt(socket)
  }
  const listenOptions = { pauseOnConnect: true, allowHalfOpen: true, noDelay: true }
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: keepAliveMs }
  const server = createServer({ ...listenOptions, ...keepAlive }, serve)

  return {
    get connectionCount() {
      return connections.size
    },
    get idleUpstreamCount() {
      return upstreams.idleCount
    },
    async listen({ host, port }) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port, backlog: 1024 }, resolve)
      })
      sweeper = setInterval(sweep, sweepIntervalMs(limits)).unref()
      return server.address() as AddressInfo
    },
    async close({ timeoutMs }) {
      context.isDraining = true
      server.close()
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

/** A tunnel may be silent for hours: whether the other end is still there, TCP finds out. */
export const keepAliveMs = 60_000

/** Fine enough for the shortest of the timeouts. */
const sweepIntervalMs = (limits: Limits): number =>
  Math.max(
    10,
    Math.min(
      1000,
      limits.headerTimeoutMs / 4,
      limits.idleTimeoutMs / 4,
      limits.lingerTimeoutMs / 4,
      limits.leftTimeoutMs / 4,
      limits.recheckIntervalMs / 4,
    ),
  )
