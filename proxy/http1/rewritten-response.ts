// A response that is read whole and given to the client as the consumer rewrites it.
import type { BodyScanner } from './body-scanner.ts'
import type { Answer } from './decision.ts'
import { type Failure, malformedAnswer, upstreamFailure } from './failure.ts'
import { MALFORMED } from './head-parser.ts'
import { KeptBytes } from './kept-bytes.ts'

export interface Rewrite {
  readonly limitBytes: number
  readonly rewrite: (body: Buffer) => Answer
}

export class RewrittenResponse {
  failure: Failure | undefined
  readonly #body: BodyScanner
  readonly #rewrite: Rewrite
  readonly #kept = new KeptBytes()

  constructor(body: BodyScanner, rewrite: Rewrite) {
    this.#body = body
    this.#rewrite = rewrite
  }

  /** Index after what was taken, or MALFORMED: then `failure` says why. */
  pass(bytes: Buffer, start: number, end: number): number {
    const stop = this.#body.scan(bytes, start, end, (from, to) => this.#kept.add(bytes, from, to))
    if (stop === MALFORMED) this.failure = malformedAnswer(this.#body.refusal as Failure)
    else if (this.#kept.length > this.#rewrite.limitBytes) this.failure = tooLarge
    return this.failure === undefined ? stop : MALFORMED
  }

  answer(): Answer {
    return this.#rewrite.rewrite(this.#kept.take())
  }
}

const tooLarge = upstreamFailure(
  'UpstreamBodyTooLarge',
  'the answer of the tool is too large to be rewritten',
)
