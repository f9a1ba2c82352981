// One request that was sent on one upstream connection, and the response to it on its way to the client.

import type { Answer, Origin, Relay, ResponseVerdict } from './decision.ts'
import type { ExchangeClient } from './exchange-client.ts'
import { type Failure, failureOfHead, internalFailure, malformedAnswer, upstreamFailure } from './failure.ts'
import { INCOMPLETE, MALFORMED } from './head-parser.ts'
import { writeLastChunk, writeResponseHead } from './head-writer.ts'
import type { HeaderList } from './headers.ts'
import { KeptBytes } from './kept-bytes.ts'
import { isPromise } from './promise.ts'
import type { RequestHead } from './request-head.ts'
import { type ReadResponse, readResponseHead } from './response-head.ts'
import type { ServerContext } from './server-context.ts'
import type { Transport } from './transport.ts'
import type { UpstreamConnection, UpstreamUser } from './upstream-pool.ts'

/** The exchange that a call belongs to. */
export interface CallOwner<O extends Origin> {
  readonly head: RequestHead
  readonly isOver: boolean
  fail(failure: Failure): void
  /** The connection is gone; `isUntouched`: before any byte of an answer. */
  lost(isUntouched: boolean, error: Error | undefined): void
  /** The verdict on the response is something else in its place. */
  redirected(instead: Answer | Relay<O>): void
  completed(closesClient: boolean): void
  tunnelClosed(): void
  /** Runs a step after a wait, unless the exchange has ended. */
  later(step: () => void): void
}

const AWAIT_HEAD = 0
const AWAIT_VERDICT = 1
const STREAM = 2
const GATHER = 3
const TUNNEL = 4
const OVER = 5

export class UpstreamCall<O extends Origin> implements UpstreamUser {
  /** Of the response head that the client got; 0 before. */
  status = 0
  upstreamMs = 0
  readonly upstream: UpstreamConnection

  readonly #relay: Relay<O>
  readonly #owner: CallOwner<O>
  readonly #client: ExchangeClient
  readonly #context: ServerContext<O>
  readonly #sentAt: number
  #stage = AWAIT_HEAD
  #response: ReadResponse | undefined
  #informational = 0
  #closesClient = false
  /** Chunks that a client of HTTP/1.0 gets without their framing. */
  #decodes = false
  readonly #kept = new KeptBytes()
  #gatherLimit = 0
  #rewriteBody: ((body: Buffer) => Answer | Promise<Answer>) | undefined

  constructor(
    upstream: UpstreamConnection,
    relay: Relay<O>,
    { owner, client, context }: { owner: CallOwner<O>; client: ExchangeClient; context: ServerContext<O> },
  ) {
    this.upstream = upstream
    this.#relay = relay
    this.#owner = owner
    this.#client = client
    this.#context = context
    this.#sentAt = context.clock.monotonicMs()
    upstream.user = this
  }

  get bytesOut(): number {
    return this.status === 0 ? 0 : this.upstream.body.bytes
  }

  get isTunnel(): boolean {
    return this.#stage === TUNNEL
  }

  /** Gives the call up; whatever still comes is not heard. */
  drop(): void {
    this.#stage = OVER
    this.#kept.clear()
    this.upstream.destroy()
  }

  upstreamDrained(): void {
    this.#client.isAlive()
    this.#client.readWhile(true)
  }

  upstreamEnded(): void {
    switch (this.#stage) {
      case AWAIT_HEAD:
        this.#lost(undefined)
        break
      case TUNNEL:
        this.#client.transport.end()
        break
      case STREAM:
      case GATHER:
        if (this.#response?.bodyLength === 'until-close') this.#completed(false)
        else this.#lost(undefined)
        break
      default: // Until the verdict is there, nobody reads: it is looked at then.
    }
  }

  upstreamClosed(error: Error | undefined): void {
    if (this.#stage === TUNNEL) {
      this.#stage = OVER
      this.#owner.tunnelClosed()
    } else if (this.#stage === AWAIT_HEAD || this.#stage === STREAM || this.#stage === GATHER)
      this.#lost(error)
  }

  #lost(error: Error | undefined): void {
    const isUntouched =
      this.#stage === AWAIT_HEAD && this.#informational === 0 && !this.upstream.parser.isPartial
    this.#owner.lost(isUntouched, error)
  }

  upstreamReceived(bytes: Buffer, start: number, end: number): void {
    this.#client.isAlive()
    this.#process(bytes, start, end, this.upstream.transport)
    this.#client.transport.flush()
  }

  #process(bytes: Buffer, start: number, end: number, reader: Transport | undefined): void {
    let at = start
    while (at < end && at >= 0) at = this.#step(bytes, at, end, reader)
  }

