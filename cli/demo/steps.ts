// One line a step, with its time; a step that fails says so before its error goes on.

export class Steps {
  readonly #write: (line: string) => void
  readonly #signal: AbortSignal
  #count = 0

  constructor({ write, signal }: { readonly write: (line: string) => void; readonly signal: AbortSignal }) {
    this.#write = write
    this.#signal = signal
  }

  /** `step` gives its result and what to show of it. */
  async run<T>(title: string, step: () => Promise<readonly [T, string]>): Promise<T> {
    this.#signal.throwIfAborted()
    this.#count += 1
    const startedMs = performance.now()
    const head = `${String(this.#count).padStart(2)}. ${title}`
    try {
      const [result, shown] = await step()
      this.#write(`${head} (${Math.round(performance.now() - startedMs)} ms): ${shown}\n`)
      return result
    } catch (error) {
      this.#write(`${head}: failed\n`)
      throw error
    }
  }
}
