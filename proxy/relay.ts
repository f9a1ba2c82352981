// relay: an admitted request on its way to the tool, what becomes of the answer, and whether it may still go on while
// it runs. Spec: proxy.md, "Doors", "Injection" and "What comes back"; clients.md F21.
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { isLfsRequest } from '../connector/protocol/lfs.ts'
import { routeTo } from '../connector/target.ts'
import type { ByteSequences } from '../http/message/byte-sequences.ts'
import type { Failure } from '../http/message/failure.ts'
import { findHeader, type HeaderList } from '../http/message/headers.ts'
import type {
  Answer,
  BodyMemory,
  ExchangeRecord,
  Origin,
  Relay,
  ResponseVerdict,
} from '../http/message/ports.ts'
import type { ToolResponse } from '../http/message/response.ts'
import { KubeApiError } from '../kube/client/api-error.ts'
import { type ReturnPath, rewriteResponseHeaders } from '../tool/answer/headers.ts'
import { type AnswerOptions, judgeAnswer } from '../tool/answer/verdict.ts'
import type { Injection } from '../tool/inject/injection.ts'
import { outgoingHeaders, outgoingTrailers } from '../tool/outgoing.ts'
import type { UsableConnector } from '../tool/usable-connector.ts'
import type { Identity, Presented } from './authenticate.ts'
import type { Payer } from './caller.ts'
import type { CallerSlots, Slot } from './caller-slots.ts'
import { CallerTokenSpellings } from './caller-token.ts'
import type { CollectedBodies } from './collected-bodies.ts'
import type { Identified } from './identify.ts'
import { asksAsGit, refusalAnswer, refusalOf } from './refuse.ts'
import type { Rejections } from './rejections.ts'
import type { RequestRecord, RequestRecorder } from './request-record.ts'
import type { ToolOrigins } from './tool-origins.ts'

/** A request of somebody who may use the Connector that it names. */
export type Use = {
  readonly record: RequestRecord
  readonly identified: Identified
  readonly presented: Presented
  readonly identity: Identity
  readonly payer: Payer
  readonly key: ObjectKey
  readonly connector: UsableConnector
  readonly injection: Injection
}

export type RelayOptions = {
  readonly slots: CallerSlots
  readonly bodies: CollectedBodies
  readonly rejections: Rejections
  readonly origins: ToolOrigins
  readonly recorder: RequestRecorder
  /** Throws what a new request like this one would be refused for. */
  readonly check: (use: Use) => Promise<void>
}

export class ToolRelay implements Relay, AnswerOptions {
  readonly kind = 'relay'
  readonly origin: Origin
  readonly target: string
  readonly host: string
  readonly headers: HeaderList
  readonly returnPath: ReturnPath
  readonly method: string
  readonly isLfs: boolean
  readonly sequences: ByteSequences | undefined
  readonly #use: Use
  readonly #options: RelayOptions
  readonly #callerToken: CallerTokenSpellings
  readonly #slot: Slot

  /** Throws INVALID for a path that cannot go on, LIMIT when the caller has too much under way. */
  constructor(use: Use, options: RelayOptions) {
    const { record, identified, payer, connector, injection } = use
    const { address, prefix } = connector
    const { request, requestId } = record
    const { target, upstream } = routeTo(address, identified.rest.path, identified.rest.query)
    const callerToken = new CallerTokenSpellings(use.presented.token.reveal())
    if (callerToken.areIn(target)) throw tokenInTarget()
    const isLfs = isLfsRequest(prefix + identified.path, findHeader(request.headers, 'accept'))
    this.origin = options.origins.of(connector, payer)
    this.target = target
    this.host = upstream.host
    this.headers = outgoingHeaders(request, {
      injected: injection.headers,
      requestId,
      callerToken,
      readsAnswer: isLfs,
    })
    this.returnPath = { address, target, base: identified.base, traces: injection.traces }
    this.method = request.method
    this.isLfs = isLfs
    this.sequences = isLfs ? injection.lfsSequences : injection.sequences
    this.#use = use
    this.#options = options
    this.#callerToken = callerToken
    options.rejections.check(connector, payer)
    this.#slot = options.slots.take(payer, request.upgrade === undefined ? 'request' : 'tunnel')
    record.isUse = true
    options.recorder.decided(record)
  }

  rewriteRequestTrailers(trailers: HeaderList): HeaderList {
    return outgoingTrailers(trailers, this.#callerToken)
  }

  rewriteResponse(response: ToolResponse): ResponseVerdict {
    const { connector, payer, injection } = this.#use
    const isOfCredential = response.status >= 200 && injection.headers.length > 0
    if (isOfCredential) this.#options.rejections.answered(connector, payer, response.status)
    return judgeAnswer(response, this)
  }

  rewriteTrailers(trailers: HeaderList): HeaderList {
    return rewriteResponseHeaders(trailers, this.returnPath)
  }

  openMemory(): BodyMemory | undefined {
    return this.#options.bodies.open(this.#use.payer)
  }

  withhold(error: unknown): Answer {
    const { record } = this.#use
    const isFull = error instanceof ConnectorsError && error.code === 'LIMIT'
    const refusal = { ...refusalOf(error), status: isFull ? 503 : 502 }
    record.refusal = refusal.reason
    return refusalAnswer(refusal, asksAsGit(record.request))
  }

  /** That too many ask at the moment is no reason to end. */
  async recheck(): Promise<Failure | undefined> {
    try {
      await this.#options.check(this.#use)
      return undefined
    } catch (error) {
      if (error instanceof KubeApiError && error.code === 'LIMIT') return undefined
      return { ...refusalOf(error), cause: error }
    }
  }

  onUpgrade(): void {
    this.#options.recorder.tunnelOpened(this.#use.record)
  }

  onClientLeft(): void {
    this.#slot.leave()
  }

  onEnd(end: ExchangeRecord): void {
    this.#slot.release()
    this.#options.recorder.end(this.#use.record, end)
  }
}

function tokenInTarget(): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'TokenMisplaced',
    "Cannot forward this request: the caller's token is in its path or query, and would reach the tool",
  )
}
