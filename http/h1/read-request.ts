// A request's body that is read whole, for an answer of ours.
import type { Failure } from '../message/failure.ts'
import type { Answer, ReadDecision } from '../message/ports.ts'
import { CopiedBytes } from './copied-bytes.ts'
import type { BodyScanner } from './parse/body-scanner.ts'
import { MALFORMED } from './parse/head-parser.ts'

export class ReadRequest {
  failure: Failure | undefined
  readonly #body: BodyScanner
  readonly #decision: ReadDecision
  readonly #kept = new CopiedBytes()

  constructor(body: BodyScanner, decision: ReadDecision) {
    this.#body = body
    this.#decision = decision
  }

  /** Index after what was taken, or MALFORMED: then `failure` says why. */
  take(bytes: Buffer, start: number, end: number): number {
    const stop = this.#body.scan(bytes, start, end, (from, to) => this.#keep(bytes, from, to))
    if (stop === MALFORMED) this.failure ??= this.#body.refusal
    return this.failure === undefined ? stop : MALFORMED
  }

  /** The body has come. */
  async answer(): Promise<Answer> {
    return this.#decision.answer(this.#kept.take())
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.failure !== undefined) return
    if (this.#kept.length + to - from > this.#decision.limitBytes) this.failure = tooLarge
    else this.#kept.add(bytes, from, to)
  }
}

const tooLarge: Failure = {
  status: 413,
  reason: 'BodyTooLarge',
  message: 'Cannot read the request: its body is too large',
}