  /** Index after what was used; a negative one ends the loop. */
  #step(bytes: Buffer, start: number, end: number, reader: Transport | undefined): number {
    switch (this.#stage) {
      case AWAIT_HEAD:
        return this.#readHead(bytes, start, end)
      case AWAIT_VERDICT:
        this.#kept.add(bytes, start, end)
        this.upstream.transport.pause()
        return end
      case STREAM:
        return this.#streamBody(bytes, start, end, reader)
      case GATHER:
        return this.#gatherBody(bytes, start, end)
      case TUNNEL:
        this.upstream.body.bytes += end - start
        this.#client.transport.send(bytes, start, end, reader)
        if (this.#client.transport.isBlocked) this.upstream.transport.pause()
        return end
      default:
        return end
    }
  }

  // --- the head

  #readHead(bytes: Buffer, start: number, end: number): number {
    const { parser, body } = this.upstream
    const stop = parser.feed(bytes, start, end)
    if (stop === INCOMPLETE) return INCOMPLETE
    if (stop === MALFORMED) return this.#fail(malformedAnswer(parser.refusal))
    const response = readResponseHead(parser, this.#owner.head.method)
    if ('reason' in response) return this.#fail(malformedAnswer(response))
    if (response.status < 200 && response.status !== 101) return this.#informationalHead(response, stop)

    this.upstreamMs = this.#context.clock.monotonicMs() - this.#sentAt
    body.begin(response.bodyLength)
    // More than the response: the next one on this connection would not be the one to the next request.
    const hasExtra = body.isDone && stop < end && response.status !== 101
    this.#response = hasExtra ? { ...response, keepsAlive: false } : response
    this.#askVerdict(response)
    return this.#stage === OVER || hasExtra ? MALFORMED : stop
  }

