import { EventEmitter } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { listenForShutdown } from '../../runtime/shutdown.ts'

const test = suite('runtime/shutdown')

test('the first signal asks, the second insists', () => {
  const source = new EventEmitter()
  const exits: number[] = []
  const { signal, dispose } = listenForShutdown({ source, exit: code => exits.push(code) })
  assert.is(signal.aborted, false)
  source.emit('SIGTERM', 'SIGTERM')
  assert.is(signal.reason.message, 'SIGTERM was received')
  assert.equal(exits, [])
  source.emit('SIGINT', 'SIGINT')
  assert.equal(exits, [130])
  dispose()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) assert.is(source.listenerCount(name), 0)
})

test.run()
