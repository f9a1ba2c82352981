// What the data path could not do, as the client reads it. What it could not even read is recorded here.
import { randomUUID } from 'node:crypto'
import type { Failure } from '../http/message/failure.ts'
import type { Answer } from '../http/message/ports.ts'
import type { IncomingRequest } from '../http/message/request.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { auditLine } from './audit.ts'
import { asksAsGit, refusalAnswer, refusalOfFailure } from './refuse.ts'

export type UnservedOptions = {
  /** `stranger`: the address of one whom nobody knows. */
  readonly audit: (line: string, stranger: string) => void
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error'>
}

export type FormatFailure = (failure: Failure, request: IncomingRequest | undefined, peer: string) => Answer

export function createFormatFailure({ audit, clock, log }: UnservedOptions): FormatFailure {
  return (failure, request, peer) => {
    if (failure.status === 500) log.error('a request failed in the proxy', { error: failure.cause })
    if (request === undefined) audit(lineOfUnread(failure, { peer, nowMs: clock.now() }), peer)
    return refusalAnswer(refusalOfFailure(failure), request !== undefined && asksAsGit(request))
  }
}

function lineOfUnread(
  failure: Failure,
  { peer, nowMs }: { readonly peer: string; readonly nowMs: number },
): string {
  const unknown = {
    method: undefined,
    host: undefined,
    path: undefined,
    caller: undefined,
    connector: undefined,
  }
  const entry = { ...unknown, peer, requestId: randomUUID(), refusal: undefined }
  const sizes = { bytesIn: 0, bytesOut: 0, durationMs: 0 }
  return auditLine(entry, { status: failure.status, failure, outcome: 'answered', ...sizes }, nowMs)
}
