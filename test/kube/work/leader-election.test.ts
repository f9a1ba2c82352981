import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Lease } from '../../../kube/object/objects.ts'
import { decideLease } from '../../../kube/work/leader-election.ts'
import { candidate, LeaseStore, leaseMs, leaseOf, pass } from '../lease-candidates.ts'

const test = suite('kube/work/leader-election')

test('decides by the holder and by how long the Lease has been seen unchanged', () => {
  const cases: readonly (readonly [string, Lease['spec'] | null, number, ReturnType<typeof decideLease>])[] =
    [
      ['no Lease', null, 0, { act: 'create' }],
      ['no spec', undefined, 0, { act: 'take' }],
      ['given back', { holderIdentity: '', leaseDurationSeconds: 1 }, 0, { act: 'take' }],
      ['own', { holderIdentity: 'me', leaseDurationSeconds: 10 }, 1e6, { act: 'renew' }],
      ['just seen', { holderIdentity: 'you', leaseDurationSeconds: 10 }, 0, { act: 'wait', untilMs: 10_500 }],
      [
        'not over',
        { holderIdentity: 'you', leaseDurationSeconds: 10 },
        9999,
        { act: 'wait', untilMs: 10_500 },
      ],
      ['over', { holderIdentity: 'you', leaseDurationSeconds: 10 }, 10_000, { act: 'take' }],
      [
        'promised more',
        { holderIdentity: 'you', leaseDurationSeconds: 60 },
        59_999,
        { act: 'wait', untilMs: 60_500 },
      ],
      ['promised nothing', { holderIdentity: 'you' }, 9999, { act: 'wait', untilMs: 10_500 }],
      // Another machine's clock says nothing here.
      [
        'of 1970',
        { holderIdentity: 'you', renewTime: '1970-01-01T00:00:00.000000Z' },
        0,
        { act: 'wait', untilMs: 10_500 },
      ],
    ]
  for (const [what, spec, ageMs, expected] of cases) {
    const sighting = spec === null ? undefined : { lease: leaseOf(spec), sinceMs: 500 }
    const decision = decideLease(sighting, { identity: 'me', nowMs: 500 + ageMs, leaseMs })
    assert.equal(decision, expected, what)
  }
})

