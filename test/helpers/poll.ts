// Waiting for a state instead of sleeping for a time: bounded, and it says what never happened.
import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  readonly timeoutMs?: number
  readonly intervalMs?: number
  readonly what?: string
  readonly signal?: AbortSignal
}

/**
 * Resolves with the first truthy value of `condition`. A condition that throws counts as "not yet";
 * its last error is the cause of the failure when time runs out.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const { timeoutMs = 10_000, intervalMs = 10, what = 'the condition', signal } = options
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  for (;;) {
    signal?.throwIfAborted()
    try {
      const value = await condition()
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>
      cause = undefined
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline) {
      const last = cause instanceof Error ? `: ${cause.message}` : ''
      throw new Error(`Cannot wait for ${what} any longer: not met after ${timeoutMs} ms${last}`, { cause })
    }
    await delay(intervalMs, undefined, signal ? { signal } : {})
  }
}
