// One JSON line a request: who used which Connector for what, and how it ended. Spec: proxy.md, "Record".
// Never a token, a credential, a query or a body.
import type { ObjectKey } from '../connector/object.ts'
import type { ExchangeRecord } from '../http/message/ports.ts'
import type { Payer } from './caller.ts'
import { reasonOfFailure } from './refuse.ts'

export type AuditEntry = {
  readonly requestId: string
  /** Address that the request came from, which stands for the caller while that is not known. */
  readonly peer: string | undefined
  /** Absent, as are host and path, of a request that could not be read. */
  readonly method: string | undefined
  readonly host: string | undefined
  /** Without the query. */
  readonly path: string | undefined
  /** Absent while the caller is not known. */
  readonly caller: Pick<Payer, 'account' | 'namespace' | 'pod'> | undefined
  /** Absent when the request names none. */
  readonly connector: ObjectKey | undefined
  /** Why it was refused, as a CamelCase reason. */
  readonly refusal: string | undefined
}

/** Takes complete lines, each with its line feed. */
export type AuditSink = (line: string) => void

export type AuditedEnd = Pick<
  ExchangeRecord,
  'status' | 'failure' | 'bytesIn' | 'bytesOut' | 'durationMs'
> & { readonly outcome: ExchangeRecord['outcome'] | 'tunnel-opened' }

/** A path may have 16 KiB, and a line a request should not. */
const maxPathLength = 2048

export function auditLine(entry: AuditEntry, record: AuditedEnd, timeMs: number): string {
  const { caller, connector, path } = entry
  return `${JSON.stringify({
    time: new Date(timeMs).toISOString(),
    audit: 'request',
    id: entry.requestId,
    door: 'reverse',
    peer: caller === undefined ? entry.peer : undefined,
    caller: caller?.account,
    namespace: caller?.namespace,
    pod: caller?.pod,
    connector: connector === undefined ? undefined : `${connector.namespace}/${connector.name}`,
    method: entry.method,
    host: entry.host,
    path: path !== undefined && path.length > maxPathLength ? `${path.slice(0, maxPathLength)}...` : path,
    refusal: entry.refusal ?? (record.failure && reasonOfFailure(record.failure)),
    status: record.status,
    outcome: record.outcome,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    durationMs: Math.round(record.durationMs * 10) / 10,
  })}\n`
}
