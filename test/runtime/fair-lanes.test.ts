import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FairLanes, type LaneLimits } from '../../runtime/fair-lanes.ts'
import { waitFor } from '../helpers/poll.ts'
import { createManualClock } from './manual-clock.ts'

const test = suite('runtime/fair-lanes')

function lanes(limits: Partial<LaneLimits>) {
  const clock = createManualClock()
  const usual = { total: 100, perPayer: 100, waitingPerPayer: 100, waitMs: 1000 }
  const all = new FairLanes({ clock, refusal: () => new Error('refused'), ...usual, ...limits })
  const running: { readonly payer: string; end(): void }[] = []
  /** What became of a task: running, done or refused. */
  const run = (payer: string) => {
    const task = { state: 'waiting' }
    const done = all.run(payer, async () => {
      task.state = 'running'
      const ended = Promise.withResolvers<void>()
      running.push({ payer, end: ended.resolve })
      await ended.promise
    })
    done.then(
      () => Object.assign(task, { state: 'done' }),
      error => Object.assign(task, { state: error.message }),
    )
    return task
  }
  const settle = () => clock.advance(0)
  return { clock, running, run, settle }
}

test('a payer has so many lanes, and the rest of its tasks wait without keeping others out', async () => {
  const { run, running, settle } = lanes({ perPayer: 2 })
  const own = Array.from({ length: 5 }, () => run('flood'))
  const other = run('other')
  await settle()
  assert.equal(
    own.map(({ state }) => state),
    ['running', 'running', 'waiting', 'waiting', 'waiting'],
  )
  assert.is(other.state, 'running')
  running[0]?.end()
  await waitFor(() => own[2]?.state === 'running')
})

test('when all lanes are taken, payers take turns', async () => {
  const { run, running, settle } = lanes({ total: 1 })
  run('first')
  const flood = Array.from({ length: 4 }, () => run('flood'))
  const late = run('late')
  await settle()
  for (let at = 0; at < 3; at++) {
    running[at]?.end()
    await waitFor(() => running.length === at + 2)
  }
  assert.equal(
    running.map(({ payer }) => payer),
    ['first', 'flood', 'late', 'flood'],
  )
  assert.is(late.state, 'done')
  assert.equal(
    flood.map(({ state }) => state),
    ['done', 'running', 'waiting', 'waiting'],
  )
})

test('what waits too long, or is one too many, is refused', async () => {
  const { run, clock, settle } = lanes({ perPayer: 1, waitingPerPayer: 2 })
  const tasks = Array.from({ length: 4 }, () => run('a'))
  await settle()
  assert.equal(
    tasks.map(({ state }) => state),
    ['running', 'waiting', 'waiting', 'refused'],
  )
  await clock.advance(1000)
  assert.equal(
    tasks.map(({ state }) => state),
    ['running', 'refused', 'refused', 'refused'],
  )
})

test('a rate is a payer’s own, and is earned again with time', async () => {
  const { run, running, clock, settle } = lanes({ rate: { burst: 2, perSecond: 1 }, waitMs: 10_000 })
  const tasks = Array.from({ length: 4 }, () => run('a'))
  const other = run('b')
  await settle()
  for (const task of running) task.end()
  await settle()
  assert.equal(
    tasks.map(({ state }) => state),
    ['done', 'done', 'waiting', 'waiting'],
  )
  assert.is(other.state, 'done')
  await clock.advance(1000)
  assert.equal(
    tasks.map(({ state }) => state),
    ['done', 'done', 'running', 'waiting'],
  )
  await clock.advance(1000)
  assert.is(tasks[3]?.state, 'running')
})

test('a task that throws gives its lane back', async () => {
  const clock = createManualClock()
  const all = new FairLanes({
    clock,
    refusal: () => new Error('refused'),
    total: 1,
    perPayer: 1,
    waitingPerPayer: 1,
    waitMs: 1,
  })
  const failing = all.run('a', () => Promise.reject(new Error('failed')))
  assert.is((await failing.catch(error => error)).message, 'failed')
  assert.is(await all.run('a', async () => 'next'), 'next')
})

test.run()
