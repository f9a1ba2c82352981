import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { andThen, attempt } from '../../runtime/and-then.ts'

const test = suite('runtime/and-then')

function fail(): never {
  throw new Error('why')
}

const told = (error: unknown) => `told ${(error as Error).message}`

test('what is there goes on at once, what has to be waited for when it comes', async () => {
  assert.is(
    andThen(1, value => value + 1),
    2,
  )
  const later = andThen(Promise.resolve(1), value => value + 1)
  assert.instance(later, Promise)
  assert.is(await later, 2)
})

test('a step that fails at once is recovered from at once, one that fails later when it does', async () => {
  assert.is(
    attempt(() => 1, told),
    1,
  )
  assert.is(attempt(fail, told), 'told why')
  assert.is(await attempt(async () => fail(), told), 'told why')
  assert.is(await attempt(fail, async error => told(error)), 'told why')
})

test.run()
