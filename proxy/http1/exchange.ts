// One request and what becomes of it: asks for the decision, carries it out, records the end.
import { lengthOfBody } from './answer-writer.ts'
import type { CallOwner, Redirection } from './call-owner.ts'
import { Collecting, type RunningCollect } from './collecting.ts'
import type { Answer, Collect, Decision, ExchangeRecord, Origin, Outcome, Relay } from './decision.ts'
import type { ExchangeClient } from './exchange-client.ts'
import {
  type Failure,
  failureOfHead,
  failures,
  internalFailure,
  outcomeOf,
  upstreamFailure,
} from './failure.ts'
import { MALFORMED } from './head-parser.ts'
import { writeLastChunk, writeRequestHead } from './head-writer.ts'
import { isPromise } from './promise.ts'
import type { RequestHead } from './request-head.ts'
import type { ServerContext } from './server-context.ts'
import type { Transport } from './transport.ts'
import { UpstreamCall } from './upstream-call.ts'
import { failureOfDial, type UpstreamConnection } from './upstream-pool.ts'

export class Exchange<O extends Origin> implements CallOwner<O> {
  readonly head: RequestHead
  isOver = false

  readonly #client: ExchangeClient
  readonly #context: ServerContext<O>
  readonly #startedAt: number
  #relay: Relay<O> | undefined
  #onEnd: ((record: ExchangeRecord) => void) | undefined
  #call: UpstreamCall<O> | undefined
  #dialling: AbortController | undefined
  #collecting: RunningCollect<O> | undefined
  /** The client's body, once it was collected. */
  #collected: Buffer | undefined
  #isReused = false
  #isReplayed = false
  #isBodySpent = false
  #upstreamMs = 0

  constructor(head: RequestHead, client: ExchangeClient, context: ServerContext<O>) {
    this.head = head
    this.#client = client
    this.#context = context
    this.#startedAt = context.clock.monotonicMs()
  }

  /** Asks, and carries out the decision at once if it comes at once. */
  start(decide: () => Decision<O> | Promise<Decision<O>>): void {
    let decision: Decision<O> | Promise<Decision<O>>
    try {
      decision = decide()
    } catch (error) {
      this.fail(internalFailure(error))
      return
    }
    if (!isPromise(decision)) {
      this.#carryOut(decision)
      return
    }
    decision.then(
      decided => {
        if (this.isOver) this.#disown(decided)
        else this.later(() => this.#carryOut(decided))
      },
      error => this.later(() => this.fail(internalFailure(error))),
    )
  }

  later(step: () => void): void {
    if (this.isOver) return
    step()
    this.#client.proceed()
  }

  /** The client left before the decision was there; whoever made it still learns of the end. */
  #disown(decision: Decision<O>): void {
    if ('onEnd' in decision) decision.onEnd?.(this.#record('client-aborted', 0, undefined, 0))
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
        this.isOver = true
        this.#client.handOver(decision)
        break
    }
  }

  #startCollect(collect: Collect<O>): void {
    const collecting = new Collecting(collect.limitBytes, this.#client.body)
    this.#collecting = { collecting, collect }
    if (collecting.problem !== undefined) this.fail(failures.collectLimit)
    else if (this.#client.body.isDone) this.#finishCollect()
    else {
      if (this.head.expectsContinue) this.#client.transport.sendText('HTTP/1.1 100 Continue\r\n\r\n')
      this.#client.routeBody('exchange')
    }
  }

  #finishCollect(): void {
    const { collecting, collect } = this.#collecting as RunningCollect<O>
    const body = collecting.take()
    this.#collecting = undefined
    this.#collected = body
    this.#client.routeBody('hold')
    this.start(() => collect.decide(body))
  }

  /** Takes bytes of the request's body; the index after them, or MALFORMED when the exchange has failed. */
  requestBytes(bytes: Buffer, start: number, end: number, reader: Transport | undefined): number {
    if (this.#collecting !== undefined) return this.#collectBytes(this.#collecting, bytes, start, end)
    const { body } = this.#client
    const stop = body.scan(bytes, start, end)
    if (stop === MALFORMED) {
      this.fail(body.refusal as Failure)
      return MALFORMED
    }
    const upstream = (this.#call as UpstreamCall<O>).upstream.transport
    this.#isBodySpent = true
    body.passTo(upstream, bytes, reader)
    if (body.isDone) {
      if (body.isChunked) writeLastChunk(upstream, body.trailers)
      this.#client.routeBody('hold')
    } else if (upstream.isBlocked) this.#client.readWhile(false)
    return stop
  }

  #collectBytes({ collecting }: RunningCollect<O>, bytes: Buffer, start: number, end: number): number {
    const { body } = this.#client
    const stop = collecting.scan(body, bytes, start, end)
    if (collecting.problem !== undefined) {
      this.fail(collecting.problem === 'malformed' ? (body.refusal as Failure) : failures.collectLimit)
      return MALFORMED
    }
    if (body.isDone) this.#finishCollect()
    return stop
  }

  /** Where the request goes, once it does. */
  get upstream(): Transport | undefined {
    return this.#call?.upstream.transport
  }

  #startRelay(relay: Relay<O>): void {
    this.#onEnd = relay.onEnd ?? this.#onEnd
    this.#relay = relay
    const isSpent = this.#isBodySpent && this.#collected === undefined && relay.body === undefined
    if (isSpent || this.head.method === 'CONNECT') {
      const what = isSpent ? 'a request whose body was sent, again' : 'a CONNECT request'
      this.fail(internalFailure(new Error(`Cannot relay ${what}`)))
      return
    }
    const pooled = this.#context.upstreams.take(relay.origin.key)
    this.#isReused = pooled !== undefined
    if (pooled !== undefined) this.#attach(relay, pooled)
    else this.#dial(relay)
  }

