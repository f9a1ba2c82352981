// A response that is read whole and given to the client as the consumer rewrites it.
import { type Failure, malformedAnswer, upstreamFailure } from '../../message/failure.ts'
import type { Answer, Collect } from '../../message/ports.ts'
import { CopiedBytes } from '../copied-bytes.ts'
import type { BodyScanner } from '../parse/body-scanner.ts'
import { MALFORMED } from '../parse/head-parser.ts'

export class RewrittenResponse {
  failure: Failure | undefined
  readonly #body: BodyScanner
  readonly #verdict: Collect
  readonly #kept = new CopiedBytes()

  constructor(body: BodyScanner, verdict: Collect) {
    this.#body = body
    this.#verdict = verdict
  }

  /** Index after what was taken, or MALFORMED: then `failure` says why. */
  pass(bytes: Buffer, start: number, end: number): number {
    const stop = this.#body.scan(bytes, start, end, (from, to) => this.#keep(bytes, from, to))
    if (stop === MALFORMED) this.failure ??= malformedAnswer(this.#body.refusal as Failure)
    return this.failure === undefined ? stop : MALFORMED
  }

  /** The body has come. */
  answer(): Answer {
    try {
      return this.#verdict.rewrite(this.#kept.take())
    } finally {
      this.#verdict.memory.release()
    }
  }

  /** The body will not come whole. */
  drop(): void {
    this.#kept.clear()
    this.#verdict.memory.release()
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.failure !== undefined) return
    const { limitBytes, memory } = this.#verdict
    this.failure = this.#kept.length + to - from > limitBytes ? tooLarge : memory.grow(to - from)
    if (this.failure === undefined) this.#kept.add(bytes, from, to)
  }
}

const tooLarge = upstreamFailure(
  'UpstreamBodyTooLarge',
  'the answer of the tool is too large to be rewritten',
)
