import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readFeatures } from '../../kube/feature-flags.ts'

const test = suite('kube/feature-flags')
const permissions = 'enable-connector-proxy-permissions'
const multi = 'enable-multi-connector'

test('reads text booleans, and of anything else the stricter', () => {
  const cases: readonly (readonly [
    Record<string, string>,
    ReturnType<typeof readFeatures>['values'],
    number,
  ])[] = [
    [{}, {}, 0],
    [{ [permissions]: 'false', [multi]: 'true' }, { [permissions]: false, [multi]: true }, 0],
    [{ [permissions]: 'true', [multi]: 'false' }, { [permissions]: true, [multi]: false }, 0],
    [{ [permissions]: 'False' }, { [permissions]: true }, 1],
    [{ [permissions]: '' }, { [permissions]: true }, 1],
    [{ [multi]: 'yes' }, { [multi]: false }, 1],
    [{ [multi]: 'true\n' }, { [multi]: false }, 1],
    [{ 'enable-connectors-approval': 'true', [multi]: 'true' }, { [multi]: true }, 1],
    [{ constructor: 'true', toString: 'false' }, {}, 2],
  ]
  for (const [data, values, problems] of cases) {
    const read = readFeatures(data)
    assert.equal(read.values, values, JSON.stringify(data))
    assert.is(read.problems.length, problems, JSON.stringify(data))
  }
})

test('names the key of a problem, and no value', () => {
  const [problem = ''] = readFeatures({ [permissions]: 'canary' }).problems
  assert.match(problem, permissions)
  assert.not.match(problem, 'canary')
})

test.run()
