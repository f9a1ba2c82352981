// Answers of the API server to yes-or-no questions, kept for a while: one call per question however many ask,
// and an allow that outlives an API server that cannot be asked (proxy.md, "Authentication and authorization").
import { BoundedMap } from '../../runtime/bounded-map.ts'
import type { Clock } from '../../runtime/clock.ts'
import { FairLanes, type LaneLimits } from '../../runtime/fair-lanes.ts'
import { isUnanswered, KubeApiError } from '../client/api-error.ts'

export interface Answer {
  readonly allowed: boolean
  /** Time since the epoch after which an allow must not be used. */
  readonly notAfterMs?: number | undefined
}

export interface ReviewCacheOptions {
  readonly clock: Clock
  readonly allowMs: number
  readonly denyMs: number
  /** How long an expired allow serves while the API server cannot be asked. */
  readonly graceMs: number
  /** Bound of kept allows. Denies have a bound of their own: a flood of bad tokens evicts no good one. */
  readonly maxEntries: number
  /** Calls for questions that were not answered lately. Those for kept allows have lanes of their own. */
  readonly lanes: LaneLimits
}

export const reviewDefaults = { allowMs: 45_000, denyMs: 5000, maxEntries: 10_000 }

/** Whoever has been allowed lately is not a stranger, and waits behind no stranger. */
const renewalLanes: LaneLimits = {
  total: 64,
  perPayer: 32,
  waitingPerPayer: 1024,
  waitMs: 5000,
}

/** Of the allows, one owner may have this part. */
const ownersPart = 4

/** A review that takes longer counts as unanswered. */
export const reviewTimeoutMs = 5000

export interface Question<A> {
  readonly ask: () => Promise<A>
  /** Whose lanes a first question takes. */
  readonly payer: string
  /** Whose entry an allow is. */
  readonly ownerOf: (answer: A) => string
  readonly signal?: AbortSignal | undefined
}

interface Entry<A> {
  readonly answer: A
  readonly askedMs: number
  /** While the API server is silent the kept allow serves until then, before it is asked again. */
  servesUntilMs: number
}

// Between two attempts to ask an API server that did not answer. With `allowMs` still under the minute within
// which a removed grant must show once the API server is back.
const retryMs = 10_000

export class ReviewCache<A extends Answer> {
  readonly #options: ReviewCacheOptions
  readonly #allows: BoundedMap<Entry<A>>
  readonly #denies: BoundedMap<Entry<A>>
  readonly #asking = new Map<string, Promise<A>>()
  readonly #lanes: FairLanes
  readonly #renewals: FairLanes

  constructor(options: ReviewCacheOptions) {
    this.#options = options
    const { clock, lanes, maxEntries } = options
    this.#lanes = new FairLanes({ clock, refusal: tooManyReviews, ...lanes })
    this.#renewals = new FairLanes({ clock, refusal: tooManyReviews, ...renewalLanes })
    this.#allows = new BoundedMap(maxEntries, { perOwner: Math.ceil(maxEntries / ownersPart) })
    this.#denies = new BoundedMap(Math.ceil(options.maxEntries / 4))
  }

  cached(key: string): A | undefined {
    const entry = this.#allows.get(key) ?? this.#denies.get(key)
    if (entry === undefined || entry.servesUntilMs <= this.#options.clock.monotonicMs()) return undefined
    return this.#isOver(entry.answer) ? undefined : entry.answer
  }

  /** What is cached, or what `ask` answers. All who wait for one key share one call, which outlives any of them. */
  async check(key: string, { ask, payer, ownerOf, signal }: Question<A>): Promise<A> {
    signal?.throwIfAborted()
    const known = this.cached(key)
    if (known !== undefined) return known
    let call = this.#asking.get(key)
    if (call === undefined) {
      const kept = this.#allows.get(key)
      const run = () => this.#ask(key, { ask, ownerOf })
      const running =
        kept === undefined ? this.#lanes.run(payer, run) : this.#renewals.run(ownerOf(kept.answer), run)
      call = running.finally(() => this.#asking.delete(key))
      this.#asking.set(key, call)
    }
    return signal === undefined ? call : unlessAborted(call, signal)
  }

  async #ask(key: string, { ask, ownerOf }: Pick<Question<A>, 'ask' | 'ownerOf'>): Promise<A> {
    const { clock, allowMs, denyMs, graceMs } = this.#options
    // The answer is as old as the question: a grant removed while it travelled is not trusted for longer.
    const askedMs = clock.monotonicMs()
    try {
      const answer = await ask()
      const entry = { answer, askedMs, servesUntilMs: askedMs + (answer.allowed ? allowMs : denyMs) }
      this.#allows.delete(key)
      this.#denies.delete(key)
      if (answer.allowed) this.#allows.set(key, entry, ownerOf(answer))
      else this.#denies.set(key, entry)
      return answer
    } catch (error) {
      const kept = this.#allows.get(key)
      const graceEndMs = kept === undefined ? 0 : kept.askedMs + allowMs + graceMs
      const nowMs = clock.monotonicMs()
      const mayServe = kept !== undefined && nowMs < graceEndMs && !this.#isOver(kept.answer)
      if (!mayServe || !isUnanswered(error)) throw asUnavailable(error)
      kept.servesUntilMs = Math.min(nowMs + retryMs, graceEndMs)
      return kept.answer
    }
  }

  #isOver({ allowed, notAfterMs }: A): boolean {
    return allowed && notAfterMs !== undefined && this.#options.clock.now() >= notAfterMs
  }
}

/** Our own missing permission must not read as the caller's. */
function asUnavailable(error: unknown): unknown {
  if (!(error instanceof KubeApiError) || isUnanswered(error) || error.code === 'LIMIT') return error
  const { status, message } = error
  return new KubeApiError({ code: 'UNAVAILABLE', reason: 'ReviewRefused', message }, { status, cause: error })
}

async function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([shared, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

export function tooManyReviews(): KubeApiError {
  return new KubeApiError(
    {
      code: 'LIMIT',
      reason: 'TooManyReviews',
      message:
        'Cannot ask the API server about another caller now: too many questions from here wait for answers',
    },
    { status: 0, retryAfterMs: 1000 },
  )
}
