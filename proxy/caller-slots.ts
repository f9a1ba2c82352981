// CallerSlots: how many requests one caller has under way. Bounded, so that one pod cannot take the proxy for itself.
import { ConnectorsError } from '../connector/errors.ts'

export class CallerSlots {
  readonly #max: number
  /** Callers with requests under way alone. */
  readonly #taken = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Gives back how to return the slot, which may be called once. */
  take(caller: string): () => void {
    const count = this.#taken.get(caller) ?? 0
    if (count >= this.#max) {
      throw new ConnectorsError(
        'LIMIT',
        'TooManyRequests',
        `Cannot serve another request of ${caller}: ${this.#max} are under way`,
      )
    }
    this.#taken.set(caller, count + 1)
    return () => {
      const left = (this.#taken.get(caller) ?? 1) - 1
      if (left === 0) this.#taken.delete(caller)
      else this.#taken.set(caller, left)
    }
  }
}
