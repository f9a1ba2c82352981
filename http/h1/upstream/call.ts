// One request that was sent on one upstream connection, and the response to it on its way to the client.
import {
  type Failure,
  failureOfHead,
  internalFailure,
  malformedAnswer,
  upstreamFailure,
} from '../../message/failure.ts'
import type { Answer, Relay, ResponseVerdict } from '../../message/ports.ts'
import type { ExchangeClient } from '../exchange-client.ts'
import { INCOMPLETE, MALFORMED } from '../parse/head-parser.ts'
import { type ReadResponse, readResponseHead } from '../parse/response-head.ts'
import type { ServerContext } from '../server-context.ts'
import { writeResponseHead } from '../write/head-writer.ts'
import { passHint } from '../write/informational.ts'
import type { CallListener } from './call-listener.ts'
import type { UpstreamConnection, UpstreamUser } from './connection.ts'
import { ResponseStream } from './response-stream.ts'
import { RewrittenResponse } from './rewritten-response.ts'

export interface CallParties {
  readonly owner: CallListener
  readonly client: ExchangeClient
  readonly context: ServerContext
}

/** Methods whose body some tools leave unread. */
const unexpectedBody = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

type PassVerdict = Extract<ResponseVerdict, { readonly kind: 'pass' }>

const AWAIT_HEAD = 0
const STREAM = 1
const TUNNEL = 2
const OVER = 3

export class UpstreamCall implements UpstreamUser {
  /** Of the response head that the client got; 0 before. */
  status = 0
  readonly upstream: UpstreamConnection

  readonly #relay: Relay
  readonly #owner: CallListener
  readonly #client: ExchangeClient
  readonly #context: ServerContext
  #stage = AWAIT_HEAD
  #response: ReadResponse | undefined
  #informational = 0
  #closesClient = false
  #body: ResponseStream | RewrittenResponse | undefined

