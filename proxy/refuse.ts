// Refusals as the client sees them: an HTTP status, and a Kubernetes `Status` in JSON or, for Git, the text that it
// shows. Spec: proxy.md, "Authentication and authorization".
import type { ErrorCode } from '../connector/errors.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { canonicalPath } from '../connector/path.ts'
import { isGitRequest } from '../connector/protocol/git.ts'
import { requestTarget } from '../connector/target.ts'
import type { Failure } from '../http/message/failure.ts'
import type { Answer } from '../http/message/ports.ts'
import type { IncomingRequest } from '../http/message/request.ts'
import { KubeApiError } from '../kube/client/api-error.ts'
import { DialError } from '../tool/dial/dial-error.ts'

export const httpStatus = {
  INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PRECONDITION: 502,
  UNSUPPORTED: 501,
  LIMIT: 429,
  TIMEOUT: 504,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} satisfies Record<ErrorCode, number>

/** Statuses that only HTTP has. */
const statusOfReason: Readonly<Record<string, number>> = { LoopDetected: 508 }

export type Refusal = { readonly status: number; readonly reason: string; readonly message: string }

/** Everything the client may know of a failure; what is no ConnectorsError stays unnamed. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof KubeApiError && error.code !== 'LIMIT') {
    // What the API server said is for whoever runs the proxy.
    return {
      status: 503,
      reason: 'AuthorizationUnavailable',
      message: 'Cannot check who may do this: the API server cannot be asked',
    }
  }
  if (error instanceof ConnectorsError) {
    return {
      status: statusOfReason[error.reason] ?? httpStatus[error.code],
      reason: error.reason,
      message: error.message,
    }
  }
  return { status: 500, reason: 'InternalError', message: 'Cannot serve this request: internal error' }
}

/** Whoever sets a Connector's address must not learn by asking what is at an address of the cluster. */
const unreachable: ReadonlySet<string> = new Set([
  'UpstreamUnreachable',
  'UpstreamClosed',
  'UpstreamMalformed',
])

/** What the data path could not do, as the client reads it: all ways in which a tool is out of reach are one. */
export function refusalOfFailure({ status, reason, message }: Failure): Refusal {
  if (!unreachable.has(reason)) return { status, reason, message }
  return {
    status: 502,
    reason: 'ToolUnreachable',
    message: "Cannot reach the Connector's tool: the conditions of the Connector say why",
  }
}

/** The same for whoever runs the proxy. */
export function reasonOfFailure({ reason, cause }: Failure): string {
  return cause instanceof DialError ? cause.reason : reason
}

/** `isGit`: whether Git asked, which prints a refusal's body if it is plain text. */
export function refusalAnswer({ status, reason, message }: Refusal, isGit: boolean): Answer {
  const headers = ['Content-Type', isGit ? 'text/plain; charset=utf-8' : 'application/json']
  if (status === 401) headers.push('WWW-Authenticate', 'Basic realm="connectors"')
  if (status === 503 || status === 429) headers.push('Retry-After', '1')
  const fields = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code: status,
  }
  return { kind: 'answer', status, headers, body: `${isGit ? message : JSON.stringify(fields)}\n` }
}

/** Which form a refusal has; a path that has no one reading is none of Git's. */
export function asksAsGit(request: IncomingRequest): boolean {
  const { path, query } = requestTarget(request.path)
  try {
    return isGitRequest(canonicalPath(path), query)
  } catch {
    return false
  }
}
