// What becomes known of a request on its way, and the audit line and the numbers that come of it at the end.
// Spec: proxy.md, "Record".
import { randomUUID } from 'node:crypto'
import type { ObjectKey } from '../connector/object.ts'
import { findHeader } from '../http/message/headers.ts'
import type { IncomingRequest } from '../http/message/request.ts'
import type { Clock } from '../runtime/clock.ts'
import { requestIdHeader } from '../tool/outgoing.ts'
import { type AuditedEnd, auditLine } from './audit.ts'
import type { Payer } from './caller.ts'
import type { UseRecord } from './proxy-metrics.ts'

export type RequestRecord = {
  readonly request: IncomingRequest
  readonly peer: string
  readonly requestId: string
  readonly startedMs: number
  decidedMs: number
  hasWaited: boolean
  caller: Payer | undefined
  /** When it was found that its token has expired since; monotonic. */
  expiredMs: number | undefined
  connector: ObjectKey | undefined
  refusal: string | undefined
  /** Whether its Connector was used: anybody may ask for any name. */
  isUse: boolean
}

export type RecorderOptions = {
  /** `stranger`: the address of whoever has not shown who they are. */
  readonly audit: (line: string, stranger?: string) => void
  readonly record: (use: UseRecord) => void
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
}

export class RequestRecorder {
  readonly #options: RecorderOptions

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  begin(request: IncomingRequest, peer: string): RequestRecord {
    const startedMs = this.#options.clock.monotonicMs()
    return {
      request,
      peer,
      requestId: requestIdOf(request),
      startedMs,
      decidedMs: startedMs,
      hasWaited: false,
      caller: undefined,
      expiredMs: undefined,
      connector: undefined,
      refusal: undefined,
      isUse: false,
    }
  }

  decided(record: RequestRecord): void {
    record.decidedMs = this.#options.clock.monotonicMs()
  }

  /** A tunnel may last for hours: its line does not wait for the end. */
  tunnelOpened(record: RequestRecord): void {
    const durationMs = this.#options.clock.monotonicMs() - record.startedMs
    const begun = { status: 101, failure: undefined, bytesIn: 0, bytesOut: 0, durationMs }
    this.#audit(record, { ...begun, outcome: 'tunnel-opened' })
  }

  end(record: RequestRecord, end: AuditedEnd): void {
    this.#audit(record, end)
    const { connector, decidedMs, startedMs, hasWaited, isUse } = record
    this.#options.record({
      connector: isUse && connector !== undefined ? `${connector.namespace}/${connector.name}` : '',
      status: end.status,
      decisionMs: decidedMs - startedMs,
      isFromCache: !hasWaited,
    })
  }

  #audit({ request, peer, requestId, caller, connector, refusal }: RequestRecord, end: AuditedEnd): void {
    const { audit, clock } = this.#options
    const query = request.path.indexOf('?')
    const path = query < 0 ? request.path : request.path.slice(0, query)
    const { method, authority } = request
    const entry = { requestId, peer, method, host: authority.hostname, path, caller, connector, refusal }
    audit(auditLine(entry, end, clock.now()), caller === undefined ? peer : undefined)
  }
}

/** A caller's own id is kept if it is short and plain; anything else could be anything. */
function requestIdOf(request: IncomingRequest): string {
  const given = findHeader(request.headers, requestIdHeader) ?? ''
  return /^[\w.:/@+=-]{1,128}$/.test(given) ? given : randomUUID()
}
