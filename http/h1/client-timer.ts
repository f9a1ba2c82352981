// ClientTimer: since when a client's connection waits for what, and whether that is too long.
import type { ServerContext } from './server-context.ts'

export type WaitsFor = 'head' | 'next request' | 'last bytes' | 'exchange'

export type Overdue = WaitsFor | 'client'

export interface RunningExchange {
  readonly isTunnel: boolean
  /** The request is at the tool, and nothing of its answer is here. */
  readonly isAwaitingHead: boolean
}

type TimerContext = Pick<ServerContext, 'clock' | 'limits' | 'sweptAt'>

export class ClientTimer {
  /** Coarse: as of the last sweep. */
  activeAt: number
  /** Whether it is known whose the connection is. */
  isOwned = false
  readonly #context: TimerContext
  /** When the head, or the wait for the last bytes, began; 0 between two requests. */
  #startedAt: number
  /** When the client ended its side while its request was under way. */
  #leftAt: number | undefined

  constructor(context: TimerContext) {
    this.#context = context
    this.activeAt = context.sweptAt
    this.#startedAt = context.clock.monotonicMs()
  }

  get isBetweenRequests(): boolean {
    return this.#startedAt === 0
  }

  noteActivity(): void {
    this.activeAt = this.#context.sweptAt
  }

  headBegins(): void {
    if (this.#startedAt === 0) this.#startedAt = this.#context.clock.monotonicMs()
  }

  headIsRead(): void {
    this.#startedAt = 0
  }

  lastBytesBegin(): void {
    this.#startedAt = this.#context.clock.monotonicMs()
  }

  clientLeft(): void {
    this.#leftAt ??= this.#context.clock.monotonicMs()
  }

  overdue(waitsFor: WaitsFor, exchange: RunningExchange | undefined, now: number): Overdue | undefined {
    const { limits } = this.#context
    switch (waitsFor) {
      case 'last bytes':
        return now - this.#startedAt > limits.lingerTimeoutMs ? waitsFor : undefined
      case 'head':
        return now - this.#startedAt > limits.headerTimeoutMs ? waitsFor : undefined
      case 'next request':
        return now - this.activeAt > this.#idleLimitMs ? waitsFor : undefined
      case 'exchange':
        if (this.#leftAt !== undefined && now - this.#leftAt > limits.leftTimeoutMs) return 'client'
        return now - this.activeAt > this.#exchangeLimitMs(exchange) ? waitsFor : undefined
    }
  }

  /** Whoever has not shown who they are may not keep a connection for later. */
  get #idleLimitMs(): number {
    const { idleTimeoutMs, headerTimeoutMs } = this.#context.limits
    return this.isOwned ? idleTimeoutMs : Math.min(idleTimeoutMs, headerTimeoutMs)
  }

  #exchangeLimitMs(exchange: RunningExchange | undefined): number {
    const { responseHeadTimeoutMs, idleTimeoutMs } = this.#context.limits
    if (exchange?.isTunnel) return Number.POSITIVE_INFINITY
    return exchange?.isAwaitingHead ? responseHeadTimeoutMs : idleTimeoutMs
  }
}