  constructor(upstream: UpstreamConnection, relay: Relay, parties: CallParties) {
    const { owner, client, context } = parties
    this.upstream = upstream
    this.#relay = relay
    this.#owner = owner
    this.#client = client
    this.#context = context
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
    if (this.#body instanceof RewrittenResponse) this.#body.drop()
    this.upstream.destroy()
  }

  upstreamDrained(): void {
    this.#client.noteActivity()
    this.#client.setCanRead(true)
  }

  upstreamEnded(): void {
    const endsByClose = this.#stage === STREAM && this.#response?.bodyLength === 'until-close'
    if (this.#stage === TUNNEL) this.#client.transport.end()
    else if (endsByClose) this.#endedByClose()
    else if (this.#stage !== OVER) this.#lost(undefined)
  }

  #endedByClose(): void {
    if (this.#body instanceof ResponseStream) this.#body.releaseHeldBack()
    this.#completed(false)
  }

  upstreamClosed(error: Error | undefined): void {
    if (this.#stage === TUNNEL) {
      this.#stage = OVER
      this.#owner.completed(true, 'tunnel-closed')
    } else if (this.#stage === AWAIT_HEAD || this.#stage === STREAM) this.#lost(error)
  }

  #lost(error: Error | undefined): void {
    const isUntouched =
      this.#stage === AWAIT_HEAD && this.#informational === 0 && !this.upstream.parser.isPartial
    this.#owner.lost(isUntouched, error)
  }

  upstreamReceived(bytes: Buffer, start: number, end: number): void {
    this.#client.noteActivity()
    let at = start
    while (at < end && at >= 0) at = this.#step(bytes, at, end)
    this.#client.transport.flush()
  }

  /** Index after what was used; a negative one ends the loop. */
  #step(bytes: Buffer, start: number, end: number): number {
    switch (this.#stage) {
      case AWAIT_HEAD:
        return this.#readHead(bytes, start, end)
      case STREAM:
        return this.#streamBody(bytes, start, end)
      case TUNNEL:
        this.upstream.body.bytes += end - start
        this.#client.transport.send(bytes, start, end, this.upstream.transport)
        if (this.#client.transport.isBlocked) this.upstream.transport.pause()
        return end
      default:
        return end
    }
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    const { parser, body } = this.upstream
    const stop = parser.feed(bytes, start, end)
    if (stop === INCOMPLETE) return INCOMPLETE
    if (stop === MALFORMED) return this.#fail(malformedAnswer(parser.refusal))
    const response = readResponseHead(parser, this.#owner.head.method)
    if ('reason' in response) return this.#fail(malformedAnswer(response))
    if (response.status < 200 && response.status !== 101) {
      return this.#passHint(response) === MALFORMED ? MALFORMED : stop
    }

    body.begin(response.bodyLength)
    // More than the response: the next one on this connection would not be the one to the next request.
    const hasExtra = body.isDone && stop < end && response.status !== 101
    if (hasExtra) this.#context.upstreams.sentStray(this.upstream)
    this.#response = hasExtra ? { ...response, keepsAlive: false } : response
    this.#judge(response)
    return this.#stage === OVER || hasExtra ? MALFORMED : stop
  }

  #passHint(response: ReadResponse): number {
    this.#informational++
    if (this.#informational > this.#context.limits.informationalResponses) {
      return this.#fail(
        upstreamFailure('UpstreamMalformed', 'the tool sends informational answers without end'),
      )
    }
    try {
      passHint(this.#client.transport, { request: this.#owner.head, response, relay: this.#relay })
      return 0
    } catch (error) {
      return this.#fail(failureOfHead(error))
    }
  }

  #judge(response: ReadResponse): void {
    let verdict: ResponseVerdict = { kind: 'pass', headers: response.headers }
    try {
      verdict = this.#relay.rewriteResponse?.(response) ?? verdict
    } catch (error) {
      this.#fail(internalFailure(error))
      return
    }
    switch (verdict.kind) {
      case 'pass':
        this.#pass(response, verdict)
        break
      case 'collect':
        this.#stage = STREAM
        this.#body = new RewrittenResponse(this.upstream.body, verdict)
        verdict.memory.onRevoked = failure => this.#fail(failure)
        if (this.upstream.body.isDone) this.#completed(true)
        break
      case 'answer':
        this.drop()
        this.#owner.replaced(verdict)
    }
  }

  #pass(response: ReadResponse, { headers, forbidden }: PassVerdict): void {
    const { head } = this.#owner
    const isUpgrade = response.status === 101
    const isOffered =
      head.upgrade !== undefined && response.upgrade?.toLowerCase() === head.upgrade.toLowerCase()
    if (isUpgrade && !isOffered) {
      this.#fail(upstreamFailure('UpstreamMalformed', 'the tool switched protocols unasked'))
      return
    }
    const isChunked = response.bodyLength === 'chunked'
    const decodes = isChunked && head.minorVersion === 0
    const endsByClose = decodes || response.bodyLength === 'until-close'
    this.#closesClient = endsByClose || !this.#client.isReusable || !this.#client.body.isDone
    try {
      writeResponseHead(this.#client.transport, {
        status: response.status,
        reasonPhrase: response.reasonPhrase,
        headers,
        bodyLength: endsByClose ? undefined : isChunked ? 'chunked' : response.announcedLength,
        closes: this.#closesClient && !isUpgrade,
        upgrade: isUpgrade ? response.upgrade : undefined,
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
      this.#owner.upgraded()
      this.#client.resumeProcessing()
    } else if (this.upstream.body.isDone) this.#completed(true)
    else {
      const client = this.#client.transport
      const relay = this.#relay
      this.#body = new ResponseStream(this.upstream.body, { client, decodes, relay, forbidden })
    }
  }

  #streamBody(bytes: Buffer, start: number, end: number): number {
    const { body, transport } = this.upstream
    const passing = this.#body as ResponseStream | RewrittenResponse
    const stop = passing.pass(bytes, start, end, transport)
    if (passing.failure !== undefined) return this.#fail(passing.failure)
    if (body.isDone) {
      this.#completed(stop === end)
      return MALFORMED
    }
    if (this.#client.transport.isBlocked) transport.pause()
    return stop
  }

  /** The response has ended; `isClean` unless more came with it than belongs to it. */
  #completed(isClean: boolean): void {
    const response = this.#response as ReadResponse
    this.#stage = OVER
    if (!isClean) this.#context.upstreams.sentStray(this.upstream)
    if (isClean && this.#isReusable(response))
      this.#context.upstreams.release(this.upstream, response.idleHintMs)
    else this.upstream.destroy()
    const rewritten = this.#body
    if (rewritten instanceof RewrittenResponse) this.#replace(rewritten)
    else this.#owner.completed(this.#closesClient, 'complete')
  }

  /** Whether the tool is sure to take what comes next on this connection for a request, and we its answer for one. */
  #isReusable({ keepsAlive, bodyLength }: ReadResponse): boolean {
    const { method, bodyLength: requestLength } = this.#owner.head
    // A tool that has not taken the whole request would read the rest of it as the next one.
    if (!keepsAlive || !this.#client.body.isDone) return false
    if (requestLength !== 0 && unexpectedBody.has(method)) return false
    return bodyLength !== 0 || !this.#context.upstreams.sendsStrays(this.#relay.origin)
  }

  #replace(rewritten: RewrittenResponse): void {
    let answer: Answer
    try {
      answer = rewritten.answer()
    } catch (error) {
      this.#fail(internalFailure(error))
      return
    }
    this.#owner.replaced(answer)
  }

  #fail(failure: Failure): number {
    this.#owner.fail(failure)
    return MALFORMED
  }
}
