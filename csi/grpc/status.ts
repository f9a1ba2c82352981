// Failures as gRPC says them, and back. Spec: csi.md, "gRPC errors".
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import { ConnectorsError, type ErrorCode } from '../../connector/errors.ts'

const statusOf = {
  INVALID: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  FORBIDDEN: status.PERMISSION_DENIED,
  CONFLICT: status.ABORTED,
  PRECONDITION: status.FAILED_PRECONDITION,
  UNSUPPORTED: status.UNIMPLEMENTED,
  LIMIT: status.RESOURCE_EXHAUSTED,
  TIMEOUT: status.DEADLINE_EXCEEDED,
  UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
} satisfies Record<ErrorCode, status>

const codeOf = new Map<number, ErrorCode>(
  Object.entries(statusOf).map(([code, grpc]) => [grpc, code as ErrorCode]),
)

const reasonKey = 'connectors-reason'

export function grpcStatus(error: ConnectorsError): Partial<StatusObject> {
  const metadata = new Metadata()
  metadata.set(reasonKey, error.reason)
  return { code: statusOf[error.code], details: error.message, metadata }
}

export function errorFromGrpc(error: ServiceError): ConnectorsError {
  const code = codeOf.get(error.code) ?? 'INTERNAL'
  const reason = error.metadata?.get(reasonKey)[0]
  return new ConnectorsError(code, typeof reason === 'string' ? reason : 'CsiCallFailed', error.details)
}

/** Any failure as one that may be shown: of what nobody foresaw, the system's error code and no more. */
export function presentable(error: unknown, action: string): ConnectorsError {
  if (error instanceof ConnectorsError) return error
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const why = typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : 'an unexpected failure'
  return new ConnectorsError('INTERNAL', 'Unexpected', `Cannot ${action}: ${why}`, { cause: error })
}
