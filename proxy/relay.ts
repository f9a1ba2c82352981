// relay: an admitted request on its way to the tool, what becomes of the answer, and whether it may still go on while
// it runs. Spec: proxy.md, "Doors", "Injection" and "What comes back"; clients.md F21.
import { ConnectorsError } from '../connector/errors.ts'
import { isLfsRequest } from '../connector/protocol/lfs.ts'
import { routeTo } from '../connector/target.ts'
import { KubeApiError } from '../kube/api-error.ts'
import { judgeAnswer } from './answer.ts'
import type { Identity, Presented } from './authenticate.ts'
import type { Payer } from './caller.ts'
import type { CallerSlots } from './caller-slots.ts'
import { CallerTokenSpellings } from './caller-token.ts'
import type { CollectedBodies } from './collected-bodies.ts'
import type { IndexedConnector, ToolOrigin } from './connector-index.ts'
import type { Answer, Relay } from './http1/decision.ts'
import type { Failure } from './http1/failure.ts'
import { findHeader } from './http1/headers.ts'
import type { Identified } from './identify.ts'
import { outgoingHeaders, outgoingTrailers } from './outgoing.ts'
import { refusalAnswer, refusalOf } from './refuse.ts'
import type { Rejections } from './rejections.ts'
import type { RequestRecord, RequestRecorder } from './request-record.ts'
import { rewriteResponseHeaders } from './response.ts'

/** A request of somebody who may use the Connector that it names. */
export type Use = {
  readonly record: RequestRecord
  readonly identified: Identified
  readonly presented: Presented
  readonly identity: Identity
  readonly payer: Payer
  readonly connector: IndexedConnector
}

export type RelayOptions = {
  readonly slots: CallerSlots
  readonly bodies: CollectedBodies
  readonly rejections: Rejections
  readonly recorder: RequestRecorder
  readonly isGit: boolean
  /** Throws what a new request of the same caller would be refused for. */
  readonly check: (use: Use) => Promise<void>
}

/** Throws INVALID for a path that cannot go on, LIMIT when the caller has too much under way. */
export function relay(use: Use, options: RelayOptions): Relay<ToolOrigin> {
  const { record, identified, payer, connector } = use
  const { recorder, rejections } = options
  const { head } = record
  const { address, injected, originKey, traces, sequences } = connector
  const { target, upstream } = routeTo(address, identified.rest.path, identified.rest.query)
  const callerToken = new CallerTokenSpellings(use.presented.token.reveal())
  if (callerToken.areIn(target)) throw tokenInTarget()
  const isLfs = isLfsRequest(identified.path, findHeader(head.headers, 'accept'))
  const { requestId } = record
  const headers = outgoingHeaders(head, { injected, requestId, callerToken, readsAnswer: isLfs })
  const returnPath = { address, target, base: identified.base, traces }
  const answering = {
    returnPath,
    method: head.method,
    isLfs,
    sequences,
    openMemory: () => options.bodies.open(payer),
    withhold: (error: unknown) => withhold(record, error, options.isGit),
  }
  rejections.check(connector, payer)
  const slot = options.slots.take(payer, head.upgrade === undefined ? 'request' : 'tunnel')
  record.isUse = true
  recorder.decided(record)
  return {
    kind: 'relay',
    origin: {
      key: `${originKey} ${payer.caller}`,
      host: originKey,
      address,
      namespace: connector.connector.metadata.namespace,
    },
    target,
    host: upstream.host,
    headers,
    upgrade: true,
    rewriteRequestTrailers: trailers => outgoingTrailers(trailers, callerToken),
    rewriteResponse: response => {
      if (response.status >= 200) rejections.answered(connector, payer, response.status)
      return judgeAnswer(response, answering)
    },
    rewriteTrailers: trailers => rewriteResponseHeaders(trailers, returnPath),
    recheck: () => recheck(() => options.check(use)),
    onUpgrade: () => recorder.tunnelOpened(record),
    onClientLeft: () => slot.leave(),
    onEnd: end => {
      slot.release()
      recorder.end(record, end)
    },
  }
}

/** In place of what the tool answered. */
function withhold(record: RequestRecord, error: unknown, isGit: boolean): Answer {
  const isFull = error instanceof ConnectorsError && error.code === 'LIMIT'
  const refusal = { ...refusalOf(error), status: isFull ? 503 : 502 }
  record.refusal = refusal.reason
  return refusalAnswer(refusal, isGit)
}

/** Why what runs must end. That too many ask at the moment is no reason. */
async function recheck(check: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 'LIMIT') return undefined
    return { ...refusalOf(error), cause: error }
  }
}

function tokenInTarget(): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'TokenMisplaced',
    "Cannot forward this request: the caller's token is in its path or query, and would reach the tool",
  )
}
