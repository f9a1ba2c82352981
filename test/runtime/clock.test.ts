import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../../runtime/clock.ts'

const test = suite('runtime/clock')

test('sleep ends with the reason of its signal, before and while it sleeps', async () => {
  const stop = new AbortController()
  const reason = new Error('stopped')
  const sleeping = systemClock.sleep(60_000, { signal: stop.signal }).catch(error => error)
  stop.abort(reason)
  assert.is(await sleeping, reason)
  assert.is(await systemClock.sleep(60_000, { signal: stop.signal }).catch(error => error), reason)
  await systemClock.sleep(1, {})
})

test('sleeps for longer than a timer of Node can, at the most until it is told to end', async () => {
  const stop = new AbortController()
  const sleeping = systemClock.sleep(2 ** 31, { signal: stop.signal }).then(
    () => 'woke',
    () => 'ended',
  )
  const first = await Promise.race([sleeping, systemClock.sleep(20, {}).then(() => 'sleeps on')])
  assert.is(first, 'sleeps on')
  stop.abort()
  assert.is(await sleeping, 'ended')
})

test.run()
