// The port through which time comes in; runtime/clock.ts is what a process gives.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds that only go forward. */
  monotonicMs(): number
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, options: { readonly signal?: AbortSignal | undefined }): Promise<void>
}
