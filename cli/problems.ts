// Problems as a user reads them: one line each, and one exit status for all.
import type { ErrorCode } from '../connector/errors.ts'
import { exitStatus } from './exit-status.ts'

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
    process.stderr.write(`connectors: ${field === '' ? '' : `${field}: `}${oneLine(message)}\n`)
  }
  const found = new Set(problems.map(({ reason }) => codes[reason] ?? 'INVALID'))
  const [code] = found
  return code === undefined ? 0 : exitStatus[found.size === 1 ? code : 'INVALID']
}

/** What an expression throws is part of a message, and is anybody's text. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}

/** What could not be checked. */
export function reportWarnings(warnings: readonly FoundProblem[]): void {
  for (const { field, message } of warnings) {
    process.stderr.write(`connectors: warning: ${field}: ${oneLine(message)}\n`)
  }
}
