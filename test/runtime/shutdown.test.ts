import { EventEmitter } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { closeInOrder, listenForShutdown } from '../../runtime/shutdown.ts'

const test = suite('runtime/shutdown')

test('the first signal asks, the second insists', () => {
  const source = new EventEmitter()
  const exits: number[] = []
  const { signal, dispose } = listenForShutdown({ source, exit: code => exits.push(code) })
  assert.is(signal.aborted, false)
  source.emit('SIGTERM', 'SIGTERM')
  assert.ok(signal.aborted)
  assert.equal(exits, [])
  source.emit('SIGINT', 'SIGINT')
  assert.equal(exits, [130])
  dispose()
  assert.is(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT'), 0)
})

test('a process can end itself', () => {
  const { signal, begin } = listenForShutdown({ source: new EventEmitter(), exit: () => {} })
  begin('the lease was lost')
  assert.is(signal.reason.message, 'the lease was lost')
})

test('closers run in order, and what one does wrong stops none', async () => {
  const order: string[] = []
  const problems = await closeInOrder(
    [
      { name: 'door', close: async () => void order.push('door') },
      {
        name: 'bad',
        close() {
          order.push('bad')
          throw new Error('broken')
        },
      },
      { name: 'client', close: () => void order.push('client') },
    ],
    { limitMs: 1000 },
  )
  assert.equal(order, ['door', 'bad', 'client'])
  assert.equal(
    problems.map(({ name, error }) => `${name}: ${(error as Error).message}`),
    ['bad: broken'],
  )
})

test('one that never closes costs the limit and is named; the others still close', async () => {
  let closed = false
  const problems = await closeInOrder(
    [
      { name: 'stuck', close: () => new Promise(() => {}) },
      {
        name: 'quick',
        close() {
          closed = true
        },
      },
    ],
    { limitMs: 20 },
  )
  assert.ok(closed)
  assert.is(problems[0]?.name, 'stuck')
})

test.run()
