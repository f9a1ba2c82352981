// A map of at most so many entries. A read costs no reordering: it marks its entry, and what was read since it
// was last looked at gets a second chance when room is needed. An owner of entries has a bound of its own, so that
// it cannot drive out those of others.

export interface BoundedMapOptions {
  /** Entries of one owner; entries without an owner have this bound together. All there are, where it is not given. */
  readonly perOwner?: number
}

type Slot<V> = { readonly value: V; readonly owner: string; used: boolean }

export class BoundedMap<V> {
  readonly #max: number
  readonly #perOwner: number
  readonly #slots = new Map<string, Slot<V>>()
  /** Keys by owner, the oldest first; kept only where owners have a bound. */
  readonly #owned = new Map<string, Set<string>>()

  constructor(max: number, { perOwner = max }: BoundedMapOptions = {}) {
    this.#max = max
    this.#perOwner = perOwner
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

  set(key: string, value: V, owner = ''): void {
    this.delete(key)
    if (this.#perOwner < this.#max) this.#own(key, owner)
    if (this.#slots.size >= this.#max) this.#evict()
    this.#slots.set(key, { value, owner, used: false })
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined) return false
    const keys = this.#owned.get(slot.owner)
    keys?.delete(key)
    if (keys?.size === 0) this.#owned.delete(slot.owner)
    return this.#slots.delete(key)
  }

  #own(key: string, owner: string): void {
    const keys = this.#owned.get(owner) ?? new Set()
    for (const oldest of keys) {
      if (keys.size < this.#perOwner) break
      this.delete(oldest)
    }
    this.#owned.set(owner, keys.add(key))
  }

  #evict(): void {
    for (const [key, slot] of this.#slots) {
      if (!slot.used) {
        this.delete(key)
        return
      }
      slot.used = false
      this.#slots.delete(key)
      this.#slots.set(key, slot)
    }
  }
}
