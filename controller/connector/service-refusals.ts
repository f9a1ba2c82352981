// ServiceRefusals: Services that the API server did not take (a quota, a policy, a missing right), each until it is time
// to try again. A Connector that goes takes its entry along.
import { backoffMs } from '../../runtime/backoff.ts'
import type { Clock } from '../../runtime/clock.ts'

type Refusal = { readonly message: string; readonly count: number; readonly untilMs: number }

const minRetryMs = 1000

export class ServiceRefusals {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #maxRetryMs: number
  /** By Connector, `namespace/name`. */
  readonly #refusals = new Map<string, Refusal>()

  constructor({
    clock,
    maxRetryMs,
  }: {
    readonly clock: Pick<Clock, 'monotonicMs'>
    readonly maxRetryMs: number
  }) {
    this.#clock = clock
    this.#maxRetryMs = maxRetryMs
  }

  /** Why it was refused; undefined when it may be tried. */
  messageFor(key: string): string | undefined {
    return this.retryMs(key) === undefined ? undefined : this.#refusals.get(key)?.message
  }

  /** How long it is not to be tried; undefined when it may be. */
  retryMs(key: string): number | undefined {
    const left = (this.#refusals.get(key)?.untilMs ?? 0) - this.#clock.monotonicMs()
    return left > 0 ? left : undefined
  }

  add(key: string, message: string): void {
    const count = (this.#refusals.get(key)?.count ?? 0) + 1
    const waitMs = backoffMs(count, { minMs: minRetryMs, maxMs: this.#maxRetryMs })
    this.#refusals.set(key, { message, count, untilMs: this.#clock.monotonicMs() + waitMs })
  }

  forget(key: string): void {
    this.#refusals.delete(key)
  }
}
