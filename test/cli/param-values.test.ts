import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { paramValues, parseParam } from '../../cli/param-values.ts'

const test = suite('cli/param-values')

const declared = [
  { name: 'text', type: 'string' },
  { name: 'list', type: 'array' },
  { name: 'map', type: 'object' },
  { name: 'a.b', type: 'string' },
] as const

function read(...texts: readonly string[]): object {
  const given = texts.map(text => parseParam('run', text))
  const values = paramValues(given, declared)
  assert.equal(paramValues([...given].reverse(), declared), reversed(values), `${texts} the other way round`)
  return values
}

/** Lists keep their order; nothing else may depend on it. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.every(item => typeof item === 'string') ? value.toReversed() : value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reversed(item)]))
}

for (const [texts, values] of [
  [['text=a=b'], { text: 'a=b' }],
  [['text='], { text: '' }],
  [['text= a\n"b" ü$(x)'], { text: ' a\n"b" ü$(x)' }],
  [['a.b=c'], { 'a.b': 'c' }],
  [['list=a'], { list: ['a'] }],
  [['list=a', 'list=b'], { list: ['a', 'b'] }],
  [['map.k=a', 'map.l.m=b'], { map: { k: 'a', 'l.m': 'b' } }],
  [['map.__proto__=a'], { map: Object.fromEntries([['__proto__', 'a']]) }],
  [['unknown=a', 'unknown.k=b'], { unknown: 'a', 'unknown.k': 'b' }],
  // What no order may decide is left for the library to refuse.
  [['text=a', 'text=b'], { text: ['a', 'b'] }],
  [['map.k=a', 'map.k=b'], { map: { k: ['a', 'b'] } }],
  [['map=a', 'map.k=b'], { map: ['a', { k: 'b' }] }],
] as const) {
  test(`reads ${JSON.stringify(texts)}`, () => assert.equal(read(...texts), values))
}

test.run()
