// Keys to work on: each at most once in line, never handled by two workers at a time, retried with backoff.
import { backoffMs } from '../../runtime/backoff.ts'
import type { Clock } from '../../runtime/clock.ts'
import { Schedule } from './schedule.ts'

export interface QueueOptions {
  readonly clock: Clock
  readonly minBackoffMs?: number
  readonly maxBackoffMs?: number
}

/** What a handler asks for when it succeeded: to be called again later, or nothing. */
export type Handled = { readonly againMs: number } | undefined

export interface QueueRun {
  readonly handle: (key: string, options: { readonly signal: AbortSignal }) => Promise<Handled>
  readonly workers: number
  readonly signal: AbortSignal
  /** Told of each failed attempt; `retryMs` is when the key comes again. */
  readonly onError?: (failure: {
    readonly key: string
    readonly error: unknown
    readonly retryMs: number
  }) => void
}

export interface Queue {
  /** A key that waits for a later time comes now; one that is being handled comes again after. */
  add(key: string): void
  /** The earlier of two times for one key wins. */
  addAfter(key: string, delayMs: number): void
  /** Drops a key's waiting time and its count of failures. */
  forget(key: string): void
  /** Keys ready to be handled. */
  readonly depth: number
  /** Ends when `signal` is aborted and the running handlers have returned. */
  run(options: QueueRun): Promise<void>
}

export function createQueue({ clock, minBackoffMs = 500, maxBackoffMs = 300_000 }: QueueOptions): Queue {
  const ready = new Set<string>()
  const active = new Set<string>()
  const again = new Set<string>()
  const failures = new Map<string, number>()
  const later = new Schedule(clock, key => add(key))
  let wake: (() => void) | undefined

  function add(key: string): void {
    later.cancel(key)
    if (active.has(key)) {
      again.add(key)
      return
    }
    ready.add(key)
    wake?.()
  }

  function addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) {
      add(key)
      return
    }
    const atMs = clock.monotonicMs() + delayMs
    const plannedMs = later.atMs(key) ?? Infinity
    if (!ready.has(key) && !again.has(key) && atMs < plannedMs) later.set(key, atMs)
  }

  async function attempt(key: string, { handle, signal, onError }: QueueRun): Promise<void> {
    try {
      const handled = await handle(key, { signal })
      failures.delete(key)
      if (handled !== undefined) addAfter(key, handled.againMs)
    } catch (error) {
      if (signal.aborted) return
      const count = (failures.get(key) ?? 0) + 1
      failures.set(key, count)
      const wanted = (error as { readonly retryAfterMs?: unknown } | null)?.retryAfterMs
      const asked = typeof wanted === 'number' ? wanted : 0
      const retryMs = Math.max(asked, backoffMs(count, { minMs: minBackoffMs, maxMs: maxBackoffMs }))
      addAfter(key, retryMs)
      onError?.({ key, error, retryMs })
    }
  }

  async function run(options: QueueRun): Promise<void> {
    const { workers, signal } = options
    const running = new Set<Promise<void>>()
    const onAbort = () => wake?.()
    signal.addEventListener('abort', onAbort, { once: true })
    while (!signal.aborted) {
      const [key] = ready
      if (key === undefined || running.size >= workers) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
        wake = undefined
        continue
      }
      ready.delete(key)
      active.add(key)
      const task = attempt(key, options).finally(() => {
        active.delete(key)
        running.delete(task)
        if (again.delete(key)) add(key)
        wake?.()
      })
      running.add(task)
    }
    signal.removeEventListener('abort', onAbort)
    later.clear()
    await Promise.all(running)
  }

  return {
    add,
    addAfter,
    forget(key) {
      later.cancel(key)
      failures.delete(key)
    },
    get depth() {
      return ready.size
    },
    run,
  }
}
