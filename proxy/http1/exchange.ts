// One request and its response: asks for the decision, carries it out, streams both bodies, records the end.

import type { BodyScanner } from './body-scanner.ts'
import type {
  Answer,
  Collect,
  Decision,
  ExchangeRecord,
  Origin,
  Outcome,
  Relay,
  ResponseVerdict,
  Takeover,
} from './decision.ts'
import { type Failure, failures, internalFailure, UnsafeHeaderError, upstreamFailure } from './failure.ts'
import { INCOMPLETE, MALFORMED } from './head-parser.ts'
import { writeLastChunk, writeRequestHead, writeResponseHead } from './head-writer.ts'
import type { HeaderList } from './headers.ts'
import type { RequestHead } from './request-head.ts'
import { type ReadResponse, readResponseHead } from './response-head.ts'
import type { ServerContext } from './server-context.ts'
import type { Transport } from './transport.ts'
import { ConnectTimeoutError, type UpstreamConnection, type UpstreamUser } from './upstream-pool.ts'

/** What an exchange needs of the connection that its request came on. */
export interface ExchangeClient {
  readonly transport: Transport
  readonly body: BodyScanner
  /** More requests may follow on the connection. */
  readonly isReusable: boolean
  /** What goes on with the request's body bytes from now on. */
  routeBody(route: 'hold' | 'exchange' | 'drop' | 'tunnel'): void
  /** Reads on after an asynchronous step, with what has arrived in between. */
  proceed(): void
  readWhile(upstreamTakes: boolean): void
  answer(answer: Answer, closes: boolean): void
  handOver(takeover: Takeover): void
  finished(closes: boolean): void
  isAlive(): void
}

const AWAIT_HEAD = 0
const AWAIT_VERDICT = 1
const STREAM = 2
const GATHER = 3
const TUNNEL = 4

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown }).then === 'function'

export class Exchange<O extends Origin> implements UpstreamUser {
  readonly head: RequestHead
  isOver = false

  readonly #client: ExchangeClient
  readonly #context: ServerContext<O>
  readonly #startedAt: number
  #relay: Relay<O> | undefined
  #onEnd: ((record: ExchangeRecord) => void) | undefined
  #upstream: UpstreamConnection | undefined
  #dialling: AbortController | undefined
  #stage = AWAIT_HEAD
  #response: ReadResponse | undefined
  #status = 0
  #sentAt = 0
  #upstreamMs = 0
  #reused = false
  #replayed = false
  #informational = 0
  #hasSentBody = false
  #isResponseStarted = false
  #closesClient = false
  #decodes = false
  #collect: Collect<O> | undefined
  #gathered: Buffer[] = []
  #gatheredLength = 0
  #rewriteBody: ((body: Buffer) => Answer | Promise<Answer>) | undefined
  #gatherLimit = 0
  #aheadOfVerdict: Buffer[] = []

  constructor(head: RequestHead, client: ExchangeClient, context: ServerContext<O>) {
    this.head = head
    this.#client = client
    this.#context = context
    this.#startedAt = context.clock.monotonicMs()
  }

  start(decision: Decision<O> | Promise<Decision<O>>): void {
    if (!isPromise(decision)) {
      this.#carryOut(decision)
      return
    }
    decision.then(
      decided => this.#resume(() => this.#carryOut(decided)),
      error => this.#resume(() => this.fail(internalFailure(error))),
    )
  }

