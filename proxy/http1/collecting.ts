// A body that is read whole, within a bound.
import type { BodyScanner } from './body-scanner.ts'
import type { Collect, Origin } from './decision.ts'
import { MALFORMED } from './head-parser.ts'
import { KeptBytes } from './kept-bytes.ts'

export class Collecting {
  problem: 'malformed' | 'too long' | undefined
  readonly #limitBytes: number
  readonly #kept = new KeptBytes()

  constructor(limitBytes: number, body: BodyScanner) {
    this.#limitBytes = limitBytes
    if ((body.remaining ?? 0) > limitBytes && body.remaining !== Number.POSITIVE_INFINITY)
      this.problem = 'too long'
  }

  /** Index after what was taken; with a `problem`, it is of no use. */
  scan(body: BodyScanner, bytes: Buffer, start: number, end: number): number {
    const stop = body.scan(bytes, start, end, (from, to) => this.#kept.add(bytes, from, to))
    if (stop === MALFORMED) this.problem = 'malformed'
    else if (this.#kept.length > this.#limitBytes) this.problem = 'too long'
    return stop
  }

  take(): Buffer {
    return this.#kept.take()
  }
}

/** Of a request's body, with what is asked once it is there. */
export interface RunningCollect<O extends Origin> {
  readonly collecting: Collecting
  readonly collect: Collect<O>
}
