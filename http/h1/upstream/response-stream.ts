// The body of a response on its way to the client, in the framing that the client understands.
import { type Failure, failureOfHead, malformedAnswer } from '../../message/failure.ts'
import type { HeaderList } from '../../message/headers.ts'
import type { Forbidden, Relay } from '../../message/ports.ts'
import type { Transport } from '../../socket/transport.ts'
import { CopiedBytes } from '../copied-bytes.ts'
import type { BodyScanner } from '../parse/body-scanner.ts'
import { MALFORMED } from '../parse/head-parser.ts'
import { writeLastChunk } from '../write/head-writer.ts'
import { SequenceGuard } from './sequence-guard.ts'

export interface ResponseStreamOptions {
  readonly client: Transport
  /** The client speaks HTTP/1.0: chunks come without their framing. */
  readonly decodes: boolean
  readonly relay: Pick<Relay, 'rewriteTrailers'>
  /** What must not pass in the body. */
  readonly forbidden: Forbidden | undefined
}

export class ResponseStream {
  failure: Failure | undefined
  readonly #body: BodyScanner
  readonly #options: ResponseStreamOptions
  readonly #guard: SequenceGuard | undefined
  /** The end of what came, while it may be the beginning of what must not pass. */
  #heldBack: CopiedBytes | undefined
  /** Ranges of payload in what is being passed: from, to, from, to, ... */
  #payload: number[] = []

  constructor(body: BodyScanner, options: ResponseStreamOptions) {
    this.#body = body
    this.#options = options
    if (options.forbidden !== undefined) this.#guard = new SequenceGuard(options.forbidden.sequences)
  }

  /** Index after what was passed on, or MALFORMED: then `failure` says why. */
  pass(bytes: Buffer, start: number, end: number, source: Transport | undefined): number {
    const body = this.#body
    const { client, decodes } = this.#options
    const stop = body.scan(bytes, start, end, this.#payloadReader(bytes))
    this.failure ??= stop === MALFORMED ? malformedAnswer(body.refusal as Failure) : undefined
    if (this.failure !== undefined) return MALFORMED
    if (decodes) this.#passPayload(bytes)
    else if (this.#guard === undefined) body.passTo(client, bytes, source)
    else this.#passGuarded(bytes, this.#guard.pending, source)
    if (body.isDone) this.releaseHeldBack()
    return body.isDone && body.isChunked && !decodes && !this.#passTrailers(body.trailers) ? MALFORMED : stop
  }

  /** Undefined where the framing goes on and nothing is looked for. */
  #payloadReader(bytes: Buffer): ((from: number, to: number) => void) | undefined {
    const guard = this.#guard
    if (guard === undefined && !this.#options.decodes) return undefined
    this.#payload = []
    return (from, to) => {
      this.#payload.push(from, to)
      if (guard?.finds(bytes, from, to)) this.failure ??= this.#options.forbidden?.failure
    }
  }

  /** All but the pending end, with the framing in between. */
  #passGuarded(bytes: Buffer, pending: number, source: Transport | undefined): void {
    const { client } = this.#options
    const { from, to, resumedSize } = this.#body
    const hold = this.#startOfPending(pending)
    const size = resumedSize < 0 ? '' : `${resumedSize.toString(16)}\r\n`
    if (hold === undefined) {
      this.#holdBack(Buffer.from(size), 0, size.length)
      this.#holdBack(bytes, from, to)
      return
    }
    this.releaseHeldBack()
    if (size !== '') client.sendText(size)
    client.send(bytes, from, Math.min(hold, to), source)
    if (hold < to) this.#holdBack(bytes, hold, to)
  }

  #passPayload(bytes: Buffer): void {
    const { client } = this.#options
    const payload = this.#payload
    const hold = this.#startOfPending(this.#guard?.pending ?? 0)
    if (hold !== undefined) this.releaseHeldBack()
    for (let at = 0; at < payload.length; at += 2) {
      const from = payload[at] as number
      const to = payload[at + 1] as number
      const middle = Math.min(to, Math.max(from, hold ?? from))
      if (middle > from) client.send(Buffer.from(bytes.subarray(from, middle)), 0, middle - from, undefined)
      if (to > middle) this.#holdBack(bytes, middle, to)
    }
  }

  /** Index from which bytes may not pass yet; undefined when that began before these bytes. */
  #startOfPending(pending: number): number | undefined {
    const payload = this.#payload
    if (pending === 0) return Number.POSITIVE_INFINITY
    let left = pending
    for (let at = payload.length - 2; at >= 0; at -= 2) {
      const from = payload[at] as number
      const length = (payload[at + 1] as number) - from
      if (left <= length) return from + length - left
      left -= length
    }
    return undefined
  }

  #holdBack(bytes: Buffer, from: number, to: number): void {
    this.#heldBack ??= new CopiedBytes()
    this.#heldBack.add(bytes, from, to)
  }

  /** What was held back is not the beginning of anything after all: the body has ended. */
  releaseHeldBack(): void {
    if (this.#heldBack === undefined) return
    const bytes = this.#heldBack.take()
    this.#heldBack = undefined
    this.#options.client.send(bytes, 0, bytes.length, undefined)
  }

  #passTrailers(trailers: HeaderList): boolean {
    try {
      const { client, relay } = this.#options
      const isEmpty = trailers.length === 0
      writeLastChunk(client, (isEmpty ? undefined : relay.rewriteTrailers?.(trailers)) ?? trailers)
      return true
    } catch (error) {
      this.failure = failureOfHead(error)
      return false
    }
  }
}
