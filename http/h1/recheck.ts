// Whether what runs may go on: asked again now and then, one question at a time.
import { type Failure, internalFailure } from '../message/failure.ts'
import type { Relay } from '../message/ports.ts'
import type { ServerContext } from './server-context.ts'

export interface RecheckOptions {
  /** When it was allowed; monotonic ms. */
  readonly startedAt: number
  readonly onRefused: (failure: Failure) => void
}

export class Recheck {
  readonly #relay: Pick<Relay, 'recheck'>
  readonly #context: Pick<ServerContext, 'clock' | 'limits'>
  readonly #onRefused: (failure: Failure) => void
  #askedAt: number
  #isAsking = false

  constructor(
    relay: Pick<Relay, 'recheck'>,
    context: Pick<ServerContext, 'clock' | 'limits'>,
    { startedAt, onRefused }: RecheckOptions,
  ) {
    this.#relay = relay
    this.#context = context
    this.#onRefused = onRefused
    this.#askedAt = startedAt
  }

  /** Asks if it is time to. */
  ask(now: number): void {
    if (this.#isAsking || now - this.#askedAt < this.#context.limits.recheckIntervalMs) return
    const asking = this.#relay.recheck?.()
    if (asking === undefined) return
    this.#isAsking = true
    asking.catch(internalFailure).then(failure => {
      this.#isAsking = false
      this.#askedAt = this.#context.clock.monotonicMs()
      if (failure !== undefined) this.#onRefused(failure)
    })
  }
}
