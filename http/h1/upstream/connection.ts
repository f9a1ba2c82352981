// One connection to a tool: serves one request after the other, and is idle in between.
import type { Limits } from '../../message/limits.ts'
import type { Origin } from '../../message/ports.ts'
import type { BufferPool } from '../../socket/buffer-pool.ts'
import { Transport, type TransportOwner } from '../../socket/transport.ts'
import { BodyScanner } from '../parse/body-scanner.ts'
import { HeadParser } from '../parse/head-parser.ts'

/** Whoever has a request running on the connection. */
export interface UpstreamUser {
  upstreamReceived(bytes: Buffer, start: number, end: number): void
  upstreamDrained(): void
  upstreamEnded(): void
  upstreamClosed(error: Error | undefined): void
}

/** What an idle connection shows of its tool. */
export interface IdleListener {
  closedIdle(connection: UpstreamConnection): void
  sentStray(connection: UpstreamConnection): void
}

export class UpstreamConnection implements TransportOwner {
  readonly origin: Pick<Origin, 'key' | 'host'>
  readonly transport: Transport
  readonly parser: HeadParser
  readonly body: BodyScanner
  user: UpstreamUser | undefined
  idleSince = 0
  idleUntil = 0

  readonly #listener: IdleListener

  constructor(
    origin: Pick<Origin, 'key' | 'host'>,
    options: { readonly buffers: BufferPool; readonly limits: Limits; readonly listener: IdleListener },
  ) {
    this.origin = origin
    this.#listener = options.listener
    this.transport = new Transport(this, options.buffers)
    this.transport.readsAfterFailedWrite = true
    this.parser = new HeadParser('response', options.limits)
    this.body = new BodyScanner(options.limits, 'dropped')
  }

  get isUsable(): boolean {
    return !this.transport.isClosed && !this.transport.hasEnded && !this.transport.socket.destroyed
  }

  received(bytes: Buffer, start: number, end: number): void {
    if (this.user !== undefined) {
      this.user.upstreamReceived(bytes, start, end)
      return
    }
    // Nobody asked for anything: whatever this is, the next response would not be the one to the next request.
    this.#listener.sentStray(this)
    this.transport.destroy()
  }

  drained(): void {
    this.user?.upstreamDrained()
  }

  ended(): void {
    if (this.user !== undefined) {
      this.user.upstreamEnded()
      return
    }
    this.#listener.closedIdle(this)
    this.transport.destroy()
  }

  closed(error: Error | undefined): void {
    this.user?.upstreamClosed(error)
  }

  destroy(): void {
    this.user = undefined
    this.transport.destroy()
  }
}
