// When each key is due: a heap and one timer, so that ten thousand waiting keys cost ten thousand small entries.
import type { Clock } from '../../runtime/clock.ts'

interface Entry {
  readonly key: string
  readonly atMs: number
}

export class Schedule {
  readonly #clock: Clock
  readonly #due: (key: string) => void
  readonly #heap: Entry[] = []
  /** The entry that counts for a key: moved or cancelled ones stay in the heap until they surface. */
  readonly #current = new Map<string, Entry>()
  #timer: { readonly atMs: number; readonly cancel: AbortController } | undefined

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock
    this.#due = due
  }

  atMs(key: string): number | undefined {
    return this.#current.get(key)?.atMs
  }

  set(key: string, atMs: number): void {
    const entry = { key, atMs }
    this.#current.set(key, entry)
    this.#push(entry)
    this.#arm()
  }

  cancel(key: string): void {
    this.#current.delete(key)
    if (this.#current.size === 0) this.clear()
  }

  clear(): void {
    this.#heap.length = 0
    this.#current.clear()
    this.#timer?.cancel.abort()
    this.#timer = undefined
  }

  #arm(): void {
    const atMs = this.#heap[0]?.atMs
    if (atMs === undefined || (this.#timer !== undefined && this.#timer.atMs <= atMs)) return
    this.#timer?.cancel.abort()
    const timer = { atMs, cancel: new AbortController() }
    this.#timer = timer
    const delayMs = Math.max(0, atMs - this.#clock.monotonicMs())
    this.#clock.sleep(delayMs, { signal: timer.cancel.signal }).then(
      () => this.#ring(timer),
      () => {},
    )
  }

  #ring(timer: object): void {
    if (this.#timer !== timer) return
    this.#timer = undefined
    const nowMs = this.#clock.monotonicMs()
    for (let entry = this.#heap[0]; entry !== undefined && entry.atMs <= nowMs; entry = this.#heap[0]) {
      this.#pop()
      if (this.#current.get(entry.key) !== entry) continue
      this.#current.delete(entry.key)
      this.#due(entry.key)
    }
    this.#arm()
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.atMs <= entry.atMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      const smaller = (heap[right]?.atMs ?? Infinity) < (heap[left]?.atMs ?? Infinity) ? right : left
      const below = heap[smaller]
      if (below === undefined || below.atMs >= last.atMs) break
      heap[at] = below
      at = smaller
    }
    heap[at] = last
  }
}
