// When checks are asked, under a clock that the test moves.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Check, type CheckAnswer, CheckResults } from '../../../controller/checks/results.ts'
import { createManualClock, type ManualClock } from '../../runtime/manual-clock.ts'

const test = suite('controller/checks/results')
const good: CheckAnswer = { outcome: { status: 'True', reason: 'Good', message: '' } }
const bad: CheckAnswer = { outcome: { status: 'False', reason: 'Bad', message: '' } }
const minute = 60_000

type Bench = { readonly results: CheckResults; readonly clock: ManualClock; readonly told: string[] }

async function withResults(use: (bench: Bench) => Promise<void>, concurrency = 32): Promise<void> {
  const clock = createManualClock()
  const told: string[] = []
  const results = new CheckResults({
    clock,
    intervalMs: 5 * minute,
    concurrency,
    concurrencyPerHost: 2,
    onResult: owner => told.push(owner),
    onError: error => assert.unreachable(String(error)),
  })
  const stop = new AbortController()
  const running = results.run({ signal: stop.signal })
  try {
    await use({ results, clock, told })
  } finally {
    stop.abort()
    await running
  }
}

/** Counts its runs, and answers as it is told to. */
function check(
  fingerprint: string,
  answer: () => CheckAnswer | Promise<CheckAnswer> = () => good,
  host = 'h',
) {
  const runs: string[] = []
  const made: Check = {
    name: 'liveness',
    fingerprint,
    host,
    async run() {
      runs.push(fingerprint)
      return answer()
    },
  }
  return { runs, check: made }
}

test('asks at once, then about every interval', () =>
  withResults(async ({ results, clock, told }) => {
    const { check: asked, runs } = check('1')
    results.setChecks('team/tool', [asked])
    await clock.advance(0)
    assert.is(runs.length, 1)
    assert.equal(told, ['team/tool'])
    assert.is(results.last('team/tool', 'liveness')?.outcome.reason, 'Good')
    results.setChecks('team/tool', [asked])
    await clock.advance(4 * minute)
    assert.is(runs.length, 1)
    await clock.advance(2 * minute)
    assert.is(runs.length, 2)
  }))

test('asks again soon after a failure, later and later, never rarer than the interval', () =>
  withResults(async ({ results, clock }) => {
    const { check: asked, runs } = check('1', () => bad)
    results.setChecks('team/tool', [asked])
    await clock.advance(2000)
    assert.is(runs.length, 2)
    await clock.advance(minute)
    assert.ok(runs.length >= 5 && runs.length <= 8, `${runs.length} runs`)
    await clock.advance(60 * minute)
    const before = runs.length
    await clock.advance(5 * minute)
    assert.ok(runs.length > before && runs.length <= before + 3)
  }))

test('leaves alone for as long as it is asked to', () =>
  withResults(async ({ results, clock }) => {
    const { check: asked, runs } = check('1', () => ({ ...bad, retryAfterMs: 10 * minute }))
    results.setChecks('team/tool', [asked])
    await clock.advance(9 * minute)
    assert.is(runs.length, 1)
    await clock.advance(2 * minute)
    assert.is(runs.length, 2)
  }))

test('asks a changed question at once, and takes no late answer to the old one for it', () =>
  withResults(async ({ results, clock, told }) => {
    const slow = Promise.withResolvers<CheckAnswer>()
    const old = check('old', () => slow.promise)
    const now = check('new', () => bad)
    results.setChecks('team/tool', [old.check])
    await clock.advance(0)
    results.setChecks('team/tool', [now.check])
    slow.resolve(good)
    await clock.advance(0)
    assert.is(now.runs.length, 1)
    assert.equal(told, ['team/tool'])
    assert.is(results.last('team/tool', 'liveness')?.fingerprint, 'new')
  }))

test('forgets what is no longer wanted', () =>
  withResults(async ({ results, clock, told }) => {
    const slow = Promise.withResolvers<CheckAnswer>()
    const { check: asked, runs } = check('1', () => slow.promise)
    results.setChecks('team/tool', [asked])
    await clock.advance(0)
    results.setChecks('team/tool', [])
    slow.resolve(good)
    await clock.advance(20 * minute)
    assert.is(runs.length, 1)
    assert.equal(told, [])
    assert.is(results.last('team/tool', 'liveness'), undefined)
  }))

test('asks two at one host at a time, while others go on', () =>
  withResults(async ({ results, clock }) => {
    const slow = Promise.withResolvers<CheckAnswer>()
    const busy = Array.from({ length: 10 }, () => check('1', () => slow.promise, 'busy'))
    for (const [index, { check: asked }] of busy.entries()) results.setChecks(`team/busy-${index}`, [asked])
    const free = check('1', () => good, 'free')
    results.setChecks('team/free', [free.check])
    await clock.advance(0)
    const started = () => busy.filter(({ runs }) => runs.length > 0).length
    assert.is(started(), 2)
    assert.is(free.runs.length, 1)
    slow.resolve(good)
    await clock.advance(0)
    assert.is(started(), 10)
  }, 4))

test('gives the place of one that is not wanted any more, or is elsewhere now, to the next in line', () =>
  withResults(async ({ results, clock }) => {
    const slow = Promise.withResolvers<CheckAnswer>()
    const busy = Array.from({ length: 8 }, () => check('1', () => slow.promise, 'busy'))
    for (const [index, { check: asked }] of busy.entries()) results.setChecks(`team/busy-${index}`, [asked])
    await clock.advance(0)
    for (const index of [2, 3]) results.setChecks(`team/busy-${index}`, [])
    const moved = check('2', () => good, 'free')
    for (const index of [4, 5]) results.setChecks(`team/busy-${index}`, [moved.check])
    await clock.advance(0)
    slow.resolve(good)
    await clock.advance(0)
    assert.equal(
      busy.map(({ runs }) => runs.length),
      [1, 1, 0, 0, 0, 0, 1, 1],
    )
    assert.is(moved.runs.length, 2)
  }))

test('gives on the place of one that went after it was called', () =>
  withResults(async ({ results, clock }) => {
    const [atBusy, atOther] = [Promise.withResolvers<CheckAnswer>(), Promise.withResolvers<CheckAnswer>()]
    const busy = Array.from({ length: 5 }, () => check('1', () => atBusy.promise, 'busy'))
    for (const [index, { check: asked }] of busy.entries()) results.setChecks(`team/busy-${index}`, [asked])
    await clock.advance(0)
    for (const host of ['a', 'b', 'c']) {
      results.setChecks(`team/${host}`, [check('1', () => atOther.promise, host).check])
    }
    await clock.advance(0)
    // The places at the busy host are free, and the two that were called to them wait for a worker.
    atBusy.resolve(good)
    await clock.advance(0)
    for (const index of [2, 3]) results.setChecks(`team/busy-${index}`, [])
    atOther.resolve(good)
    await clock.advance(0)
    assert.equal(
      busy.map(({ runs }) => runs.length),
      [1, 1, 0, 0, 1],
    )
  }, 3))

test('asks as many at a time as it may', () =>
  withResults(async ({ results, clock }) => {
    const slow = Promise.withResolvers<CheckAnswer>()
    const all = Array.from({ length: 10 }, (_, index) => check('1', () => slow.promise, `host-${index}`))
    for (const [index, { check: asked }] of all.entries()) results.setChecks(`team/${index}`, [asked])
    await clock.advance(0)
    assert.is(all.filter(({ runs }) => runs.length > 0).length, 4)
    slow.resolve(good)
  }, 4))

test.run()
