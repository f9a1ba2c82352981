// One operation at a time on one volume, in the order in which they came.

export class VolumeLocks {
  readonly #tails = new Map<string, Promise<void>>()

  async run<T>(key: string, operation: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const done = Promise.withResolvers<void>()
    this.#tails.set(key, done.promise)
    try {
      await before
      return await operation()
    } finally {
      if (this.#tails.get(key) === done.promise) this.#tails.delete(key)
      done.resolve()
    }
  }
}
