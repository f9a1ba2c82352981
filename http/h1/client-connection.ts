// A client's connection: one request after the other, in order, until either side wants no more.
import { type Failure, failures } from '../message/failure.ts'
import type { Answer, ConnectionContext, ConnectionOwner } from '../message/ports.ts'
import { Transport, type TransportOwner } from '../socket/transport.ts'
import { ClientTimer, type WaitsFor } from './client-timer.ts'
import type { TableEntry } from './connection-table.ts'
import { CopiedBytes } from './copied-bytes.ts'
import { Exchange } from './exchange.ts'
import type { BodyRoute, ExchangeClient } from './exchange-client.ts'
import { BodyScanner } from './parse/body-scanner.ts'
import { HeadParser, INCOMPLETE, MALFORMED } from './parse/head-parser.ts'
import { readRequestHead } from './parse/request-head.ts'
import type { ServerContext } from './server-context.ts'
import { writeAnswer } from './write/answer-writer.ts'

const HEAD = 0
/** Bytes are kept until somebody wants them. */
const HOLD = 1
const BODY = 2
/** The rest of an answered request's body, before the next request. */
const SKIP = 3
const TUNNEL = 4
/** Nothing more is served; bytes are read so that our answer is not lost in a reset. */
const LINGER = 5

const routes = { hold: HOLD, exchange: BODY, tunnel: TUNNEL } satisfies Record<BodyRoute, number>

/** The rest of a body that is rather read than paid with a new connection. */
const skippedBytes = 64 * 1024
export interface ClientConnectionOptions {
  /** Address of the other end. */
  readonly peer: string
  readonly claim: (owner: ConnectionOwner) => boolean
  /** May be called again. */
  readonly onClosed: () => void
}

export class ClientConnection implements TransportOwner, ExchangeClient, TableEntry {
  readonly peer: string
  readonly transport: Transport
  readonly connection: ConnectionContext
  readonly body: BodyScanner

  readonly #context: ServerContext
  readonly #onClosed: () => void
  readonly #parser: HeadParser
  #phase = HEAD
  #exchange: Exchange | undefined
  readonly #ahead = new CopiedBytes()
  #isProcessing = false
  #hasRoom = true
  readonly #timer: ClientTimer
  #lingeredBytes = 0

  constructor(context: ServerContext, { peer, claim, onClosed }: ClientConnectionOptions) {
    this.#context = context
    this.#onClosed = onClosed
    this.peer = peer
    this.connection = {
      peer,
      claim: owner => {
        this.#timer.isOwned = claim(owner)
        return this.#timer.isOwned
      },
    }
    this.transport = new Transport(this, context.buffers)
    this.body = new BodyScanner(context.limits, 'refused')
    this.#parser = new HeadParser('request', context.limits)
    this.#timer = new ClientTimer(context)
  }

  get isReusable(): boolean {
    const head = this.#exchange?.head
    return !this.#context.isDraining && head?.minorVersion === 1 && !head.connection.close
  }

  get idleSince(): number | undefined {
    const isIdle = this.#phase === LINGER || (this.#phase === HEAD && !this.#parser.isPartial)
    return isIdle ? this.#timer.activeAt : undefined
  }

  noteActivity(): void {
    this.#timer.noteActivity()
  }

  received(bytes: Buffer, start: number, end: number): void {
    this.noteActivity()
    if (this.#ahead.length > 0) {
      this.#keep(bytes, start, end)
      this.resumeProcessing()
      return
    }
    this.#process(bytes, start, end, this.transport)
    this.#afterProcessing()
  }

  resumeProcessing(): void {
    if (this.#isProcessing) return
    while (this.#ahead.length > 0 && this.#phase !== HOLD && !this.#isHeldBack()) {
      const bytes = this.#ahead.take()
      this.#process(bytes, 0, bytes.length, undefined)
    }
    this.#afterProcessing()
  }

  #afterProcessing(): void {
    this.#exchange?.upstream?.flush()
    this.transport.flush()
    this.#updateReading()
    if (this.transport.hasEnded && this.#ahead.length === 0) this.#clientEnded()
  }

  /** Answers that the client does not read stop us from reading its next request. */
  #isHeldBack(): boolean {
    return this.#phase === HEAD && this.transport.isBlocked
  }

