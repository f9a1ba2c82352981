// A client's connection: one request after the other, in order, until either side wants no more.

import { BodyScanner } from './body-scanner.ts'
import type { Answer, Decide, Decision, Origin, Peer, Takeover } from './decision.ts'
import { Exchange, type ExchangeClient } from './exchange.ts'
import { type Failure, failures, internalFailure, upstreamFailure } from './failure.ts'
import { HeadParser, INCOMPLETE, MALFORMED } from './head-parser.ts'
import { writeResponseHead } from './head-writer.ts'
import { readRequestHead } from './request-head.ts'
import type { ServerContext } from './server-context.ts'
import { Transport, type TransportOwner } from './transport.ts'

const HEAD = 0
/** Bytes are kept until somebody wants them. */
const HOLD = 1
const BODY = 2
/** The rest of an answered request's body, before the next request. */
const SKIP = 3
const TUNNEL = 4
/** Nothing more is served; bytes are read so that our answer is not lost in a reset. */
const LINGER = 5

const routes = { hold: HOLD, exchange: BODY, drop: SKIP, tunnel: TUNNEL } as const

/** The rest of a body that is rather read than paid with a new connection. */
const skippedBytes = 64 * 1024

export interface ClientConnectionOptions<O extends Origin> {
  readonly context: ServerContext<O>
  readonly decide: Decide<O>
  readonly peer: Peer
  readonly onClosed: (connection: ClientConnection<O>) => void
}

export class ClientConnection<O extends Origin> implements TransportOwner, ExchangeClient {
  readonly transport: Transport
  readonly body: BodyScanner

  readonly #context: ServerContext<O>
  readonly #decide: Decide<O>
  readonly #peer: Peer
  readonly #onClosed: (connection: ClientConnection<O>) => void
  readonly #parser: HeadParser
  #phase = HEAD
  #exchange: Exchange<O> | undefined
  #ahead: Buffer[] = []
  #aheadLength = 0
  #isProcessing = false
  #upstreamTakes = true
  #headStartedAt: number
  #activeAt: number
  #lingered = 0
  #isHandedOver = false

  constructor(options: ClientConnectionOptions<O>) {
    const { context } = options
    this.#context = context
    this.#decide = options.decide
    this.#peer = options.peer
    this.#onClosed = options.onClosed
    this.transport = new Transport(this, context.buffers)
    this.body = new BodyScanner(context.limits)
    this.#parser = new HeadParser('request', context.limits)
    this.#activeAt = context.sweptAt
    this.#headStartedAt = context.clock.monotonicMs()
  }

  get isIdle(): boolean {
    return this.#exchange === undefined && this.#phase === HEAD && !this.#parser.isPartial
  }

  get isReusable(): boolean {
    const head = this.#exchange?.head
    return (
      !this.#context.isDraining && head?.minorVersion === 1 && !head.connection.close && !this.#hasLastRequest
    )
  }

