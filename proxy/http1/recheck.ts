// Whether what runs may go on: asked again now and then, one question at a time.
import { type Failure, internalFailure } from './failure.ts'
import type { ServerContext } from './server-context.ts'

export class Recheck {
  readonly #ask: () => Promise<Failure | undefined>
  readonly #context: Pick<ServerContext<never>, 'clock' | 'limits'>
  readonly #onRefused: (failure: Failure) => void
  #askedAt: number
  #isAsking = false

  constructor(
    ask: () => Promise<Failure | undefined>,
    context: Pick<ServerContext<never>, 'clock' | 'limits'>,
    onRefused: (failure: Failure) => void,
  ) {
    this.#ask = ask
    this.#context = context
    this.#onRefused = onRefused
    this.#askedAt = context.clock.monotonicMs()
  }

  /** Asks if it is time to. */
  ask(now: number): void {
    if (this.#isAsking || now - this.#askedAt < this.#context.limits.recheckIntervalMs) return
    this.#isAsking = true
    this.#ask()
      .catch(internalFailure)
      .then(failure => {
        this.#isAsking = false
        this.#askedAt = this.#context.clock.monotonicMs()
        if (failure !== undefined) this.#onRefused(failure)
      })
  }
}
