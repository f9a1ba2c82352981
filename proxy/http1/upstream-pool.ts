// Connections to tools: dialling them, and keeping idle ones for the next request to the same origin.
import type { Clock } from '../../runtime/clock.ts'
import { BodyScanner } from './body-scanner.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { Dial, Origin } from './decision.ts'
import { type Failure, upstreamFailure } from './failure.ts'
import { HeadParser } from './head-parser.ts'
import type { Limits } from './limits.ts'
import { Transport, type TransportOwner } from './transport.ts'

/** Whoever has a request running on the connection. */
export interface UpstreamUser {
  upstreamReceived(bytes: Buffer, start: number, end: number): void
  upstreamDrained(): void
  upstreamEnded(): void
  upstreamClosed(error: Error | undefined): void
}

export class UpstreamConnection implements TransportOwner {
  readonly key: string
  readonly transport: Transport
  readonly parser: HeadParser
  readonly body: BodyScanner
  user: UpstreamUser | undefined
  idleUntil = 0

  constructor(key: string, buffers: BufferPool, limits: Limits) {
    this.key = key
    this.transport = new Transport(this, buffers)
    this.transport.salvages = true
    this.parser = new HeadParser('response', limits)
    this.body = new BodyScanner(limits)
  }

  get isUsable(): boolean {
    return !this.transport.isClosed && !this.transport.hasEnded && !this.transport.socket.destroyed
  }

  received(bytes: Buffer, start: number, end: number): void {
    // Nobody asked for anything: whatever this is, the next response would not be the one to the next request.
    if (this.user === undefined) this.transport.destroy()
    else this.user.upstreamReceived(bytes, start, end)
  }

  drained(): void {
    this.user?.upstreamDrained()
  }

  ended(): void {
    if (this.user === undefined) this.transport.destroy()
    else this.user.upstreamEnded()
  }

  closed(error: Error | undefined): void {
    this.user?.upstreamClosed(error)
  }

  destroy(): void {
    this.user = undefined
    this.transport.destroy()
  }
}

export interface UpstreamPoolOptions<O extends Origin> {
  readonly dial: Dial<O>
  readonly buffers: BufferPool
  readonly limits: Limits
  readonly clock: Pick<Clock, 'monotonicMs'>
}

class ConnectTimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`no connection within ${timeoutMs} ms`)
    this.name = 'ConnectTimeoutError'
  }
}

export class UpstreamPool<O extends Origin> {
  readonly #options: UpstreamPoolOptions<O>
  readonly #idle = new Map<string, UpstreamConnection[]>()
  #idleCount = 0
  #isClosed = false

  constructor(options: UpstreamPoolOptions<O>) {
    this.#options = options
  }

  get idleCount(): number {
    return this.#idleCount
  }

  /** The connection that was used last: it is the least likely to be closed by the tool in this moment. */
  take(key: string): UpstreamConnection | undefined {
    const list = this.#idle.get(key)
    while (list !== undefined && list.length > 0) {
      const connection = list.pop() as UpstreamConnection
      this.#idleCount--
      if (connection.isUsable && connection.idleUntil > this.#options.clock.monotonicMs()) return connection
      connection.destroy()
    }
    return undefined
  }

  /** Takes back a connection whose last response has ended; `idleHintMs` is what the tool announced. */
  give(connection: UpstreamConnection, idleHintMs: number | undefined): void {
    const { limits, clock } = this.#options
    connection.user = undefined
    const list = this.#idle.get(connection.key) ?? []
    // One second earlier than the tool: its close must not cross our request.
    const idleMs = Math.min(limits.idleUpstreamTimeoutMs, (idleHintMs ?? Number.POSITIVE_INFINITY) - 1000)
    const isFull = list.length >= limits.idleUpstreamsPerOrigin || this.#idleCount >= limits.idleUpstreams
    if (isFull || idleMs <= 0 || this.#isClosed || !connection.isUsable) {
      connection.destroy()
      return
    }
    connection.transport.resume()
    connection.idleUntil = clock.monotonicMs() + idleMs
    if (list.length === 0) this.#idle.set(connection.key, list)
    list.push(connection)
    this.#idleCount++
  }

  async dial(origin: O, outer: AbortSignal): Promise<UpstreamConnection> {
    const { dial, buffers, limits } = this.#options
    const connection = new UpstreamConnection(origin.key, buffers, limits)
    const abort = new AbortController()
    const timeout = new ConnectTimeoutError(limits.connectTimeoutMs)
    const timer = setTimeout(() => abort.abort(timeout), limits.connectTimeoutMs)
    const give = () => abort.abort(outer.reason)
    outer.addEventListener('abort', give, { once: true })
    try {
      const dialled = dial(origin, { signal: abort.signal })
      const socket = await Promise.race([dialled, rejectionOf(abort.signal, dialled)])
      socket.setNoDelay(true)
      connection.transport.adopt(socket)
      return connection
    } catch (error) {
      throw abort.signal.reason === timeout ? timeout : error
    } finally {
      clearTimeout(timer)
      outer.removeEventListener('abort', give)
    }
  }

  /** Drops what has been idle for too long, or closed by the tool. */
  sweep(): void {
    const now = this.#options.clock.monotonicMs()
    for (const [key, list] of this.#idle) {
      const kept = list.filter(connection => connection.isUsable && connection.idleUntil > now)
      for (const connection of list) if (!kept.includes(connection)) connection.destroy()
      this.#idleCount -= list.length - kept.length
      if (kept.length === 0) this.#idle.delete(key)
      else this.#idle.set(key, kept)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const list of this.#idle.values()) for (const connection of list) connection.destroy()
    this.#idle.clear()
    this.#idleCount = 0
  }
}

/** Rejects on abort even if the dial does not heed it; a socket that comes late is closed. */
const rejectionOf = (signal: AbortSignal, dialled: Promise<{ destroy(): void }>): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason)
        dialled.then(
          socket => socket.destroy(),
          () => {},
        )
      },
      { once: true },
    )
  })

export const failureOfDial = (error: unknown): Failure =>
  error instanceof ConnectTimeoutError
    ? upstreamFailure('UpstreamTimeout', `the tool cannot be reached: ${error.message}`, error)
    : upstreamFailure('UpstreamUnreachable', 'the tool cannot be reached', error)
