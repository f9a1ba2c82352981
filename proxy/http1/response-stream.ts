// The body of a response on its way to the client, in the framing that the client understands.
import type { BodyScanner } from './body-scanner.ts'
import { type Failure, failureOfHead, malformedAnswer } from './failure.ts'
import { MALFORMED } from './head-parser.ts'
import { writeLastChunk } from './head-writer.ts'
import type { HeaderList } from './headers.ts'
import type { Transport } from './transport.ts'

export interface ResponseStreamOptions {
  readonly client: Transport
  /** The client speaks HTTP/1.0: chunks come without their framing. */
  readonly decodes: boolean
  readonly rewriteTrailers: ((trailers: HeaderList) => HeaderList) | undefined
}

export class ResponseStream {
  failure: Failure | undefined
  readonly #body: BodyScanner
  readonly #options: ResponseStreamOptions

  constructor(body: BodyScanner, options: ResponseStreamOptions) {
    this.#body = body
    this.#options = options
  }

  /** Index after what was passed on, or MALFORMED: then `failure` says why. */
  pass(bytes: Buffer, start: number, end: number, reader: Transport | undefined): number {
    const body = this.#body
    const { client, decodes } = this.#options
    const decode = decodes
      ? (from: number, to: number) =>
          client.send(Buffer.from(bytes.subarray(from, to)), 0, to - from, undefined)
      : undefined
    const stop = body.scan(bytes, start, end, decode)
    if (stop === MALFORMED) {
      this.failure = malformedAnswer(body.refusal as Failure)
      return MALFORMED
    }
    if (decodes) return stop
    body.passTo(client, bytes, reader)
    return body.isDone && body.isChunked && !this.#passTrailers(body.trailers) ? MALFORMED : stop
  }

  #passTrailers(trailers: HeaderList): boolean {
    try {
      const { client, rewriteTrailers } = this.#options
      const rewrite = trailers.length === 0 ? undefined : rewriteTrailers
      writeLastChunk(client, rewrite === undefined ? trailers : rewrite(trailers))
      return true
    } catch (error) {
      this.failure = failureOfHead(error)
      return false
    }
  }
}