  #dial(relay: Relay<O>): void {
    const { upstreams } = this.#context
    const dialling = new AbortController()
    this.#dialling = dialling
    upstreams.dial(relay.origin, dialling.signal).then(
      connection => {
        if (this.isOver) upstreams.give(connection, undefined)
        else this.later(() => this.#attach(relay, connection))
      },
      error => this.later(() => this.fail(failureOfDial(error))),
    )
  }

  #attach(relay: Relay<O>, upstream: UpstreamConnection): void {
    const { head } = this
    const clientBody = this.#client.body
    const body = relay.body ?? this.#collected
    this.#dialling = undefined
    this.#call = new UpstreamCall(upstream, relay, {
      owner: this,
      client: this.#client,
      context: this.#context,
    })
    try {
      writeRequestHead(upstream.transport, {
        method: head.method,
        target: relay.target,
        host: relay.host,
        headers: relay.headers,
        bodyLength: body?.length ?? head.bodyLength,
        expectsContinue: head.expectsContinue && body === undefined,
        acceptsTrailers: head.acceptsTrailers,
        upgrade: relay.upgrade ? head.upgrade : undefined,
      })
    } catch (error) {
      this.fail(failureOfHead(error))
      return
    }
    if (body !== undefined) {
      this.#isBodySpent = true
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
      upstream.transport.send(bytes, 0, bytes.length, undefined)
    }
    if (clientBody.isDone || body !== undefined) upstream.transport.flush()
    if (!clientBody.isDone) this.#client.routeBody(body === undefined ? 'exchange' : 'drop')
  }

  /** A tool may close an idle connection while our request travels: what changes nothing is sent once more. */
  lost(isUntouched: boolean, error: Error | undefined): void {
    const relay = this.#relay as Relay<O>
    const isSafe = this.head.method === 'GET' || this.head.method === 'HEAD'
    const hasBody = this.head.bodyLength !== 0 || relay.body !== undefined
    if (isUntouched && isSafe && !hasBody && this.#isReused && !this.#isReplayed) {
      this.#isReplayed = true
      this.#dropCall()
      this.#dial(relay)
      return
    }
    const why = isUntouched ? 'before its answer' : 'amid its answer'
    this.fail(upstreamFailure('UpstreamClosed', `the tool closed the connection ${why}`, error))
  }

  redirected(decide: () => Redirection<O> | Promise<Redirection<O>>): void {
    this.#upstreamMs = this.#call?.upstreamMs ?? 0
    this.#call = undefined
    if (!this.#client.body.isDone && !this.#isBodySpent) this.#client.routeBody('hold')
    this.start(decide)
  }

  completed(closesClient: boolean, outcome: Outcome): void {
    this.#end(outcome, undefined)
    this.#client.finished(closesClient)
  }

  /** Answers with the failure, or cuts the answer off if it has begun. */
  fail(failure: Failure): void {
    if (this.isOver) return
    const outcome = outcomeOf(failure)
    if ((this.#call?.status ?? 0) > 0) {
      this.#end(outcome, failure)
      this.#dropCall()
      this.#client.transport.reset()
      return
    }
    this.#dropCall()
    this.#answer(this.#context.answerOf(failure, this.head), outcome, failure)
  }

  #answer(answer: Answer, outcome: Outcome, failure: Failure | undefined): void {
    const bytesOut = this.head.method === 'HEAD' ? 0 : lengthOfBody(answer)
    this.isOver = true
    this.#onEnd?.(this.#record(outcome, answer.status, failure, bytesOut))
    this.#client.answer(answer, failure !== undefined && failure.status < 500)
  }

  /** Ends without an answer: the client is gone or the server closes. */
  abort(outcome: 'client-aborted' | 'server-closed'): void {
    if (this.isOver) return
    this.#end(this.#call?.isTunnel ? 'tunnel-closed' : outcome, undefined)
    this.#dropCall()
  }

  #dropCall(): void {
    this.#dialling?.abort()
    this.#dialling = undefined
    this.#call?.drop()
    this.#call = undefined
    this.#collecting = undefined
  }

  #end(outcome: Outcome, failure: Failure | undefined): void {
    this.isOver = true
    this.#onEnd?.(this.#record(outcome, this.#call?.status ?? 0, failure, this.#call?.bytesOut ?? 0))
  }

  #record(outcome: Outcome, status: number, failure: Failure | undefined, bytesOut: number): ExchangeRecord {
    return {
      status,
      outcome,
      failure,
      bytesIn: this.#client.body.bytes,
      bytesOut,
      durationMs: this.#context.clock.monotonicMs() - this.#startedAt,
      upstreamMs: this.#call?.upstreamMs || this.#upstreamMs,
      reusedUpstream: this.#isReused && !this.#isReplayed,
    }
  }
}
