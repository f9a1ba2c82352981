// A response that is read whole and given to the client as the consumer rewrites it.
import type { BodyScanner } from './body-scanner.ts'
import { Collecting } from './collecting.ts'
import type { Answer } from './decision.ts'
import { type Failure, malformedAnswer, upstreamFailure } from './failure.ts'
import { MALFORMED } from './head-parser.ts'

export interface Rewrite {
  readonly limitBytes: number
  readonly rewrite: (body: Buffer) => Answer | Promise<Answer>
}

export class RewrittenResponse {
  failure: Failure | undefined
  readonly #body: BodyScanner
  readonly #collecting: Collecting
  readonly #rewrite: Rewrite['rewrite']

  constructor(body: BodyScanner, { limitBytes, rewrite }: Rewrite) {
    this.#body = body
    this.#collecting = new Collecting(limitBytes, body)
    this.#rewrite = rewrite
  }

  /** Index after what was taken, or MALFORMED: then `failure` says why. */
  pass(bytes: Buffer, start: number, end: number): number {
    const stop = this.#collecting.scan(this.#body, bytes, start, end)
    const { problem } = this.#collecting
    if (problem === undefined) return stop
    this.failure =
      problem === 'malformed'
        ? malformedAnswer(this.#body.refusal as Failure)
        : upstreamFailure('UpstreamBodyTooLarge', 'the answer of the tool is too large to be rewritten')
    return MALFORMED
  }

  answer(): Answer | Promise<Answer> {
    return this.#rewrite(this.#collecting.take())
  }
}