  /** The client has ended its side, and no further request is waiting. */
  get #hasLastRequest(): boolean {
    return this.transport.hasEnded && this.#aheadLength === 0
  }

  isAlive(): void {
    this.#activeAt = this.#context.sweptAt
  }

  // --- bytes in

  received(bytes: Buffer, start: number, end: number): void {
    this.isAlive()
    if (this.#aheadLength > 0) {
      this.#keep(bytes, start, end)
      this.proceed()
      return
    }
    this.#process(bytes, start, end, this.transport)
    this.#afterProcessing()
  }

  proceed(): void {
    if (this.#isProcessing) return
    while (this.#aheadLength > 0 && this.#phase !== HOLD && !this.#isHeldBack()) {
      const bytes = this.#ahead.length === 1 ? (this.#ahead[0] as Buffer) : Buffer.concat(this.#ahead)
      this.#ahead = []
      this.#aheadLength = 0
      this.#process(bytes, 0, bytes.length, undefined)
    }
    this.#afterProcessing()
  }

  #afterProcessing(): void {
    this.#exchange?.flush()
    this.transport.flush()
    this.#updateReading()
    if (this.transport.hasEnded && this.#aheadLength === 0) this.#clientEnded()
  }

  /** Answers that the client does not read stop us from reading its next request. */
  #isHeldBack(): boolean {
    return this.#phase === HEAD && this.transport.isBlocked
  }

  #process(bytes: Buffer, start: number, end: number, reader: Transport | undefined): void {
    this.#isProcessing = true
    let at = start
    while (at < end && at >= 0) at = this.#step(bytes, at, end, reader)
    this.#isProcessing = false
  }

  /** Index after what was used; a negative one ends the loop. */
  #step(bytes: Buffer, start: number, end: number, reader: Transport | undefined): number {
    switch (this.#phase) {
      case HEAD:
        if (this.#isHeldBack()) return this.#keep(bytes, start, end)
        return this.#readHead(bytes, start, end)
      case BODY:
        return (this.#exchange as Exchange<O>).requestBytes(bytes, start, end, reader)
      case SKIP: {
        const stop = this.body.scan(bytes, start, end)
        if (stop === MALFORMED) this.#linger()
        else if (this.body.isDone) this.#phase = this.#exchange === undefined ? HEAD : HOLD
        return stop
      }
      case TUNNEL:
        this.#exchange?.tunnelBytes(bytes, start, end, reader)
        return end
      case LINGER:
        this.#lingered += end - start
        if (this.#lingered > this.#context.limits.lingerBytes) this.transport.destroy()
        return end
      default:
        return this.#keep(bytes, start, end)
    }
  }

  #keep(bytes: Buffer, start: number, end: number): number {
    this.#ahead.push(Buffer.from(bytes.subarray(start, end)))
    this.#aheadLength += end - start
    return end
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    if (this.#headStartedAt === 0) this.#headStartedAt = this.#context.clock.monotonicMs()
    const stop = this.#parser.feed(bytes, start, end)
    if (stop === INCOMPLETE) return INCOMPLETE
    if (stop === MALFORMED) {
      this.#refuse(this.#parser.refusal)
      return MALFORMED
    }
    this.#headStartedAt = 0
    const head = readRequestHead(this.#parser)
    if ('reason' in head) {
      this.#refuse(head)
      return MALFORMED
    }
    this.body.begin(head.bodyLength)
    this.#phase = HOLD
    const exchange = new Exchange(head, this, this.#context)
    this.#exchange = exchange
    let decision: Decision<O> | Promise<Decision<O>>
    try {
      decision = this.#decide(head, this.#peer)
    } catch (error) {
      exchange.fail(internalFailure(error))
      return stop
    }
    exchange.start(decision)
    return stop
  }

  // --- what the exchange asks for

  routeBody(route: keyof typeof routes): void {
    this.#phase = routes[route]
  }

  readWhile(upstreamTakes: boolean): void {
    this.#upstreamTakes = upstreamTakes
    this.#updateReading()
  }

  #updateReading(): void {
    const mayRead = this.#upstreamTakes && this.#aheadLength < this.#context.limits.aheadBytes
    if (mayRead) this.transport.resume()
    else this.transport.pause()
  }

  answer(answer: Answer, closes: boolean): void {
    const head = this.#exchange?.head
    const rest = this.body.remaining
    const isSmallRest = rest !== undefined && rest <= skippedBytes && !head?.expectsContinue
    const ends = closes || !this.isReusable || !(this.body.isDone || isSmallRest)
    this.#writeAnswer(answer, ends, head?.method === 'HEAD')
    this.finished(ends)
  }

  #writeAnswer(answer: Answer, closes: boolean, isHead: boolean): void {
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
    const { status, headers } = answer
    const hasNoBody = status < 200 || status === 204 || status === 304
    const bodyLength = hasNoBody ? undefined : (body?.length ?? 0)
    try {
      writeResponseHead(this.transport, { status, reasonPhrase: undefined, headers, bodyLength, closes })
    } catch {
      // Only reached with a header that cannot be sent; the answer itself is what is broken.
      const empty = { status: 500, reasonPhrase: undefined, headers: [], bodyLength: 0, closes }
      writeResponseHead(this.transport, empty)
      return
    }
    if (body === undefined || hasNoBody || isHead) return
    this.transport.send(Buffer.from(body.buffer, body.byteOffset, body.length), 0, body.length, undefined)
  }

  finished(closes: boolean): void {
    this.#exchange = undefined
    this.#upstreamTakes = true
    if (closes) {
      this.#linger()
      return
    }
    this.#phase = this.body.isDone ? HEAD : SKIP
    if (this.#isProcessing) return
    this.proceed()
  }

  handOver(takeover: Takeover): void {
    const { status, headers } = takeover
    this.#exchange = undefined
    this.#isHandedOver = true
    writeResponseHead(this.transport, {
      status,
      reasonPhrase: undefined,
      headers,
      bodyLength: undefined,
      closes: false,
    })
    this.transport.flush()
    // The bytes after the head are kept first: they are part of what is handed over.
    queueMicrotask(() => this.#give(takeover))
  }

  #give(takeover: Takeover): void {
    const socket = this.transport.release()
    if (this.#aheadLength > 0) socket.unshift(Buffer.concat(this.#ahead))
    this.#onClosed(this)
    takeover.take(socket)
  }

  // --- ends

  #refuse(failure: Failure): void {
    this.#writeAnswer(this.#context.answerOf(failure, undefined), true, false)
    this.#linger()
  }

  /** Says no more, and reads on for a while: closing over unread bytes resets the connection and eats the answer. */
  #linger(): void {
    this.#phase = LINGER
    this.#ahead = []
    this.#aheadLength = 0
    this.#upstreamTakes = true
    this.#headStartedAt = this.#context.clock.monotonicMs()
    this.transport.end()
    this.#updateReading()
  }

  drained(): void {
    this.isAlive()
    this.#exchange?.clientDrained()
    this.proceed()
  }

  ended(): void {
    this.isAlive()
    this.#clientEnded()
  }

  #clientEnded(): void {
    if (this.#aheadLength > 0) return
    if (this.#phase === TUNNEL) this.#exchange?.tunnelEnded()
    else if (this.#phase === HEAD || this.#phase === LINGER) this.transport.end()
    else if (!this.body.isDone) {
      this.#exchange?.abort('client-aborted')
      this.#exchange = undefined
      this.transport.destroy()
    }
  }

  closed(): void {
    this.#exchange?.abort('client-aborted')
    this.#exchange = undefined
    this.#ahead = []
    this.#aheadLength = 0
    if (!this.#isHandedOver) this.#onClosed(this)
  }

  /** No further request; at once if none is running. */
  drain(): void {
    if (this.isIdle) this.#linger()
  }

  destroy(): void {
    this.#exchange?.abort('server-closed')
    this.#exchange = undefined
    this.transport.destroy()
  }

  /** Called now and then: ends what has taken too long. */
  sweep(now: number): void {
    const { limits } = this.#context
    if (this.#phase === LINGER) {
      if (now - this.#headStartedAt > limits.lingerTimeoutMs) this.transport.destroy()
    } else if (this.#phase === HEAD && this.#headStartedAt !== 0) {
      if (now - this.#headStartedAt > limits.headerTimeoutMs) this.#headTimeout()
    } else if (now - this.#activeAt > limits.idleTimeoutMs) this.#idleTimeout()
  }

  #headTimeout(): void {
    if (this.#parser.isPartial) this.#refuse(failures.requestTimeout)
    else this.#linger()
  }

  #idleTimeout(): void {
    if (this.#exchange === undefined) this.#linger()
    else if (this.#phase === TUNNEL) this.destroy()
    else if (this.body.isDone)
      this.#exchange.fail(upstreamFailure('UpstreamTimeout', 'the tool does not answer'))
    else this.#exchange.fail(failures.requestTimeout)
    this.proceed()
  }
}
