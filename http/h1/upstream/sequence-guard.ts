// Looks for byte sequences in a body that comes in pieces.
import type { ByteSequences } from '../../message/byte-sequences.ts'

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
    const sequences = this.#sequences
    const isLong = to - from >= sequences.longest - 1 || this.pending === 0
    const last = isLong ? bytes : Buffer.concat([this.#tail, bytes.subarray(from, to)])
    const end = isLong ? to : last.length
    this.pending = sequences.overlapAtEnd(last, isLong ? from : 0, end)
    this.#tail = this.pending === 0 ? empty : Buffer.from(last.subarray(end - this.pending, end))
  }
}

const empty = Buffer.alloc(0)
