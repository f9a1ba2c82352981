// Exit statuses: what a script can tell apart. 1 is kept for "the thing asked about is not so" and 2 for usage.
import type { ErrorCode } from '../connector/errors.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { tell } from './output.ts'

export const exitStatus = {
  INVALID: 2,
  NOT_FOUND: 3,
  UNAUTHENTICATED: 4,
  FORBIDDEN: 4,
  CONFLICT: 5,
  PRECONDITION: 5,
  UNAVAILABLE: 6,
  TIMEOUT: 6,
  UNSUPPORTED: 7,
  LIMIT: 8,
  INTERNAL: 70,
} satisfies Record<ErrorCode, number>

/** What the user reads and what the shell gets; a stack is for defects alone. */
export function reportFailure(error: unknown): number {
  if (error instanceof ConnectorsError) {
    tell(error.message)
    return exitStatus[error.code]
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  tell(`this is a defect of connectors, please report it\n${text}`)
  return exitStatus.INTERNAL
}
