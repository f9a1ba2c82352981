// A failure that comes again and again is told in full once, and then seldom, with how often it came.
import { ConnectorsError } from '../connector/errors.ts'
import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'

export interface ThrottleOptions {
  readonly write: Log['warn']
  readonly message: string
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Between two lines of one kind. */
  readonly quietMs: number
  /** By default what cannot be reached is one kind, whatever was asked of it; else each message is one. */
  readonly kindOf?: (error: unknown) => string
}

const maxKinds = 100

export function throttledLog(options: ThrottleOptions): (error: unknown, fields?: LogFields) => void {
  const { write, message, clock, quietMs, kindOf = failureKind } = options
  const kinds = new Map<string, { readonly quietUntilMs: number; untold: number }>()
  return (error, fields) => {
    const kind = kindOf(error)
    const known = kinds.get(kind)
    if (known !== undefined && clock.monotonicMs() < known.quietUntilMs) {
      known.untold++
      return
    }
    kinds.delete(kind)
    const [oldest] = kinds.keys()
    if (oldest !== undefined && kinds.size >= maxKinds) kinds.delete(oldest)
    kinds.set(kind, { quietUntilMs: clock.monotonicMs() + quietMs, untold: 0 })
    write(message, { ...fields, error, ...(known?.untold ? { untold: known.untold } : {}) })
  }
}

function failureKind(error: unknown): string {
  if (!(error instanceof ConnectorsError)) return String(error)
  return error.code === 'UNAVAILABLE' || error.code === 'TIMEOUT' ? 'UNAVAILABLE' : error.message
}