  #process(bytes: Buffer, start: number, end: number, source: Transport | undefined): void {
    this.#isProcessing = true
    let at = start
    while (at < end && at >= 0) at = this.#step(bytes, at, end, source)
    this.#isProcessing = false
  }

  /** Index after what was used; a negative one ends the loop. */
  #step(bytes: Buffer, start: number, end: number, source: Transport | undefined): number {
    switch (this.#phase) {
      case HEAD:
        if (this.#isHeldBack()) return this.#keep(bytes, start, end)
        return this.#readHead(bytes, start, end)
      case BODY:
        return (this.#exchange as Exchange).requestBytes(bytes, start, end, source)
      case SKIP: {
        const stop = this.body.scan(bytes, start, end)
        if (stop === MALFORMED) this.#linger()
        else if (this.body.isDone) this.#nextRequest()
        return stop
      }
      case TUNNEL:
        this.body.bytes += end - start
        this.#exchange?.upstream?.send(bytes, start, end, source)
        if (this.#exchange?.upstream?.isBlocked) this.#hasRoom = false
        return end
      case LINGER:
        this.#lingeredBytes += end - start
        if (this.#lingeredBytes > this.#context.limits.lingerBytes) this.transport.destroy()
        return end
      default:
        return this.#keep(bytes, start, end)
    }
  }

  #keep(bytes: Buffer, start: number, end: number): number {
    this.#ahead.add(bytes, start, end)
    return end
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    this.#timer.headBegins()
    const stop = this.#parser.feed(bytes, start, end)
    if (stop === INCOMPLETE) return INCOMPLETE
    if (stop === MALFORMED) {
      this.#refuse(this.#parser.refusal)
      return MALFORMED
    }
    this.#timer.headIsRead()
    const head = readRequestHead(this.#parser)
    if ('reason' in head) {
      this.#refuse(head)
      return MALFORMED
    }
    this.body.begin(head.bodyLength)
    this.#phase = HOLD
    const exchange = new Exchange(head, this, this.#context)
    this.#exchange = exchange
    exchange.start()
    return stop
  }

  routeBody(route: BodyRoute): void {
    this.#phase = routes[route]
  }

  setCanRead(hasRoom: boolean): void {
    this.#hasRoom = hasRoom
    this.#updateReading()
  }

  #updateReading(): void {
    const mayRead = this.#hasRoom && this.#ahead.length < this.#context.limits.aheadBytes
    if (mayRead) this.transport.resume()
    else this.transport.pause()
  }

  answer(answer: Answer, closes: boolean): void {
    const head = this.#exchange?.head
    const isSmallRest = (this.body.remaining ?? skippedBytes + 1) <= skippedBytes && !head?.expectsContinue
    const ends = closes || !this.isReusable || !(this.body.isDone || isSmallRest)
    writeAnswer(this.transport, answer, { closes: ends, isHead: head?.method === 'HEAD' })
    this.finished(ends)
  }

  finished(closes: boolean): void {
    this.#exchange = undefined
    this.#hasRoom = true
    if (closes) this.#linger()
    else if (this.body.isDone) this.#nextRequest()
    else this.#phase = SKIP
    if (!this.#isProcessing && !closes) this.resumeProcessing()
  }

  #nextRequest(): void {
    if (this.#context.isDraining) this.#linger()
    else this.#phase = HEAD
  }

  #refuse(failure: Failure): void {
    const { answer } = this.#context.answerTo(failure, undefined, this.peer)
    writeAnswer(this.transport, answer, { closes: true, isHead: false })
    this.#linger()
  }

  /** Says no more, and reads on for a while: closing over unread bytes resets the connection and eats the answer. */
  #linger(): void {
    this.#phase = LINGER
    this.#ahead.clear()
    this.#hasRoom = true
    this.#timer.lastBytesBegin()
    this.transport.end()
    this.#updateReading()
  }

  drained(): void {
    this.noteActivity()
    this.#exchange?.upstream?.resume()
    this.resumeProcessing()
  }

  ended(): void {
    this.noteActivity()
    this.#clientEnded()
  }

  #clientEnded(): void {
    if (this.#ahead.length > 0) return
    if (this.#phase === TUNNEL) this.#exchange?.upstream?.end()
    // One that half closes waits for its answer, one that is gone does not: which it is cannot be seen.
    else if (this.#phase === HOLD && this.body.isDone) {
      this.#timer.clientLeft()
      this.#exchange?.clientLeft()
    } else if (this.#phase === HEAD || this.#phase === LINGER) this.transport.end()
    else if (!this.body.isDone) this.#cutOff()
  }

  #cutOff(): void {
    this.#abandon('client-aborted')
    this.transport.destroy()
  }

  #abandon(outcome: 'client-aborted' | 'server-closed'): void {
    this.#exchange?.abort(outcome)
    this.#exchange = undefined
  }

  closed(): void {
    this.#abandon('client-aborted')
    this.#ahead.clear()
    this.#onClosed()
  }

  /** No further request; at once if none is running. */
  drain(): void {
    if (this.#phase === HEAD && !this.#parser.isPartial) this.#linger()
  }

  destroy(): void {
    this.#abandon('server-closed')
    this.transport.destroy()
    this.#onClosed()
  }

  /** Called now and then: ends what has taken too long, and looks whether the rest may go on. */
  sweep(now: number): void {
    const overdue = this.#timer.overdue(this.#waitsFor, this.#exchange, now)
    if (overdue === undefined) this.#exchange?.recheck(now)
    else if (overdue === 'last bytes' || overdue === 'client') this.#cutOff()
    else if (this.#parser.isPartial) this.#refuse(failures.requestTimeout)
    else if (this.#exchange === undefined) this.#linger()
    else {
      this.#exchange.timedOut()
      this.resumeProcessing()
    }
  }

  get #waitsFor(): WaitsFor {
    if (this.#phase === LINGER) return 'last bytes'
    if (this.#phase !== HEAD) return 'exchange'
    return this.#timer.isBetweenRequests ? 'next request' : 'head'
  }
}
