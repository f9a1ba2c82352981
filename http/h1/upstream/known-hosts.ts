// KnownHosts: what was learned of how tools treat idle connections. It says when one is not worth the risk.
import { BoundedMap } from '../../../runtime/bounded-map.ts'
import type { Clock } from '../../../runtime/clock.ts'

type Habits = {
  /** The shortest time after which it closed an idle connection, lately. */
  idleMs: number
  learnedMs: number
  /** Until when it counts as one that sends bytes nobody asked for. */
  straysUntilMs: number
}

const maxHosts = 1024
/** A tool may be configured anew. */
const memoryMs = 600_000
/** Of the known time: later, its close and our request may cross. */
const safePart = 0.8
/** Before the known time, however short: a busy process on either side is late by that. */
const safeMs = 10

export class KnownHosts {
  readonly #habits = new BoundedMap<Habits>(maxHosts)
  readonly #clock: Pick<Clock, 'monotonicMs'>

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  closedIdle(host: string, idleMs: number): void {
    const now = this.#clock.monotonicMs()
    const habits = this.#of(host)
    const isFresh = now - habits.learnedMs < memoryMs
    if (isFresh && habits.idleMs <= idleMs) return
    habits.idleMs = idleMs
    habits.learnedMs = now
  }

  sentStray(host: string): void {
    this.#of(host).straysUntilMs = this.#clock.monotonicMs() + memoryMs
  }

  /** Whether it is likely to close a connection in this moment that has been idle for so long. */
  mayClose(host: string, idleMs: number): boolean {
    const habits = this.#habits.get(host)
    if (habits === undefined || this.#clock.monotonicMs() - habits.learnedMs >= memoryMs) return false
    return idleMs >= Math.min(habits.idleMs * safePart, habits.idleMs - safeMs)
  }

  sendsStrays(host: string): boolean {
    return (this.#habits.get(host)?.straysUntilMs ?? 0) > this.#clock.monotonicMs()
  }

  #of(host: string): Habits {
    const existing = this.#habits.get(host)
    if (existing !== undefined) return existing
    const habits = { idleMs: Number.POSITIVE_INFINITY, learnedMs: Number.NEGATIVE_INFINITY, straysUntilMs: 0 }
    this.#habits.set(host, habits)
    return habits
  }
}
