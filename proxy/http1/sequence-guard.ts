// Looks for byte sequences in a body that comes in pieces.
import type { ByteSequences } from './byte-sequences.ts'

export class SequenceGuard {
  /** How many of the last bytes may be the beginning of a sequence: they must not pass before more is known. */
  pending = 0

  readonly #sequences: ByteSequences
  /** The pending bytes. */
  #tail: Buffer = empty

  constructor(sequences: ByteSequences) {
    this.#sequences = sequences
  }

  /** Whether a sequence ends in this piece, which follows the one before. */
  finds(bytes: Buffer, from: number, to: number): boolean {
    const sequences = this.#sequences
    const span = sequences.longest - 1
    if (this.pending > 0) {
      const across = Buffer.concat([this.#tail, bytes.subarray(from, Math.min(to, from + span))])
      if (sequences.areIn(across, 0, across.length)) return true
    }
    if (sequences.areIn(bytes, from, to)) return true
    this.#remember(bytes, from, to)
    return false
  }

  #remember(bytes: Buffer, from: number, to: number): void {
    const span = this.#sequences.longest - 1
    const isLong = to - from >= span || this.pending === 0
    const end = bytes.subarray(isLong ? Math.max(from, to - span) : from, to)
    const last = isLong ? end : Buffer.concat([this.#tail, end])
    this.pending = this.#sequences.overlapAtEnd(last)
    this.#tail = this.pending === 0 ? empty : Buffer.from(last.subarray(last.length - this.pending))
  }
}

const empty = Buffer.alloc(0)
