import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundedMap } from '../../runtime/bounded-map.ts'

const test = suite('runtime/bounded-map')

test('drops what was not read since room was last needed', () => {
  const map = new BoundedMap<number>(3)
  for (const [i, key] of ['a', 'b', 'c'].entries()) map.set(key, i)
  map.get('a')
  map.set('d', 3)
  assert.equal(
    ['a', 'b', 'c', 'd'].map(key => map.get(key)),
    [0, undefined, 2, 3],
  )
  for (let i = 0; i < 1000; i++) map.set(`x${i}`, i)
  assert.is(map.size, 3)
})

test('an owner drives out its own entries alone', () => {
  const map = new BoundedMap<number>(10, { perOwner: 3 })
  for (let i = 0; i < 5; i++) map.set(`honest${i}`, i, `owner${i}`)
  for (let i = 0; i < 1000; i++) map.set(`flood${i}`, i, 'flood')
  assert.is(map.size, 8)
  for (let i = 0; i < 5; i++) assert.is(map.get(`honest${i}`), i)
  assert.equal(
    [996, 997, 998, 999].map(i => map.get(`flood${i}`)),
    [undefined, 997, 998, 999],
  )
  map.delete('flood999')
  map.set('flood1000', 1000, 'flood')
  assert.is(map.get('flood997'), 997)
})

test('an entry that changes its owner counts for the new one', () => {
  const map = new BoundedMap<number>(10, { perOwner: 1 })
  map.set('a', 1, 'one')
  map.set('a', 2, 'two')
  map.set('b', 3, 'one')
  assert.equal([map.get('a'), map.get('b')], [2, 3])
  map.set('c', 4, 'two')
  assert.equal([map.get('a'), map.get('c')], [undefined, 4])
})

test.run()
