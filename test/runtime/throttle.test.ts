import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { throttledLog } from '../../runtime/throttle.ts'
import { createManualClock } from './manual-clock.ts'

const test = suite('runtime/throttle')

function setup() {
  const clock = createManualClock()
  const told: (readonly [string | undefined, unknown])[] = []
  const tell = throttledLog({
    write: (_, fields) => told.push([(fields?.['error'] as Error).message, fields?.['untold']]),
    message: 'it failed',
    clock,
    quietMs: 1000,
  })
  return { clock, told, tell }
}

test('tells a kind once, and again after a while with how often it came', async () => {
  const { clock, told, tell } = setup()
  const down = (what: string) => new ConnectorsError('UNAVAILABLE', 'Down', `Cannot list ${what}`)
  for (const what of ['a', 'b', 'c']) tell(down(what))
  tell(new ConnectorsError('FORBIDDEN', 'Forbidden', 'Cannot list d'))
  tell(new ConnectorsError('FORBIDDEN', 'Forbidden', 'Cannot list e'))
  tell(new ConnectorsError('FORBIDDEN', 'Forbidden', 'Cannot list d'))
  assert.equal(told.splice(0), [
    ['Cannot list a', undefined],
    ['Cannot list d', undefined],
    ['Cannot list e', undefined],
  ])
  await clock.advance(1000)
  tell(down('f'))
  assert.equal(told, [['Cannot list f', 2]])
})

test('what else is known of a case stands in its line', () => {
  const lines: unknown[] = []
  const write = (_: string, fields: unknown) => lines.push(fields)
  const tell = throttledLog({ write, message: 'it failed', clock: createManualClock(), quietMs: 1000 })
  const error = new Error('no')
  tell(error, { volume: 'a' })
  assert.equal(lines, [{ volume: 'a', error }])
})

test('forgets the oldest kinds', () => {
  const { told, tell } = setup()
  for (let at = 0; at <= 100; at++) tell(new Error(`${at}`))
  tell(new Error('100'))
  tell(new Error('0'))
  assert.is(told.length, 102)
})

test.run()
