import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SequenceGuard } from '../../../http/h1/upstream/sequence-guard.ts'
import { ByteSequences } from '../../../http/message/byte-sequences.ts'

const test = suite('http/h1/sequence-guard')

/** A small generator, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('a sequence is found wherever it lies and however the body is cut', () => {
  const next = numbers(7)
  for (let round = 0; round < 400; round++) {
    const alphabet = 2 + next(4)
    const bytes = (length: number) => Buffer.from(Array.from({ length }, () => 97 + next(alphabet)))
    const sequences = Array.from({ length: 1 + next(3) }, () => bytes(6 + next(30)))
    const body = bytes(1500 + next(1500))
    if (next(2) === 0) {
      const planted = sequences[next(sequences.length)] as Buffer
      planted.copy(body, next(body.length - planted.length))
    }
    const first = Math.min(
      ...sequences.map(sequence => {
        const at = body.indexOf(sequence)
        return at < 0 ? Number.POSITIVE_INFINITY : at + sequence.length
      }),
    )
    const guard = new SequenceGuard(new ByteSequences(sequences))
    const largest = [1, 5, 40, 700, 3000][next(5)] as number
    // In a buffer that begins anywhere, as read buffers' ranges do.
    const shift = next(4)
    const shifted = Buffer.concat([bytes(shift), body]).subarray(shift)
    for (let at = 0; ; ) {
      const to = Math.min(body.length, at + 1 + next(largest))
      const found = guard.finds(shifted, at, to)
      assert.is(found, first <= to, `round ${round} at ${to}`)
      if (found || to === body.length) break
      const pending = Math.max(
        ...sequences.map(sequence => {
          let length = Math.min(to, sequence.length - 1)
          while (length > 0 && !body.subarray(to - length, to).equals(sequence.subarray(0, length))) length--
          return length
        }),
      )
      assert.is(guard.pending, pending, `pending in round ${round} at ${to}`)
      at = to
    }
  }
})

test('a sequence too short to tell from chance is not accepted', () => {
  assert.throws(() => new ByteSequences([Buffer.from('short')]), /short/)
})

test.run()