  #informationalHead(response: ReadResponse, stop: number): number {
    this.#informational++
    if (this.#informational > this.#context.limits.informationalResponses) {
      return this.#fail(
        upstreamFailure('UpstreamMalformed', 'the tool sends informational answers without end'),
      )
    }
    const { head } = this.#owner
    if (head.minorVersion === 0) return stop
    if (response.status === 100) {
      if (head.expectsContinue) this.#client.transport.sendText('HTTP/1.1 100 Continue\r\n\r\n')
      return stop
    }
    try {
      const headers = this.#informationalHeaders(response)
      if (headers === undefined) return stop
      const { status, reasonPhrase } = response
      const hint = { status, reasonPhrase, headers, bodyLength: undefined, closes: false }
      writeResponseHead(this.#client.transport, hint)
      return stop
    } catch (error) {
      return this.#fail(failureOfHead(error))
    }
  }

  /** A hint is passed on at once or not at all. */
  #informationalHeaders(response: ReadResponse): HeaderList | undefined {
    const verdict = this.#relay.rewriteResponse?.(response)
    if (verdict === undefined) return response.headers
    if (isPromise(verdict)) {
      verdict.catch(() => {})
      return undefined
    }
    return verdict.kind === 'pass' ? verdict.headers : undefined
  }

  #askVerdict(response: ReadResponse): void {
    const rewrite = this.#relay.rewriteResponse
    if (rewrite === undefined) {
      this.#pass(response, response.headers)
      return
    }
    this.#stage = AWAIT_VERDICT
    let verdict: ResponseVerdict<O> | Promise<ResponseVerdict<O>>
    try {
      verdict = rewrite(response)
    } catch (error) {
      this.#fail(internalFailure(error))
      return
    }
    if (!isPromise(verdict)) {
      this.#apply(verdict)
      return
    }
    verdict.then(
      given => this.#owner.later(() => this.#applyLate(given)),
      error => this.#owner.later(() => this.#fail(internalFailure(error))),
    )
  }

  #applyLate(verdict: ResponseVerdict<O>): void {
    this.#apply(verdict)
    if (this.#stage === OVER) return
    const { transport } = this.upstream
    const kept = this.#kept.take()
    transport.resume()
    this.#process(kept, 0, kept.length, undefined)
    this.#client.transport.flush()
    if (transport.hasEnded) this.upstreamEnded()
    else if (transport.isClosed) this.upstreamClosed(undefined)
  }

  #apply(verdict: ResponseVerdict<O>): void {
    switch (verdict.kind) {
      case 'pass':
        this.#pass(this.#response as ReadResponse, verdict.headers)
        break
      case 'collect':
        this.#rewriteBody = verdict.rewrite
        this.#gatherLimit = verdict.limitBytes
        this.#stage = GATHER
        if (this.upstream.body.isDone) this.#completed(true)
        break
      default:
        this.drop()
        this.#owner.redirected(verdict)
    }
  }

  #pass(response: ReadResponse, headers: HeaderList): void {
    const { head } = this.#owner
    const isUpgrade = response.status === 101
    if (isUpgrade && (!this.#relay.upgrade || head.upgrade === undefined)) {
      this.#fail(upstreamFailure('UpstreamMalformed', 'the tool switched protocols unasked'))
      return
    }
    const isChunked = response.bodyLength === 'chunked'
    this.#decodes = isChunked && head.minorVersion === 0
    const endsByClose = this.#decodes || response.bodyLength === 'until-close'
    this.#closesClient = endsByClose || !this.#client.isReusable || !this.#client.body.isDone
    try {
      writeResponseHead(this.#client.transport, {
        status: response.status,
        reasonPhrase: response.reasonPhrase,
        headers,
        bodyLength: endsByClose ? undefined : isChunked ? 'chunked' : response.announcedLength,
        closes: this.#closesClient && !isUpgrade,
        upgrade: isUpgrade ? (response.upgrade ?? head.upgrade) : undefined,
      })
    } catch (error) {
      this.#fail(failureOfHead(error))
      return
    }
    this.status = response.status
    this.#stage = isUpgrade ? TUNNEL : STREAM
    if (isUpgrade) {
      this.#client.transport.flush()
      this.#client.routeBody('tunnel')
      this.#client.proceed()
    } else if (this.upstream.body.isDone) this.#completed(true)
  }

  // --- the body

  #streamBody(bytes: Buffer, start: number, end: number, reader: Transport | undefined): number {
    const { body, transport } = this.upstream
    const client = this.#client.transport
    if (this.#decodes) return this.#decodeBody(bytes, start, end)
    const stop = body.scan(bytes, start, end)
    if (stop === MALFORMED) return this.#fail(malformedAnswer(body.refusal as Failure))
    body.passTo(client, bytes, reader)
    if (body.isDone) {
      if (body.isChunked && !this.#passTrailers(body.trailers)) return MALFORMED
      this.#completed(stop === end)
      return MALFORMED
    }
    if (client.isBlocked) transport.pause()
    return stop
  }

  #decodeBody(bytes: Buffer, start: number, end: number): number {
    const { body, transport } = this.upstream
    const client = this.#client.transport
    const stop = body.scan(bytes, start, end, (from, to) => {
      client.send(Buffer.from(bytes.subarray(from, to)), 0, to - from, undefined)
    })
    if (stop === MALFORMED) return this.#fail(malformedAnswer(body.refusal as Failure))
    if (body.isDone) {
      this.#completed(stop === end)
      return MALFORMED
    }
    if (client.isBlocked) transport.pause()
    return stop
  }

  #passTrailers(trailers: HeaderList): boolean {
    try {
      const rewrite = trailers.length === 0 ? undefined : this.#relay.rewriteTrailers
      writeLastChunk(this.#client.transport, rewrite === undefined ? trailers : rewrite(trailers))
      return true
    } catch (error) {
      this.#fail(failureOfHead(error))
      return false
    }
  }

  #gatherBody(bytes: Buffer, start: number, end: number): number {
    const { body } = this.upstream
    const stop = body.scan(bytes, start, end, (from, to) => this.#kept.add(bytes, from, to))
    if (stop === MALFORMED) return this.#fail(malformedAnswer(body.refusal as Failure))
    if (this.#kept.length > this.#gatherLimit) {
      return this.#fail(
        upstreamFailure('UpstreamBodyTooLarge', 'the answer of the tool is too large to be rewritten'),
      )
    }
    if (body.isDone) this.#completed(stop === end)
    return body.isDone ? MALFORMED : stop
  }

  // --- the end

  /** The response has ended; `isClean` unless more came with it than belongs to it. */
  #completed(isClean: boolean): void {
    const response = this.#response as ReadResponse
    const isGathered = this.#stage === GATHER
    this.#stage = OVER
    // A tool that has not taken the whole request would read the rest of it as the next one.
    const isReusable = isClean && response.keepsAlive && this.#client.body.isDone
    if (isReusable) this.#context.upstreams.give(this.upstream, response.idleHintMs)
    else this.upstream.destroy()
    if (isGathered) this.#rewriteGathered()
    else this.#owner.completed(this.#closesClient)
  }

  #rewriteGathered(): void {
    const rewrite = this.#rewriteBody as (body: Buffer) => Answer | Promise<Answer>
    let answer: Answer | Promise<Answer>
    try {
      answer = rewrite(this.#kept.take())
    } catch (error) {
      this.#fail(internalFailure(error))
      return
    }
    if (!isPromise(answer)) {
      this.#owner.redirected(answer)
      return
    }
    answer.then(
      given => this.#owner.later(() => this.#owner.redirected(given)),
      error => this.#owner.later(() => this.#fail(internalFailure(error))),
    )
  }

  #fail(failure: Failure): number {
    this.#owner.fail(failure)
    return MALFORMED
  }
}
