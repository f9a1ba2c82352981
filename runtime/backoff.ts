// Exponential waiting with jitter: a fleet that lost its server does not come back as one.

export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
}

/** Between half and all of `minMs * 2^(failures - 1)`, at most `maxMs`. */
export function backoffMs(failures: number, { minMs, maxMs }: BackoffOptions): number {
  const full = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30))
  return full / 2 + (full / 2) * Math.random()
}
