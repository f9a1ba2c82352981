// Time as a dependency: what waits or expires takes a Clock, so that a test can move it.
import { setTimeout as delay } from 'node:timers/promises'

export interface Clock {
  /** Milliseconds since the epoch: for times that are shown or compared with other machines'. */
  now(): number
  /** Milliseconds that only go forward: for ages and deadlines. */
  monotonicMs(): number
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, options: { readonly signal?: AbortSignal | undefined }): Promise<void>
}

// Node's timers ring at once for what does not fit into 31 bits, 24.8 days.
const maxTimerMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, { signal }) {
    signal?.throwIfAborted()
    try {
      const options = signal === undefined ? {} : { signal }
      let leftMs = ms
      for (; leftMs > maxTimerMs; leftMs -= maxTimerMs) await delay(maxTimerMs, undefined, options)
      await delay(leftMs, undefined, options)
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}
