// The closed vocabulary of failures. Each edge (HTTP, gRPC, conditions, exit codes) projects `code` in a
// table of its own that the type checker keeps exhaustive.

export type ErrorCode =
  | 'INVALID'
  | 'NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CONFLICT'
  | 'PRECONDITION'
  | 'UNSUPPORTED'
  | 'LIMIT'
  | 'TIMEOUT'
  | 'UNAVAILABLE'
  | 'INTERNAL'

/**
 * A failure that its reader can act on.
 *
 * `message` is one line (a template error adds its excerpt), deterministic and free of secrets; `reason` is
 * the CamelCase word that lands in conditions and in a Kubernetes `Status`.
 */
export class ConnectorsError extends Error {
  readonly code: ErrorCode
  readonly reason: string

  constructor(code: ErrorCode, reason: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'ConnectorsError'
    this.code = code
    this.reason = reason
  }
}
