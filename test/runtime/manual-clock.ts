// A clock that stands still until the test moves it.
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../runtime/clock.ts'

export interface ManualClock extends Clock {
  /** Moves time on, waking sleepers in order; the work they start runs before it resolves. */
  advance(ms: number): Promise<void>
  /** How many sleep. */
  readonly sleepers: number
}

export function createManualClock(startMs = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsedMs = 0
  const sleeping = new Set<{ readonly atMs: number; wake(): void }>()
  return {
    now: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep(ms, { signal }) {
      if (signal?.aborted) return Promise.reject(signal.reason)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const sleeper = { atMs: elapsedMs + ms, wake: resolve }
      sleeping.add(sleeper)
      const stop = () => {
        sleeping.delete(sleeper)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
      return promise.finally(() => signal?.removeEventListener('abort', stop))
    },
    async advance(ms) {
      const endMs = elapsedMs + ms
      for (;;) {
        await settle()
        const next = [...sleeping].filter(s => s.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined) break
        elapsedMs = Math.max(elapsedMs, next.atMs)
        sleeping.delete(next)
        next.wake()
      }
      elapsedMs = endMs
      await settle()
    },
    get sleepers() {
      return sleeping.size
    },
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn()
}
