import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createQueue, type Handled, type Queue } from '../../../kube/work/queue.ts'
import { createManualClock, type ManualClock } from '../../runtime/manual-clock.ts'

const test = suite('kube/work/queue')

interface Scene {
  readonly queue: Queue
  readonly clock: ManualClock
  readonly handled: string[]
}

async function withQueue(
  { handle, workers = 2 }: { handle?: (key: string) => Promise<Handled>; workers?: number },
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const clock = createManualClock()
  const queue = createQueue({ clock, minBackoffMs: 1000, maxBackoffMs: 8000 })
  const handled: string[] = []
  const stop = new AbortController()
  const running = queue.run({
    workers,
    signal: stop.signal,
    async handle(key) {
      handled.push(key)
      return handle?.(key)
    },
  })
  try {
    await use({ queue, clock, handled })
  } finally {
    stop.abort()
    await running
  }
}

test('a key that is added many times before its turn is handled once', async () => {
  await withQueue({}, async ({ queue, clock, handled }) => {
    for (let i = 0; i < 100; i++) queue.add('a')
    queue.add('b')
    assert.is(queue.depth, 2)
    await clock.advance(0)
    assert.equal(handled, ['a', 'b'])
    assert.is(queue.depth, 0)
  })
})

test('a key is never handled twice at once, and again after if it was added meanwhile', async () => {
  const gates: (() => void)[] = []
  let active = 0
  const handle = async () => {
    assert.is(++active, 1)
    await new Promise<void>(resolve => gates.push(resolve))
    active--
    return undefined
  }
  await withQueue({ handle, workers: 4 }, async ({ queue, clock, handled }) => {
    queue.add('a')
    await clock.advance(0)
    for (let i = 0; i < 5; i++) queue.add('a')
    await clock.advance(0)
    assert.is(handled.length, 1)
    gates[0]?.()
    await clock.advance(0)
    assert.is(handled.length, 2)
    gates[1]?.()
    await clock.advance(60_000)
    assert.is(handled.length, 2)
  })
})

test('no more than the given number of workers run', async () => {
  let active = 0
  let most = 0
  const gates: (() => void)[] = []
  const handle = async () => {
    most = Math.max(most, ++active)
    await new Promise<void>(resolve => gates.push(resolve))
    active--
    return undefined
  }
  await withQueue({ handle, workers: 3 }, async ({ queue, clock, handled }) => {
    for (let i = 0; i < 10; i++) queue.add(`k${i}`)
    while (handled.length < 10 || gates.length > 0) {
      gates.shift()?.()
      await clock.advance(0)
    }
    assert.is(most, 3)
  })
})

test('failures wait longer and longer, and success forgets them', async () => {
  let failing = true
  const handle = async () => {
    if (failing) throw new Error('not yet')
    return undefined
  }
  await withQueue({ handle }, async ({ queue, clock, handled }) => {
    queue.add('a')
    await clock.advance(0)
    const waits: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = handled.length
      let waited = 0
      while (handled.length === before) {
        await clock.advance(100)
        waited += 100
      }
      waits.push(waited)
    }
    const bounds = [1000, 2000, 4000, 8000, 8000]
    assert.ok(
      waits.every((wait, i) => wait >= (bounds[i] ?? 0) / 2 && wait <= (bounds[i] ?? 0) + 100),
      waits.join(),
    )
    failing = false
    await clock.advance(8000)
    failing = true
    const before = handled.length
    queue.add('a')
    await clock.advance(1000)
    assert.ok(handled.length >= before + 2)
  })
})

test('waits as long as the error asks', async () => {
  const handle = async () => {
    throw Object.assign(new Error('slow down'), { retryAfterMs: 30_000 })
  }
  await withQueue({ handle }, async ({ queue, clock, handled }) => {
    queue.add('a')
    await clock.advance(29_999)
    assert.is(handled.length, 1)
    await clock.advance(1)
    assert.is(handled.length, 2)
  })
})

test('the earlier of two times counts, and a change comes at once', async () => {
  await withQueue({}, async ({ queue, clock, handled }) => {
    queue.addAfter('a', 1000)
    queue.addAfter('a', 500)
    queue.addAfter('a', 2000)
    await clock.advance(499)
    assert.is(handled.length, 0)
    await clock.advance(1)
    assert.is(handled.length, 1)
    await clock.advance(5000)
    assert.is(handled.length, 1)
    queue.addAfter('a', 1000)
    queue.add('a')
    await clock.advance(5000)
    assert.is(handled.length, 2)
    queue.addAfter('a', 1000)
    queue.forget('a')
    await clock.advance(5000)
    assert.is(handled.length, 2)
  })
})

test('ten thousand waiting keys come in the order of their times, with one sleeper', async () => {
  await withQueue({ workers: 1 }, async ({ queue, clock, handled }) => {
    const times = Array.from({ length: 10_000 }, (_, i) => 1 + ((i * 7919) % 10_000))
    for (const time of times) queue.addAfter(String(time), time)
    for (let i = 0; i < 5000; i++) queue.forget(String(2 * i + 1))
    assert.is(clock.sleepers, 1)
    await clock.advance(10_000)
    assert.equal(
      handled,
      Array.from({ length: 5000 }, (_, i) => String(2 * i + 2)),
    )
  })
})

test('a handler asks to be called again', async () => {
  let times = 0
  const handle = async () => (++times < 3 ? { againMs: 1000 } : undefined)
  await withQueue({ handle }, async ({ queue, clock }) => {
    queue.add('a')
    await clock.advance(10_000)
    assert.is(times, 3)
  })
})

test('run ends only when running handlers have', async () => {
  const clock = createManualClock()
  const queue = createQueue({ clock })
  const stop = new AbortController()
  let finish = () => {}
  let ended = false
  const running = queue
    .run({
      workers: 1,
      signal: stop.signal,
      handle: () =>
        new Promise<undefined>(resolve => {
          finish = () => resolve(undefined)
        }),
    })
    .then(() => {
      ended = true
    })
  queue.add('a')
  queue.add('b')
  await clock.advance(0)
  stop.abort()
  await clock.advance(0)
  assert.is(ended, false)
  finish()
  await running
  assert.is(queue.depth, 1)
})

test.run()
