import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decideKeys, type ObservedKeys } from '../../../controller/sealing-keys/decide.ts'
import { createSealingKey, formatPublicKey, type SealingKey } from '../../../seal/sealing-keys.ts'

const test = suite('controller/sealing-keys/decide')

const hour = 3_600_000
const times = { lifetimeMs: 720 * hour, leadMs: hour / 6, keepMs: 25 * hour }
const made = createSealingKey(0)

/** A key of this name; all have the same bytes, which decide nothing. */
const key = (kid: string, createdMs: number, publishedMs?: number): SealingKey => ({
  ...made,
  kid,
  createdMs,
  publishedMs,
})

function decide(keys: readonly SealingKey[] | undefined, nowMs: number, rest: Partial<ObservedKeys> = {}) {
  const inUse = keys?.findLast(({ publishedMs }) => publishedMs !== undefined)
  const published = inUse && formatPublicKey(inUse)
  const decision = decideKeys(
    { keys, published, rotatesNow: false, ...rest },
    { ...times, nowMs, createKey: () => key('new', nowMs) },
  )
  const { change, againMs } = decision
  const named = decision.keys?.map(({ kid, publishedMs }) => `${kid}@${publishedMs ?? '-'}`)
  return { change, againMs, keys: named, published: decision.published && JSON.parse(decision.published).kid }
}

const nothing = { change: undefined, keys: undefined, published: undefined }

test('the first key is used at once', () => {
  for (const keys of [undefined, []]) {
    assert.equal(decide(keys, 5), {
      change: 'created',
      keys: ['new@5'],
      published: 'new',
      againMs: times.lifetimeMs,
    })
  }
})

test('at rest nothing is written', () => {
  assert.equal(decide([key('a', 0, 0)], hour), { ...nothing, againMs: times.lifetimeMs - hour })
})

test('a next key is known to all before it is used, and opens on after that', () => {
  const start = times.lifetimeMs
  assert.equal(decide([key('a', 0, 0)], start), {
    change: 'next key made',
    keys: ['a@0', 'new@-'],
    published: undefined,
    againMs: times.leadMs,
  })
  const both = [key('a', 0, 0), key('b', start)]
  assert.equal(decide(both, start + 1000), { ...nothing, againMs: times.leadMs - 1000 })
  const used = start + times.leadMs
  assert.equal(decide(both, used), {
    change: 'next key published',
    keys: ['a@0', `b@${used}`],
    published: 'b',
    againMs: times.keepMs,
  })
  const after = [key('a', 0, 0), key('b', start, used)]
  assert.equal(decide(after, used + times.keepMs - 1), { ...nothing, againMs: 1 })
  assert.equal(decide(after, used + times.keepMs), {
    change: 'old key ended',
    keys: [`b@${used}`],
    published: undefined,
    againMs: times.lifetimeMs - times.keepMs,
  })
})

test('what is published is mended, and nothing else', () => {
  const [only] = [key('a', 0, 0)]
  for (const published of [undefined, 'garbage', formatPublicKey(key('other', 0))]) {
    const { change, keys, published: written } = decide([only as SealingKey], hour, { published })
    assert.equal([change, keys, written], [undefined, undefined, 'a'])
  }
})

test('a single key that was never published is, whatever its age', () => {
  const { change, published } = decide([key('a', hour)], hour)
  assert.equal([change, published], ['next key published', 'a'])
})

test('on demand all keys end at once, the one in use too', () => {
  const keys = [key('a', 0, 0), key('b', 1, 2), key('c', 3)]
  assert.equal(decide(keys, hour, { rotatesNow: true }), {
    change: 'rotated at once',
    keys: [`new@${hour}`],
    published: 'new',
    againMs: times.lifetimeMs,
  })
})

test.run()
