// One request and what becomes of it: asks for the decision, carries it out, records the end.
import {
  type Failure,
  failureOfHead,
  failures,
  internalFailure,
  upstreamFailure,
} from '../message/failure.ts'
import type { Answer, Decision, Outcome, ReadDecision, Relay } from '../message/ports.ts'
import type { Transport } from '../socket/transport.ts'
import type { ExchangeClient } from './exchange-client.ts'
import { ExchangeReport, outcomeOf } from './exchange-report.ts'
import { MALFORMED } from './parse/head-parser.ts'
import type { RequestHead } from './parse/request-head.ts'
import { ReadRequest } from './read-request.ts'
import { Recheck } from './recheck.ts'
import type { ServerContext } from './server-context.ts'
import { UpstreamCall } from './upstream/call.ts'
import type { CallListener } from './upstream/call-listener.ts'
import type { UpstreamConnection } from './upstream/connection.ts'
import { failureOfDial } from './upstream/pool.ts'
import { lengthOfBody } from './write/answer-writer.ts'
import { writeLastChunk, writeRequestHead } from './write/head-writer.ts'
import { sendContinue } from './write/informational.ts'

export class Exchange implements CallListener {
  readonly head: RequestHead
  isOver = false

  readonly #client: ExchangeClient
  readonly #context: ServerContext
  readonly #report: ExchangeReport
  #relay: Relay | undefined
  #reading: ReadRequest | undefined
  #call: UpstreamCall | undefined
  #dialling: AbortController | undefined
  #recheck: Recheck | undefined
  #isReused = false

  constructor(head: RequestHead, client: ExchangeClient, context: ServerContext) {
    this.head = head
    this.#client = client
    this.#context = context
    this.#report = new ExchangeReport(head, client, context)
  }

  get isTunnel(): boolean {
    return this.#call?.isTunnel === true
  }

  /** The request is at the tool, and nothing of its answer is here. */
  get isAwaitingHead(): boolean {
    return this.#call !== undefined && this.#call.status === 0 && this.#client.body.isDone
  }

  /** Asks, and carries out the decision at once if it comes at once. */
  start(): void {
    let decision: Decision | Promise<Decision>
    try {
      decision = this.#context.decide(this.head, this.#client.connection)
    } catch (error) {
      this.fail(internalFailure(error))
      return
    }
    if (!(decision instanceof Promise)) {
      this.#carryOut(decision)
      return
    }
    decision.then(
      decided => {
        if (this.isOver) this.#disown(decided)
        else this.#later(() => this.#carryOut(decided))
      },
      error => this.#later(() => this.fail(internalFailure(error))),
    )
  }