  /** Goes on after a wait, unless the exchange has ended meanwhile. */
  #resume(step: () => void): void {
    if (this.isOver) return
    step()
    this.#client.proceed()
  }

  #carryOut(decision: Decision<O>): void {
    switch (decision.kind) {
      case 'answer':
        this.#onEnd = decision.onEnd ?? this.#onEnd
        this.#answer(decision, 'answered', undefined)
        break
      case 'relay':
        this.#startRelay(decision)
        break
      case 'collect':
        this.#startCollect(decision)
        break
      case 'takeover':
        this.#end('answered', decision.status, undefined)
        this.#client.handOver(decision)
        break
    }
  }

  // --- the request's body

  #startCollect(collect: Collect<O>): void {
    this.#collect = collect
    if (this.#client.body.isDone) {
      this.#collected()
      return
    }
    if ((this.#client.body.remaining ?? 0) > collect.limitBytes) {
      this.fail(failures.collectLimit)
      return
    }
    if (this.head.expectsContinue) {
      this.#client.transport.sendText('HTTP/1.1 100 Continue\r\n\r\n')
      this.#client.transport.flush()
    }
    this.#client.routeBody('exchange')
  }

  #collected(): void {
    const collect = this.#collect as Collect<O>
    this.#collect = undefined
    this.#client.routeBody('hold')
    const body = Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredLength = 0
    let decision: Decision<O> | Promise<Decision<O>>
    try {
      decision = collect.decide(body)
    } catch (error) {
      this.fail(internalFailure(error))
      return
    }
    this.start(decision)
  }

  /** Takes bytes of the request's body; the index after them, or MALFORMED when the exchange was failed. */
  requestBytes(bytes: Buffer, start: number, end: number, reader: Transport | undefined): number {
    const body = this.#client.body
    if (this.#collect !== undefined) return this.#collectBytes(this.#collect, bytes, start, end)
    const stop = body.scan(bytes, start, end)
    if (stop === MALFORMED) {
      this.fail(body.refusal as Failure)
      return MALFORMED
    }
    const upstream = this.#upstream
    if (upstream !== undefined) {
      this.#hasSentBody = true
      this.#passOn(body, bytes, upstream.transport, reader)
      if (body.isDone) {
        if (body.isChunked) writeLastChunk(upstream.transport, body.trailers)
        upstream.transport.flush()
      } else if (upstream.transport.isBlocked) this.#client.readWhile(false)
    }
    if (body.isDone) this.#client.routeBody('hold')
    return stop
  }

  #collectBytes(collect: Collect<O>, bytes: Buffer, start: number, end: number): number {
    const body = this.#client.body
    const stop = body.scan(bytes, start, end, (from, to) => this.#gather(bytes, from, to))
    if (stop === MALFORMED || this.#gatheredLength > collect.limitBytes) {
      this.fail(stop === MALFORMED ? (body.refusal as Failure) : failures.collectLimit)
      return MALFORMED
    }
    if (body.isDone) this.#collected()
    return stop
  }

  #gather(bytes: Buffer, from: number, to: number): void {
    this.#gathered.push(Buffer.from(bytes.subarray(from, to)))
    this.#gatheredLength += to - from
  }

  #passOn(body: BodyScanner, bytes: Buffer, to: Transport, reader: Transport | undefined): void {
    if (body.resumedSize >= 0) to.sendText(`${body.resumedSize.toString(16)}\r\n`)
    to.send(bytes, body.from, body.to, reader)
  }

  /** Sends what the last events assembled for the tool. */
  flush(): void {
    this.#upstream?.transport.flush()
  }

  // --- reaching the tool

  #startRelay(relay: Relay<O>): void {
    this.#relay = relay
    this.#onEnd = relay.onEnd ?? this.#onEnd
    const pooled = this.#context.upstreams.take(relay.origin.key)
    if (pooled !== undefined) this.#attach(pooled, true)
    else this.#dial(relay)
  }

  #dial(relay: Relay<O>): void {
    const dialling = new AbortController()
    this.#dialling = dialling
    this.#context.upstreams.dial(relay.origin, dialling.signal).then(
      connection => {
        if (this.isOver) this.#context.upstreams.give(connection, undefined)
        else this.#resume(() => this.#attach(connection, false))
      },
      error => this.#resume(() => this.fail(failureOfDial(error))),
    )
  }

  #attach(upstream: UpstreamConnection, reused: boolean): void {
    const relay = this.#relay as Relay<O>
    const head = this.head
    const clientBody = this.#client.body
    this.#dialling = undefined
    this.#upstream = upstream
    this.#reused = reused
    this.#stage = AWAIT_HEAD
    this.#sentAt = this.#context.clock.monotonicMs()
    upstream.user = this
    const replaces = relay.body !== undefined
    try {
      writeRequestHead(upstream.transport, {
        method: head.method,
        target: relay.target,
        host: relay.host,
        headers: relay.headers,
        bodyLength: relay.body?.length ?? head.bodyLength,
        expectsContinue: head.expectsContinue && !replaces,
        acceptsTrailers: head.acceptsTrailers,
        upgrade: relay.upgrade ? head.upgrade : undefined,
      })
    } catch (error) {
      this.fail(failureOfHead(error))
      return
    }
    if (relay.body !== undefined) {
      upstream.transport.send(Buffer.from(relay.body), 0, relay.body.length, undefined)
      upstream.transport.flush()
      this.#client.routeBody(clientBody.isDone ? 'hold' : 'drop')
    } else if (clientBody.isDone) {
      upstream.transport.flush()
    } else {
      this.#client.routeBody('exchange')
    }
  }

  upstreamDrained(): void {
    this.#client.isAlive()
    this.#client.readWhile(true)
  }

  /** Closed before any byte of a response: a tool may close an idle connection while our request travels. */
  #canReplay(): boolean {
    const isSafe = this.head.method === 'GET' || this.head.method === 'HEAD'
    const isUntouched =
      this.#stage === AWAIT_HEAD && this.#informational === 0 && !this.#upstream?.parser.isPartial
    return isSafe && isUntouched && this.#reused && !this.#replayed && this.head.bodyLength === 0
  }

  upstreamEnded(): void {
    switch (this.#stage) {
      case AWAIT_HEAD:
        this.#lostUpstream(undefined)
        break
      case TUNNEL:
        this.#client.transport.end()
        break
      case STREAM:
      case GATHER:
        if (this.#response?.bodyLength === 'until-close') this.#responseDone(false)
        else this.fail(upstreamFailure('UpstreamClosed', 'the tool closed the connection amid its answer'))
        break
      default: // the verdict is being made; what has arrived is judged after it
    }
  }

  upstreamClosed(error: Error | undefined): void {
    if (this.#stage === TUNNEL) {
      this.#upstream = undefined
      this.#client.transport.end()
      this.#end('tunnel-closed', this.#status, undefined)
    } else if (this.#stage === AWAIT_VERDICT) {
      // What was received before is still delivered, if it is the whole.
    } else this.#lostUpstream(error)
  }

  #lostUpstream(error: Error | undefined): void {
    if (this.#canReplay()) {
      this.#replayed = true
      this.#upstream?.destroy()
      this.#upstream = undefined
      this.#dial(this.#relay as Relay<O>)
      return
    }
    this.fail(upstreamFailure('UpstreamClosed', 'the tool closed the connection before its answer', error))
  }

  // --- the response

  upstreamReceived(bytes: Buffer, start: number, end: number): void {
    this.#client.isAlive()
    this.#upstreamBytes(bytes, start, end, this.#upstream?.transport)
    // A finished exchange is followed by the next request, whose answer may be assembled already.
    this.#client.transport.flush()
  }

  #upstreamBytes(bytes: Buffer, start: number, end: number, reader: Transport | undefined): void {
    let at = start
    while (at < end && this.#upstream !== undefined) {
      switch (this.#stage) {
        case AWAIT_HEAD:
          at = this.#readHead(this.#upstream, bytes, at, end)
          if (at < 0) return
          break
        case AWAIT_VERDICT:
          this.#aheadOfVerdict.push(Buffer.from(bytes.subarray(at, end)))
          this.#upstream.transport.pause()
          return
        case STREAM:
          at = this.#streamBytes(this.#upstream, bytes, at, end, reader)
          if (at < 0) return
          break
        case GATHER:
          at = this.#gatherBytes(this.#upstream, bytes, at, end)
          if (at < 0) return
          break
        default:
          this.#client.transport.send(bytes, at, end, reader)
          this.#upstream.body.bytes += end - at
          if (this.#client.transport.isBlocked) this.#upstream.transport.pause()
          return
      }
    }
  }

  #readHead(upstream: UpstreamConnection, bytes: Buffer, start: number, end: number): number {
    const stop = upstream.parser.feed(bytes, start, end)
    if (stop === INCOMPLETE) return INCOMPLETE
    if (stop === MALFORMED) {
      this.#failMalformed(upstream.parser.refusal)
      return MALFORMED
    }
    const response = readResponseHead(upstream.parser, this.head.method)
    if (!('headers' in response)) {
      this.#failMalformed(response)
      return MALFORMED
    }
    if (response.status < 200 && response.status !== 101) return this.#informationalHead(response, stop)
    if (this.#upstreamMs === 0) this.#upstreamMs = this.#context.clock.monotonicMs() - this.#sentAt
    this.#response = response
    upstream.body.begin(response.bodyLength)
    // Until the connection's last byte of this response, more may have come than belongs to it.
    const extra = upstream.body.isDone && stop < end && response.status !== 101
    if (extra) this.#response = { ...response, keepsAlive: false }
    if (this.#verdict(response)) return extra ? end : stop
    return MALFORMED
  }

  /** Whether reading may go on. */
  #verdict(response: ReadResponse): boolean {
    const rewrite = this.#relay?.rewriteResponse
    if (rewrite === undefined) {
      this.#pass(response.headers)
      return !this.isOver
    }
    this.#stage = AWAIT_VERDICT
    let verdict: ResponseVerdict<O> | Promise<ResponseVerdict<O>>
    try {
      verdict = rewrite(response)
    } catch (error) {
      this.fail(internalFailure(error))
      return false
    }
    if (isPromise(verdict)) {
      verdict.then(
        given => this.#resume(() => this.#applyLate(given)),
        error => this.#resume(() => this.fail(internalFailure(error))),
      )
      return true
    }
    this.#apply(verdict)
    return !this.isOver
  }

  #applyLate(verdict: ResponseVerdict<O>): void {
    const upstream = this.#upstream
    this.#apply(verdict)
    if (this.isOver || upstream === undefined || upstream !== this.#upstream) return
    const ahead = Buffer.concat(this.#aheadOfVerdict)
    this.#aheadOfVerdict = []
    upstream.transport.resume()
    this.#upstreamBytes(ahead, 0, ahead.length, undefined)
    this.#client.transport.flush()
    if (this.isOver || upstream !== this.#upstream) return
    if (upstream.transport.hasEnded) this.upstreamEnded()
    else if (upstream.transport.isClosed) this.#lostUpstream(undefined)
  }

  #apply(verdict: ResponseVerdict<O>): void {
    switch (verdict.kind) {
      case 'pass':
        this.#pass(verdict.headers)
        break
      case 'collect':
        this.#rewriteBody = verdict.rewrite
        this.#gatherLimit = verdict.limitBytes
        this.#stage = GATHER
        if (this.#upstream?.body.isDone) this.#responseDone(true)
        break
      case 'answer':
        this.#dropUpstream()
        this.#onEnd = verdict.onEnd ?? this.#onEnd
        this.#answer(verdict, 'answered', undefined)
        break
      case 'relay':
        this.#dropUpstream()
        if (this.#hasSentBody || !this.#client.body.isDone) {
          this.fail(internalFailure(new Error('a request whose body was sent cannot be relayed again')))
        } else this.#startRelay(verdict)
        break
    }
  }

  #informationalHead(response: ReadResponse, stop: number): number {
    this.#informational++
    if (this.#informational > this.#context.limits.informationalResponses) {
      this.fail(upstreamFailure('UpstreamMalformed', 'the tool sends informational answers without end'))
      return MALFORMED
    }
    if (this.head.minorVersion === 0) return stop
    if (response.status === 100) {
      if (this.head.expectsContinue) this.#client.transport.sendText('HTTP/1.1 100 Continue\r\n\r\n')
      return stop
    }
    let headers: HeaderList | undefined = response.headers
    try {
      const verdict = this.#relay?.rewriteResponse?.(response)
      // Anything but passing it on at once means that the client does without the hint.
      if (verdict !== undefined) {
        if (isPromise(verdict)) verdict.catch(() => {})
        headers = 'kind' in verdict && verdict.kind === 'pass' ? verdict.headers : undefined
      }
      if (headers !== undefined) {
        const { status, reasonPhrase } = response
        const out = { status, reasonPhrase, headers, bodyLength: undefined, closes: false }
        writeResponseHead(this.#client.transport, out)
      }
    } catch (error) {
      this.fail(failureOfHead(error))
      return MALFORMED
    }
    return stop
  }

  #pass(headers: HeaderList): void {
    const response = this.#response as ReadResponse
    const upstream = this.#upstream as UpstreamConnection
    const isOld = this.head.minorVersion === 0
    const isUpgrade = response.status === 101
    if (isUpgrade && (!this.#relay?.upgrade || this.head.upgrade === undefined)) {
      this.fail(upstreamFailure('UpstreamMalformed', 'the tool switched protocols unasked'))
      return
    }
    const endsByClose = response.bodyLength === 'until-close' || (response.bodyLength === 'chunked' && isOld)
    this.#decodes = response.bodyLength === 'chunked' && isOld
    this.#closesClient = endsByClose || !this.#client.isReusable || !this.#client.body.isDone
    try {
      writeResponseHead(this.#client.transport, {
        status: response.status,
        reasonPhrase: response.reasonPhrase,
        headers,
        bodyLength: endsByClose
          ? undefined
          : response.bodyLength === 'chunked'
            ? 'chunked'
            : response.announcedLength,
        closes: this.#closesClient && !isUpgrade,
        upgrade: isUpgrade ? (response.upgrade ?? this.head.upgrade) : undefined,
      })
    } catch (error) {
      this.fail(failureOfHead(error))
      return
    }
    this.#isResponseStarted = true
    this.#status = response.status
    this.#stage = isUpgrade ? TUNNEL : STREAM
    if (isUpgrade) this.#client.routeBody('tunnel')
    else if (upstream.body.isDone) this.#responseDone(true)
  }

  #streamBytes(
    upstream: UpstreamConnection,
    bytes: Buffer,
    start: number,
    end: number,
    reader: Transport | undefined,
  ): number {
    const body = upstream.body
    const client = this.#client.transport
    const copy = (from: number, to: number) =>
      client.send(Buffer.from(bytes.subarray(from, to)), 0, to - from, undefined)
    const stop = this.#decodes ? body.scan(bytes, start, end, copy) : body.scan(bytes, start, end)
    if (stop === MALFORMED) {
      this.#failMalformed(body.refusal as Failure)
      return MALFORMED
    }
    if (!this.#decodes) this.#passOn(body, bytes, client, reader)
    if (body.isDone) {
      if (body.isChunked && !this.#decodes && !this.#passTrailers(body)) return MALFORMED
      this.#responseDone(stop === end)
      return MALFORMED
    }
    if (client.isBlocked) upstream.transport.pause()
    return stop
  }

  #passTrailers(body: BodyScanner): boolean {
    try {
      const rewrite = this.#relay?.rewriteTrailers
      const trailers =
        rewrite === undefined || body.trailers.length === 0 ? body.trailers : rewrite(body.trailers)
      writeLastChunk(this.#client.transport, trailers)
      return true
    } catch (error) {
      this.fail(failureOfHead(error))
      return false
    }
  }

  #gatherBytes(upstream: UpstreamConnection, bytes: Buffer, start: number, end: number): number {
    const body = upstream.body
    const stop = body.scan(bytes, start, end, (from, to) => this.#gather(bytes, from, to))
    if (stop === MALFORMED) {
      this.#failMalformed(body.refusal as Failure)
      return MALFORMED
    }
    if (this.#gatheredLength > this.#gatherLimit) {
      this.fail(
        upstreamFailure('UpstreamBodyTooLarge', 'the answer of the tool is too large to be rewritten'),
      )
      return MALFORMED
    }
    if (!body.isDone) return stop
    this.#responseDone(stop === end)
    return MALFORMED
  }

  /** The tool's response has ended; `isClean` unless more came with it than belongs to it. */
  #responseDone(isClean: boolean): void {
    const response = this.#response as ReadResponse
    const upstream = this.#upstream as UpstreamConnection
    const isReusable = isClean && response.keepsAlive && this.#client.body.isDone
    const bytesOut = upstream.body.bytes
    this.#upstream = undefined
    if (isReusable) this.#context.upstreams.give(upstream, response.idleHintMs)
    else upstream.destroy()
    if (this.#stage === GATHER) {
      this.#rewriteGathered()
      return
    }
    this.#end('complete', response.status, undefined, bytesOut)
    this.#client.finished(this.#closesClient)
  }

  #rewriteGathered(): void {
    const rewrite = this.#rewriteBody as (body: Buffer) => Answer | Promise<Answer>
    const body = Buffer.concat(this.#gathered)
    this.#gathered = []
    let answer: Answer | Promise<Answer>
    try {
      answer = rewrite(body)
    } catch (error) {
      this.fail(internalFailure(error))
      return
    }
    if (!isPromise(answer)) {
      this.#answer(answer, 'complete', undefined)
      return
    }
    answer.then(
      given => this.#resume(() => this.#answer(given, 'complete', undefined)),
      error => this.#resume(() => this.fail(internalFailure(error))),
    )
  }

  /** The client has taken what was written. */
  clientDrained(): void {
    this.#upstream?.transport.resume()
  }

  // --- tunnels

  tunnelBytes(bytes: Buffer, start: number, end: number, reader: Transport | undefined): void {
    const upstream = this.#upstream
    if (upstream === undefined) return
    this.#client.body.bytes += end - start
    upstream.transport.send(bytes, start, end, reader)
    if (upstream.transport.isBlocked) this.#client.readWhile(false)
  }

  /** The client half-closed a tunnel. */
  tunnelEnded(): void {
    this.#upstream?.transport.end()
  }

  // --- the end

  #failMalformed(refusal: Failure): void {
    const why = refusal.message.slice(refusal.message.indexOf(': ') + 2)
    this.fail(upstreamFailure('UpstreamMalformed', `the answer of the tool is malformed: ${why}`))
  }

  /** Answers with the failure, or cuts the answer off if it has begun. */
  fail(failure: Failure): void {
    if (this.isOver) return
    const bytesOut = this.#upstream?.body.bytes ?? 0
    this.#dropUpstream()
    const outcome = outcomeOf(failure)
    if (this.#isResponseStarted) {
      this.#end(outcome, this.#status, failure, bytesOut)
      this.#client.transport.reset()
      return
    }
    this.#answer(this.#context.answerOf(failure, this.head), outcome, failure)
  }

  #answer(answer: Answer, outcome: Outcome, failure: Failure | undefined): void {
    const length =
      typeof answer.body === 'string' ? Buffer.byteLength(answer.body) : (answer.body?.length ?? 0)
    this.#end(outcome, answer.status, failure, this.head.method === 'HEAD' ? 0 : length)
    this.#client.answer(answer, failure !== undefined && failure.status === 400)
  }

  /** Ends without an answer: the client is gone or the server closes. */
  abort(outcome: 'client-aborted' | 'server-closed'): void {
    if (this.isOver) return
    const bytesOut = this.#upstream?.body.bytes ?? 0
    const isTunnel = this.#stage === TUNNEL
    this.#dropUpstream()
    this.#end(isTunnel ? 'tunnel-closed' : outcome, this.#status, undefined, bytesOut)
  }

  #dropUpstream(): void {
    this.#dialling?.abort()
    this.#dialling = undefined
    this.#upstream?.destroy()
    this.#upstream = undefined
    this.#aheadOfVerdict = []
    this.#gathered = []
    this.#gatheredLength = 0
  }

  #end(outcome: Outcome, status: number, failure: Failure | undefined, bytesOut = 0): void {
    if (this.isOver) return
    this.isOver = true
    this.#onEnd?.({
      status,
      outcome,
      failure,
      bytesIn: this.#client.body.bytes,
      bytesOut,
      durationMs: this.#context.clock.monotonicMs() - this.#startedAt,
      upstreamMs: this.#upstreamMs,
      reusedUpstream: this.#reused && !this.#replayed,
    })
  }
}

const outcomeOf = (failure: Failure): Outcome => {
  if (failure.status === 504 || failure.status === 408) return 'timeout'
  return failure.status === 502 ? 'upstream-failed' : 'answered'
}

const failureOfDial = (error: unknown): Failure =>
  error instanceof ConnectTimeoutError
    ? upstreamFailure('UpstreamTimeout', `the tool cannot be reached: ${error.message}`, error)
    : upstreamFailure('UpstreamUnreachable', 'the tool cannot be reached', error)

const failureOfHead = (error: unknown): Failure =>
  error instanceof UnsafeHeaderError
    ? { status: 500, reason: 'UnsafeHeader', message: error.message, cause: error }
    : internalFailure(error)
