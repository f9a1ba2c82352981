// CheckResults: the last answer of every check that reaches out (a Connector's probes, a class's links), and when
// each is asked again. Decisions read answers and say which checks they want; nothing here decides anything.
import type { ConditionStatus } from '../../connector/condition.ts'
import { createQueue } from '../../kube/work/queue.ts'
import { backoffMs } from '../../runtime/backoff.ts'
import type { Clock } from '../../runtime/clock.ts'

export type CheckOutcome = {
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
}

export type CheckResult = {
  /** Of the check that was asked; the answer says nothing about another one. */
  readonly fingerprint: string
  readonly outcome: CheckOutcome
  /** RFC 3339 */
  readonly at: string
}

export type Check = {
  readonly name: string
  /** Changes with everything that the answer depends on, besides the other side. */
  readonly fingerprint: string
  /** `host:port`, for the limit of checks at one host. */
  readonly host: string
  readonly run: (options: { readonly signal: AbortSignal }) => Promise<CheckAnswer>
}

export type CheckAnswer = {
  readonly outcome: CheckOutcome
  /** How long the other side wants to be left alone. */
  readonly retryAfterMs?: number | undefined
}

export type CheckResultsOptions = {
  readonly clock: Clock
  readonly intervalMs: number
  readonly concurrency: number
  readonly concurrencyPerHost: number
  /** Called when an answer came in. */
  readonly onResult: (owner: string) => void
  /** Called when a check threw instead of answering, which is a bug; it is asked again later. */
  readonly onError: (error: unknown) => void
}

type Entry = {
  readonly owner: string
  check: Check
  result?: CheckResult
  failures: number
}

const firstRetryMs = 2000

export class CheckResults {
  readonly #options: CheckResultsOptions
  readonly #queue: ReturnType<typeof createQueue>
  readonly #entries = new Map<string, Entry>()
  readonly #owners = new Map<string, Set<string>>()
  readonly #busyHosts = new Map<string, { running: number; readonly waiting: Set<string> }>()
  /** Who was called from the line of a host to the place that is free there. */
  readonly #called = new Map<string, string>()

  constructor(options: CheckResultsOptions) {
    this.#options = options
    this.#queue = createQueue({ clock: options.clock })
  }

  /** The last answer, be it to the present question or to one of before. */
  last(owner: string, name: string): CheckResult | undefined {
    return this.#entries.get(keyOf(owner, name))?.result
  }

  /** The owner has these checks now: new and changed ones are asked at once, those that it no longer has end. */
  setChecks(owner: string, checks: readonly Check[]): void {
    const keys = new Set(checks.map(check => keyOf(owner, check.name)))
    for (const key of this.#owners.get(owner) ?? []) {
      if (keys.has(key)) continue
      this.#leaveLine(key)
      this.#entries.delete(key)
      this.#queue.forget(key)
    }
    if (keys.size === 0) this.#owners.delete(owner)
    else this.#owners.set(owner, keys)
    for (const check of checks) this.#wantOne(owner, check)
  }

  #wantOne(owner: string, check: Check): void {
    const key = keyOf(owner, check.name)
    const entry = this.#entries.get(key)
    if (entry?.check.fingerprint === check.fingerprint) {
      entry.check = check
      return
    }
    const result = entry?.result
    this.#leaveLine(key)
    this.#entries.set(key, { owner, check, failures: 0, ...(result === undefined ? {} : { result }) })
    this.#queue.add(key)
  }

  /** Runs checks until `signal` is aborted. */
  run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { concurrency: workers, onError } = this.#options
    return this.#queue.run({
      workers,
      signal,
      handle: (key, options) => this.#handle(key, options),
      onError: ({ error }) => onError(error),
    })
  }

  async #handle(key: string, { signal }: { readonly signal: AbortSignal }) {
    const entry = this.#entries.get(key)
    const calledTo = this.#called.get(key)
    this.#called.delete(key)
    // Not wanted any more, or elsewhere now: the place is the next one's.
    if (calledTo !== undefined && calledTo !== entry?.check.host) this.#callNext(calledTo)
    if (entry === undefined || !this.#enter(entry.check.host, key)) return undefined
    const { check } = entry
    try {
      const answer = await check.run({ signal })
      // Asked again meanwhile, or not wanted any more: this answer is to no present question.
      if (this.#entries.get(key)?.check.fingerprint !== check.fingerprint) return undefined
      return { againMs: this.#record(entry, check, answer) }
    } finally {
      this.#leave(check.host)
    }
  }

  #record(entry: Entry, check: Check, { outcome, retryAfterMs = 0 }: CheckAnswer): number {
    const { clock, intervalMs, onResult } = this.#options
    const at = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
    entry.result = { fingerprint: check.fingerprint, outcome, at }
    entry.failures = outcome.status === 'True' ? 0 : entry.failures + 1
    onResult(entry.owner)
    // Spread over a fifth of the interval, so that what began together does not stay together.
    const regularMs = intervalMs * (0.9 + 0.2 * Math.random())
    const minMs = Math.min(firstRetryMs, intervalMs)
    const waitMs = entry.failures === 0 ? regularMs : backoffMs(entry.failures, { minMs, maxMs: intervalMs })
    return Math.max(waitMs, retryAfterMs)
  }

  /** A place at the host, or a place in the line for one: a slow host must not hold up the others' checks. */
  #enter(host: string, key: string): boolean {
    const places = this.#busyHosts.get(host) ?? { running: 0, waiting: new Set<string>() }
    this.#busyHosts.set(host, places)
    if (places.running >= this.#options.concurrencyPerHost) {
      places.waiting.add(key)
      return false
    }
    places.running += 1
    return true
  }

  #leave(host: string): void {
    const places = this.#busyHosts.get(host)
    if (places === undefined) return
    places.running -= 1
    this.#callNext(host)
  }

  #leaveLine(key: string): void {
    const host = this.#entries.get(key)?.check.host
    if (host !== undefined) this.#busyHosts.get(host)?.waiting.delete(key)
  }

  #callNext(host: string): void {
    const places = this.#busyHosts.get(host)
    if (places === undefined) return
    const [next] = places.waiting
    if (next !== undefined) {
      places.waiting.delete(next)
      this.#called.set(next, host)
      this.#queue.add(next)
    } else if (places.running === 0) {
      this.#busyHosts.delete(host)
    }
  }
}

function keyOf(owner: string, name: string): string {
  return `${owner} ${name}`
}