  #later(step: () => void): void {
    if (this.isOver) return
    step()
    this.#client.resumeProcessing()
  }

  /** The client left before the decision was there; whoever made it still learns of the end. */
  #disown(decision: Decision): void {
    this.#report.decision = decision
    this.#report.tell({ outcome: 'client-aborted', failure: undefined, status: 0, bytesOut: 0 })
  }

  #carryOut(decision: Decision): void {
    this.#report.decision = decision
    if (decision.kind === 'answer') this.#answer(decision, 'answered', undefined)
    else if (decision.kind === 'read') this.#startReading(decision)
    else this.#startRelay(decision)
  }

  #startReading(decision: ReadDecision): void {
    const { body, transport } = this.#client
    this.#reading = new ReadRequest(body, decision)
    if (this.head.expectsContinue) sendContinue(transport)
    if (body.isDone) this.#answerRead(this.#reading)
    else this.#client.routeBody('exchange')
  }

  #answerRead(reading: ReadRequest): void {
    this.#client.routeBody('hold')
    reading.answer().then(
      answer => this.#later(() => this.#answer(answer, 'answered', undefined)),
      error => this.#later(() => this.fail(internalFailure(error))),
    )
  }

  /** Takes bytes of the request's body; the index after them, or MALFORMED when the exchange has failed. */
  requestBytes(bytes: Buffer, start: number, end: number, source: Transport | undefined): number {
    const { body } = this.#client
    if (this.#reading !== undefined) {
      const stop = this.#reading.take(bytes, start, end)
      if (stop === MALFORMED) this.fail(this.#reading.failure as Failure)
      else if (body.isDone) this.#answerRead(this.#reading)
      return stop
    }
    const stop = body.scan(bytes, start, end)
    if (stop === MALFORMED) {
      this.fail(body.refusal as Failure)
      return MALFORMED
    }
    const upstream = (this.#call as UpstreamCall).upstream.transport
    body.passTo(upstream, bytes, source)
    if (body.isDone) {
      if (body.isChunked) {
        const { trailers } = body
        writeLastChunk(upstream, this.#relay?.rewriteRequestTrailers?.(trailers) ?? trailers)
      }
      this.#client.routeBody('hold')
    } else if (upstream.isBlocked) this.#client.setCanRead(false)
    return stop
  }

  /** Where the request goes, once it does. */
  get upstream(): Transport | undefined {
    return this.#call?.upstream.transport
  }

  #startRelay(relay: Relay): void {
    if (this.head.method === 'CONNECT') {
      this.fail(internalFailure(new Error('Cannot relay a CONNECT request')))
      return
    }
    this.#relay = relay
    const pooled = this.#context.upstreams.acquire(relay.origin, { isReplayable: this.#isReplayable })
    this.#isReused = pooled !== undefined
    if (pooled !== undefined) this.#attach(relay, pooled)
    else this.#dial(relay)
  }

  #dial(relay: Relay): void {
    const { upstreams } = this.#context
    const dialling = new AbortController()
    this.#dialling = dialling
    upstreams.dial(relay.origin, dialling.signal).then(
      connection => {
        if (this.isOver) upstreams.release(connection, undefined)
        else this.#later(() => this.#attach(relay, connection))
      },
      error => this.#later(() => this.fail(failureOfDial(error))),
    )
  }

  #attach(relay: Relay, upstream: UpstreamConnection): void {
    this.#dialling = undefined
    this.#call = new UpstreamCall(upstream, relay, {
      owner: this,
      client: this.#client,
      context: this.#context,
    })
    try {
      const { method, bodyLength, expectsContinue, acceptsTrailers, upgrade } = this.head
      const { target, host, headers } = relay
      const own = { method, bodyLength, expectsContinue, acceptsTrailers, upgrade }
      writeRequestHead(upstream.transport, { ...own, target, host, headers })
    } catch (error) {
      this.fail(failureOfHead(error))
      return
    }
    if (this.#client.body.isDone) upstream.transport.flush()
    else this.#client.routeBody('exchange')
  }

  /** Changes nothing, and is all there. */
  get #isReplayable(): boolean {
    const { method, bodyLength } = this.head
    return (method === 'GET' || method === 'HEAD') && bodyLength === 0
  }

  /** A tool may close an idle connection while our request travels: what changes nothing is sent once more. */
  lost(isUntouched: boolean, error: Error | undefined): void {
    if (isUntouched && this.#isReplayable && this.#isReused) {
      this.#isReused = false
      this.#dropCall()
      this.#dial(this.#relay as Relay)
      return
    }
    const why = isUntouched ? 'before its answer' : 'amid its answer'
    this.fail(upstreamFailure('UpstreamClosed', `the tool closed the connection ${why}`, error))
  }

  upgraded(): void {
    this.#relay?.onUpgrade?.()
  }

  /** The client will send no more. */
  clientLeft(): void {
    this.#relay?.onClientLeft?.()
  }

  /** Called now and then: asks again whether it may go on. */
  recheck(now: number): void {
    if (this.#relay === undefined) return
    this.#recheck ??= new Recheck(this.#relay, this.#context, {
      startedAt: this.#report.startedAt,
      onRefused: failure => this.#later(() => this.#revoke(failure)),
    })
    this.#recheck.ask(now)
  }

  /** Nothing has moved for too long: at the tool if the request is all there, otherwise at the client. */
  timedOut(): void {
    const isAtTool = this.#client.body.isDone
    this.fail(
      isAtTool ? upstreamFailure('UpstreamTimeout', 'the tool does not answer') : failures.requestTimeout,
    )
  }

  #revoke(failure: Failure): void {
    if ((this.#call?.status ?? 0) === 0) this.fail(failure)
    else this.#cutOff('revoked', failure)
  }

  /** The answer has begun: the client must not take what it has for the whole. */
  #cutOff(outcome: Outcome, failure: Failure): void {
    this.#end(outcome, failure)
    this.#dropCall()
    this.#client.transport.reset()
  }

  replaced(answer: Answer): void {
    this.#call = undefined
    this.#answer(answer, 'answered', undefined)
  }

  completed(closesClient: boolean, outcome: Outcome): void {
    this.#end(outcome, undefined)
    this.#client.finished(closesClient)
  }

  /** Answers with the failure, or cuts the answer off if it has begun. */
  fail(failure: Failure): void {
    if (this.isOver) return
    if ((this.#call?.status ?? 0) > 0) {
      this.#cutOff(outcomeOf(failure), failure)
      return
    }
    this.#dropCall()
    const told = this.#context.answerTo(failure, this.head, this.#client.connection.peer)
    this.#answer(told.answer, outcomeOf(told.failure), told.failure)
  }

  #answer(answer: Answer, outcome: Outcome, failure: Failure | undefined): void {
    const bytesOut = this.head.method === 'HEAD' ? 0 : lengthOfBody(answer)
    this.isOver = true
    const instead = this.#report.tell({ outcome, failure, status: answer.status, bytesOut })
    this.#client.answer(instead ?? answer, failure !== undefined && failure.status < 500)
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
  }

  #end(outcome: Outcome, failure: Failure | undefined): void {
    this.isOver = true
    const { status = 0, bytesOut = 0 } = this.#call ?? {}
    this.#report.tell({ outcome, failure, status, bytesOut })
  }
}
