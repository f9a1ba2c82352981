// FairLanes: work that is bounded for all together, and whose turn it is. Each payer has a few lanes and a rate of its
// own; when all lanes are taken, payers take turns, so that a flood of one delays nobody else by more than a turn.
import type { Clock } from './clock.ts'

export interface LaneLimits {
  /** Tasks under way, of all payers. */
  readonly total: number
  readonly perPayer: number
  /** Tasks that wait for their turn; a further one is refused at once. */
  readonly waitingPerPayer: number
  /** How long a task waits for its turn before it is refused. */
  readonly waitMs: number
  /** Tasks that a payer may start at once after a pause, and how many a second in the long run; without, any number. */
  readonly rate?: { readonly burst: number; readonly perSecond: number }
}

export interface FairLanesOptions extends LaneLimits {
  readonly clock: Clock
  /** What a task is refused with. */
  readonly refusal: () => Error
}

interface Payer {
  readonly name: string
  running: number
  readonly waiting: Set<() => void>
  /** Tasks that it may still start, as of `countedMs`. */
  allowance: number
  countedMs: number
}

/** Payers without anything under way are forgotten when there are more. */
const keptPayers = 4096

export class FairLanes {
  readonly #options: FairLanesOptions
  /** The one whose turn was last is at the end. */
  readonly #payers = new Map<string, Payer>()
  #running = 0
  #isWaking = false

  constructor(options: FairLanesOptions) {
    this.#options = options
  }

  /** Runs the task when it is its payer's turn. Throws `refusal()` when that does not come in time. */
  async run<T>(payerName: string, task: () => Promise<T>): Promise<T> {
    const payer = this.#payerOf(payerName)
    if (payer.waiting.size === 0 && this.#mayStart(payer)) this.#start(payer)
    else await this.#turn(payer)
    try {
      return await task()
    } finally {
      payer.running--
      this.#running--
      this.#callNext()
    }
  }

  #start(payer: Payer): void {
    payer.running++
    if (this.#options.rate !== undefined) payer.allowance--
    this.#running++
    this.#payers.delete(payer.name)
    this.#payers.set(payer.name, payer)
  }

  /** Resolves when the task has been started. */
  async #turn(payer: Payer): Promise<void> {
    const { clock, waitMs, waitingPerPayer, refusal } = this.#options
    if (payer.waiting.size >= waitingPerPayer) throw refusal()
    const turn = Promise.withResolvers<void>()
    const called = new AbortController()
    const call = () => {
      payer.waiting.delete(call)
      this.#start(payer)
      called.abort()
      turn.resolve()
    }
    payer.waiting.add(call)
    this.#wakeLater()
    clock.sleep(waitMs, { signal: called.signal }).then(
      () => turn.reject(refusal()),
      () => {},
    )
    try {
      await turn.promise
    } finally {
      payer.waiting.delete(call)
    }
  }

  /** Calls those whose turn it is, the payer first whose last turn is longest ago. */
  #callNext(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) next()
    this.#wakeLater()
  }

  #next(): (() => void) | undefined {
    if (this.#running >= this.#options.total) return undefined
    for (const payer of this.#payers.values()) {
      if (payer.waiting.size > 0 && this.#mayStart(payer)) return payer.waiting.values().next().value
    }
    return undefined
  }

  /** Nobody who waits may start now, and perhaps no end of a task will call them: time does. */
  #wakeLater(): void {
    const { clock, rate } = this.#options
    const isWanted = () =>
      [...this.#payers.values()].some(({ waiting, allowance }) => waiting.size > 0 && allowance < 1)
    if (rate === undefined || this.#isWaking || !isWanted()) return
    this.#isWaking = true
    void clock.sleep(1000 / rate.perSecond, {}).then(() => {
      this.#isWaking = false
      this.#callNext()
    })
  }

  #mayStart(payer: Payer): boolean {
    const { clock, total, perPayer, rate } = this.#options
    if (rate !== undefined) {
      const nowMs = clock.monotonicMs()
      const earned = ((nowMs - payer.countedMs) / 1000) * rate.perSecond
      payer.allowance = Math.min(rate.burst, payer.allowance + earned)
      payer.countedMs = nowMs
    }
    return this.#running < total && payer.running < perPayer && payer.allowance >= 1
  }

  #payerOf(name: string): Payer {
    const existing = this.#payers.get(name)
    if (existing !== undefined) return existing
    if (this.#payers.size >= keptPayers) this.#forgetIdle()
    const payer: Payer = {
      name,
      running: 0,
      waiting: new Set(),
      allowance: this.#options.rate?.burst ?? 1,
      countedMs: this.#options.clock.monotonicMs(),
    }
    this.#payers.set(name, payer)
    return payer
  }

  #forgetIdle(): void {
    for (const [name, { running, waiting }] of this.#payers) {
      if (running === 0 && waiting.size === 0) this.#payers.delete(name)
    }
  }
}
