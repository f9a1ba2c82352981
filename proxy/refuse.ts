// Refusals as the client sees them: an HTTP status and a Kubernetes `Status` in JSON.
import type { ErrorCode } from '../connector/errors.ts'
import { ConnectorsError } from '../connector/errors.ts'
import type { Answer } from './http1/decision.ts'

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

/** Everything the client may know of a failure; what is no ConnectorsError stays unnamed. */
export function refusalFrom(error: unknown): Omit<Answer, 'onEnd'> {
  if (!(error instanceof ConnectorsError)) {
    return statusAnswer(500, {
      reason: 'InternalError',
      message: 'Cannot serve this request: internal error',
    })
  }
  return statusAnswer(httpStatus[error.code], error)
}

export function statusAnswer(
  status: number,
  { reason, message }: { readonly reason: string; readonly message: string },
): Omit<Answer, 'onEnd'> {
  const headers = ['Content-Type', 'application/json']
  if (status === 401) headers.push('WWW-Authenticate', 'Basic realm="connectors"')
  if (status === 503 || status === 429) headers.push('Retry-After', '1')
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code: status,
  }
  return { kind: 'answer', status, headers, body: `${JSON.stringify(body)}\n` }
}
