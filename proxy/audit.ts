// One JSON line a request: who used which Connector for what, and how it ended. Spec: proxy.md, "Record".
// Never a token, a credential, a query or a body.
import type { ObjectKey } from '../connector/object.ts'
import type { ExchangeRecord } from './http1/decision.ts'
import { refusalOfFailure } from './refuse.ts'

export type AuditEntry = {
  readonly requestId: string
  /** Absent, as are host and path, of a request that could not be read. */
  readonly method: string | undefined
  readonly host: string | undefined
  /** Without the query. */
  readonly path: string | undefined
  /** Absent while the caller is not known. */
  readonly caller: Caller | undefined
  /** Absent when the request names none. */
  readonly connector: ObjectKey | undefined
  /** Why it was refused, as a CamelCase reason. */
  readonly refusal: string | undefined
}

/** Who calls, as TokenReview says. */
export type Caller = {
  readonly username: string
  readonly uid?: string | undefined
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** Takes complete lines, each with its line feed. */
export type AuditSink = (line: string) => void

const podNameKey = 'authentication.kubernetes.io/pod-name'

export type AuditedEnd = Pick<
  ExchangeRecord,
  'status' | 'outcome' | 'failure' | 'bytesIn' | 'bytesOut' | 'durationMs'
>

export function auditLine(entry: AuditEntry, record: AuditedEnd, timeMs: number): string {
  const { caller, connector } = entry
  const failure = record.failure && refusalOfFailure(record.failure)
  return `${JSON.stringify({
    time: new Date(timeMs).toISOString(),
    audit: 'request',
    id: entry.requestId,
    door: 'reverse',
    caller: caller?.username,
    namespace: caller === undefined ? undefined : serviceAccountNamespace(caller.username),
    pod: caller?.extra[podNameKey]?.[0],
    connector: connector === undefined ? undefined : `${connector.namespace}/${connector.name}`,
    method: entry.method,
    host: entry.host,
    path: entry.path,
    refusal: entry.refusal ?? failure?.reason,
    status: record.status,
    outcome: record.outcome,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    durationMs: Math.round(record.durationMs * 10) / 10,
  })}\n`
}

function serviceAccountNamespace(username: string): string | undefined {
  const [system, kind, namespace] = username.split(':')
  return system === 'system' && kind === 'serviceaccount' ? namespace : undefined
}
