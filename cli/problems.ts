// Problems as a user reads them: one line each, and one exit status for all.
import type { ErrorCode } from '../connector/errors.ts'
import { exitStatus } from './exit-status.ts'
import { oneLine, tell } from './output.ts'

export type FoundProblem = { readonly field: string; readonly reason: string; readonly message: string }

const codes: Readonly<Record<string, ErrorCode>> = {
  InterfaceNotFound: 'NOT_FOUND',
  ConnectorNotFound: 'NOT_FOUND',
  ClassNotFound: 'NOT_FOUND',
  InterfaceUnsupported: 'UNSUPPORTED',
  Unsupported: 'UNSUPPORTED',
  ExpressionLimit: 'LIMIT',
}

/** Writes them to standard error. The status is that of the reason they share, else that of wrong input. */
export function reportProblems(problems: readonly FoundProblem[]): number {
  for (const { field, message } of problems) {
    tell(oneLine(field === '' ? message : `${field}: ${message}`))
  }
  const found = new Set(problems.map(({ reason }) => codes[reason] ?? 'INVALID'))
  const [code] = found
  return code === undefined ? 0 : exitStatus[found.size === 1 ? code : 'INVALID']
}

/** What could not be checked. */
export function reportWarnings(warnings: readonly FoundProblem[]): void {
  for (const { field, message } of warnings) {
    tell(oneLine(`warning: ${field}: ${message}`))
  }
}