test('one leads and the others wait, for as long as it renews', async () => {
  const store = new LeaseStore()
  const all = ['a', 'b', 'c'].map(name => candidate(store, name))
  await pass(500, all)
  await pass(120_000, all, () => assert.is(all.filter(one => one.isLeading()).length, 1))
  assert.is(
    new Set(store.writes.slice(3).map(write => write.slice(0, 1))).size,
    1,
    'the others write nothing',
  )
  assert.is(store.lease?.spec?.leaseTransitions, 0)
  assert.match(store.lease?.spec?.renewTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  for (const one of all) await one.stop()
})

test('a leader that is gone is followed after its Lease, and never before it has stopped', async () => {
  const store = new LeaseStore()
  const gone = candidate(store, 'a')
  await pass(500, [gone])
  const next = candidate(store, 'b')
  await pass(30_000, [gone, next])
  let waitedMs = 0
  while (!next.isLeading()) {
    assert.ok(waitedMs <= 12_000, 'it takes over in time')
    await next.clock.advance(250)
    gone.freeze(250)
    waitedMs += 250
    assert.not(gone.isLeading() && next.isLeading())
  }
  assert.is(store.holder, 'b')
  assert.is(store.lease?.spec?.leaseTransitions, 1)
  const asked = store.writes.length
  assert.not(gone.isLeading(), 'before anything in it could run')
  await gone.clock.advance(10_000)
  assert.is(gone.outcome(), 'NotLeading')
  assert.ok(gone.isEnded())
  assert.is(store.writes.slice(asked).filter(write => write.startsWith('a')).length, 0)
  await next.stop()
})

test('who slept longer than it may trust its Lease does not go on, though nobody took it', async () => {
  const store = new LeaseStore()
  const sleeper = candidate(store, 'a')
  await pass(500, [sleeper])
  sleeper.freeze(8000)
  assert.not(sleeper.isLeading())
  await sleeper.clock.advance(2000)
  assert.is(sleeper.outcome(), 'NotLeading')
  assert.equal(store.writes, ['a create'])
})

test('a leader that cannot renew ends before its Lease has', async () => {
  for (const failing of ['before', 'after'] as const) {
    const store = new LeaseStore()
    const leader = candidate(store, 'a')
    await pass(500, [leader])
    store.failing = failing
    await pass(7000, [leader])
    assert.is(leader.outcome(), 'runs')
    await pass(1500, [leader])
    assert.is(leader.outcome(), 'NotLeading')
    assert.ok(leader.isEnded())
    assert.ok(leader.errors.length > 1)
  }
})

test('an API server that is silent for a while costs nothing, whether or not it had written', async () => {
  for (const failing of ['before', 'after'] as const) {
    const store = new LeaseStore()
    const leader = candidate(store, 'a')
    await pass(500, [leader])
    store.failing = failing
    await pass(5000, [leader])
    store.failing = 'never'
    await pass(60_000, [leader], () => assert.ok(leader.isLeading()))
    assert.is(store.lease?.spec?.leaseTransitions, 0)
    await leader.stop()
  }
})

test('an API server that takes three seconds for each answer costs nobody the Lease', async () => {
  const store = new LeaseStore()
  const leader = candidate(store, 'a')
  const standby = candidate(store, 'b')
  store.delay = name => (name === 'a' ? leader : standby).clock.sleep(3000, {})
  await pass(12_000, [leader, standby])
  const first = [leader, standby].find(one => one.isLeading())
  await pass(120_000, [leader, standby], () => assert.ok(first?.isLeading()))
  assert.is(store.lease?.spec?.leaseTransitions, 0)
  for (const one of [leader, standby]) {
    const stopped = one.stop()
    await pass(12_000, [leader, standby])
    await stopped
  }
})

test('a Lease that was deleted is not had by others before its holder must have stopped', async () => {
  const store = new LeaseStore()
  const leader = candidate(store, 'a')
  await pass(500, [leader])
  const standby = candidate(store, 'b')
  await pass(3000, [leader, standby])
  store.lease = undefined
  let waitedMs = 0
  while (!standby.isLeading()) {
    assert.ok(waitedMs <= 12_000, 'it takes over in time')
    // The holder does not learn of it.
    leader.freeze(250)
    await standby.clock.advance(250)
    waitedMs += 250
    assert.not(leader.isLeading() && standby.isLeading())
  }
  await standby.stop()
})

test('a Lease that promises years is had once somebody has deleted it', async () => {
  const store = new LeaseStore()
  store.write({ holderIdentity: 'nobody that runs', leaseDurationSeconds: 999_999_999 })
  const waiting = candidate(store, 'a')
  await pass(30_000, [waiting])
  assert.not(waiting.isLeading())
  store.lease = undefined
  await pass(2250, [waiting])
  assert.ok(waiting.isLeading())
  await waiting.stop()
})

test('a graceful end gives the Lease back, and the next one need not wait for its end', async () => {
  const store = new LeaseStore()
  const leader = candidate(store, 'a')
  await pass(500, [leader])
  const next = candidate(store, 'b')
  await pass(3000, [leader, next])
  await leader.stop()
  assert.is(leader.outcome(), 'ended')
  assert.is(store.holder, '')
  await pass(2250, [next])
  assert.ok(next.isLeading())
  await next.stop()
})

test('the Lease is kept while the work ends, and given back when the work fails', async () => {
  const store = new LeaseStore()
  const work = Promise.withResolvers<void>()
  const leader = candidate(store, 'a', () => work.promise)
  await pass(500, [leader])
  const stopping = leader.stop()
  await pass(20_000, [leader])
  assert.is(store.holder, 'a')
  assert.ok(leader.isLeading())
  work.reject(new Error('a defect'))
  await stopping
  assert.is(leader.outcome(), 'a defect')
  assert.is(store.holder, '')
})

test('a Lease that others touch or delete is kept, one that they take is lost at once', async () => {
  const store = new LeaseStore()
  const leader = candidate(store, 'a')
  await pass(500, [leader])
  store.write(store.lease?.spec)
  await pass(3000, [leader])
  store.lease = undefined
  await pass(3000, [leader])
  assert.ok(leader.isLeading())
  assert.is(store.holder, 'a')
  store.write({ holderIdentity: 'b', leaseDurationSeconds: 10 })
  await pass(2250, [leader])
  assert.is(leader.outcome(), 'NotLeading')
  assert.is(store.holder, 'b')
})

test('who waits ends when told to', async () => {
  const store = new LeaseStore()
  store.write({ holderIdentity: 'x', leaseDurationSeconds: 10 })
  const waiting = candidate(store, 'a')
  await pass(1000, [waiting])
  assert.not(waiting.isLeading())
  await waiting.stop()
  assert.is(waiting.outcome(), 'ended')
  assert.equal(store.writes, [])
})

test.run()
