// The objects that an informer holds, with their indexes: plain maps, no API.
import { type KubeObject, type ObjectRef, refKey } from '../object/objects.ts'

/** The values under which an object is found; none leaves it out. */
export type IndexKeys<T> = (object: T) => readonly string[]

interface Index<T> {
  readonly keysOf: IndexKeys<T>
  readonly entries: Map<string, Set<string>>
}

export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexes = new Map<string, Index<T>>()

  get size(): number {
    return this.#objects.size
  }

  get(ref: ObjectRef): T | undefined {
    return this.#objects.get(refKey(ref))
  }

  values(): IterableIterator<T> {
    return this.#objects.values()
  }

  addIndex(name: string, keysOf: IndexKeys<T>): void {
    const index: Index<T> = { keysOf, entries: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) addTo(index, key, keysOf(object))
  }

  find(name: string, value: string): T[] {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new TypeError(`no index "${name}"`)
    const found: T[] = []
    for (const key of index.entries.get(value) ?? []) {
      const object = this.#objects.get(key)
      if (object !== undefined) found.push(object)
    }
    return found
  }

  put(object: T): void {
    const key = refKey(object.metadata)
    const indexes = [...this.#indexes.values()]
    // All keys before the first change: where one cannot be had, the cache stays whole.
    const keys = indexes.map(index => index.keysOf(object))
    const previous = this.#objects.get(key)
    for (const [at, index] of indexes.entries()) {
      if (previous !== undefined) removeFrom(index, key, previous)
      addTo(index, key, keys[at] ?? [])
    }
    this.#objects.set(key, object)
  }

  remove(ref: ObjectRef): void {
    const key = refKey(ref)
    const previous = this.#objects.get(key)
    if (previous === undefined) return
    for (const index of this.#indexes.values()) removeFrom(index, key, previous)
    this.#objects.delete(key)
  }
}

function addTo<T>(index: Index<T>, key: string, values: readonly string[]): void {
  for (const value of values) {
    const keys = index.entries.get(value)
    if (keys === undefined) index.entries.set(value, new Set([key]))
    else keys.add(key)
  }
}

function removeFrom<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.keysOf(object)) {
    const keys = index.entries.get(value)
    if (keys?.delete(key) && keys.size === 0) index.entries.delete(value)
  }
}
