// A map of at most so many entries. A read costs no reordering: it marks its entry, and what was read since it
// was last looked at gets a second chance when room is needed.

export class BoundedMap<V> {
  readonly #max: number
  readonly #slots = new Map<string, { value: V; used: boolean }>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#slots.size
  }

  get(key: string): V | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined) return undefined
    slot.used = true
    return slot.value
  }

  set(key: string, value: V): void {
    this.#slots.delete(key)
    if (this.#slots.size >= this.#max) this.#evict()
    this.#slots.set(key, { value, used: false })
  }

  delete(key: string): boolean {
    return this.#slots.delete(key)
  }

  #evict(): void {
    for (const [key, slot] of this.#slots) {
      this.#slots.delete(key)
      if (!slot.used) return
      slot.used = false
      this.#slots.set(key, slot)
    }
  }
}
