// Connections to tools: dialling them, and keeping idle ones for the next request of the same origin.
import type { Clock } from '../../../runtime/clock.ts'
import { type Failure, upstreamFailure } from '../../message/failure.ts'
import type { Limits } from '../../message/limits.ts'
import type { Origin } from '../../message/ports.ts'
import type { BufferPool } from '../../socket/buffer-pool.ts'
import { type IdleListener, UpstreamConnection } from './connection.ts'
import { KnownHosts } from './known-hosts.ts'

export interface UpstreamPoolOptions {
  readonly buffers: BufferPool
  readonly limits: Limits
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/** Younger idle connections are taken without a look: a look costs as much as a small request. */
const unseenMs = 5

export class UpstreamPool implements IdleListener {
  readonly #options: UpstreamPoolOptions
  readonly #hosts: KnownHosts
  readonly #idle = new Map<string, UpstreamConnection[]>()
  #idleCount = 0
  #isClosed = false

  constructor(options: UpstreamPoolOptions) {
    this.#options = options
    this.#hosts = new KnownHosts(options.clock)
  }

  get idleCount(): number {
    return this.#idleCount
  }

  /**
   * The connection that was used last: it is the least likely to be closed by the tool in this moment. One for a
   * request that cannot be sent twice must be likelier still to stay.
   */
  acquire(
    origin: Origin,
    { isReplayable }: { readonly isReplayable: boolean },
  ): UpstreamConnection | undefined {
    const list = this.#idle.get(origin.key)
    while (list !== undefined && list.length > 0) {
      const connection = list.pop() as UpstreamConnection
      if (list.length === 0) this.#idle.delete(origin.key)
      this.#idleCount--
      const now = this.#options.clock.monotonicMs()
      const isGood = connection.isUsable && connection.idleUntil > now
      if (isGood && (isReplayable || this.#isSafe(connection, now - connection.idleSince))) return connection
      connection.destroy()
    }
    return undefined
  }

  #isSafe(connection: UpstreamConnection, idleMs: number): boolean {
    if (this.#hosts.mayClose(connection.origin.host, idleMs)) return false
    return idleMs < unseenMs || !connection.transport.hasEndUnread()
  }

  /** Whether a response without a body may be followed by one after all. */
  sendsStrays(origin: Origin): boolean {
    return this.#hosts.sendsStrays(origin.host)
  }

  closedIdle(connection: UpstreamConnection): void {
    const { host } = connection.origin
    this.#hosts.closedIdle(host, this.#options.clock.monotonicMs() - connection.idleSince)
  }

  sentStray({ origin }: Pick<UpstreamConnection, 'origin'>): void {
    this.#hosts.sentStray(origin.host)
  }

  /** Takes back a connection whose last response has ended; `idleHintMs` is what the tool announced. */
  release(connection: UpstreamConnection, idleHintMs: number | undefined): void {
    const { limits, clock } = this.#options
    connection.user = undefined
    const { key } = connection.origin
    const list = this.#idle.get(key) ?? []
    // One second earlier than the tool: its close must not cross our request.
    const idleMs = Math.min(limits.idleUpstreamTimeoutMs, (idleHintMs ?? Number.POSITIVE_INFINITY) - 1000)
    const isFull = list.length >= limits.idleUpstreamsPerKey
    if (isFull || idleMs <= 0 || this.#isClosed || !connection.isUsable) {
      connection.destroy()
      return
    }
    if (this.#idleCount >= limits.idleUpstreams) this.#dropOldest()
    connection.transport.resume()
    connection.idleSince = clock.monotonicMs()
    connection.idleUntil = connection.idleSince + idleMs
    // The keys that were used last are at the end.
    this.#idle.delete(key)
    this.#idle.set(key, list)
    list.push(connection)
    this.#idleCount++
  }

  #dropOldest(): void {
    for (const [key, list] of this.#idle) {
      list.shift()?.destroy()
      this.#idleCount--
      if (list.length === 0) this.#idle.delete(key)
      return
    }
  }

  async dial(origin: Origin, signal: AbortSignal): Promise<UpstreamConnection> {
    const { buffers, limits } = this.#options
    const connection = new UpstreamConnection(origin, { buffers, limits, listener: this })
    const socket = await origin.dial({ signal })
    socket.setNoDelay(true)
    connection.transport.adopt(socket)
    return connection
  }

  /** Drops what has been idle for too long, or closed by the tool. */
  sweep(): void {
    const now = this.#options.clock.monotonicMs()
    for (const [key, list] of this.#idle) {
      const kept = list.filter(connection => connection.isUsable && connection.idleUntil > now)
      if (kept.length === list.length) continue
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

export const failureOfDial = (error: unknown): Failure =>
  upstreamFailure('UpstreamUnreachable', 'the tool cannot be reached', error)
