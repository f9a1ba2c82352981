import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createFeatureFlags, type FeatureValues, readFeatures } from '../../cluster/feature-flags.ts'
import { configMaps } from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { clientOf } from '../controller/boot-controller.ts'
import { withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('cluster/feature-flags')
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
    [{ constructor: 'true', toString: 'false' }, {}, 1],
  ]
  for (const [data, values, problems] of cases) {
    const read = readFeatures(data)
    assert.equal(read.values, values, JSON.stringify(data))
    assert.is(read.problems.length, problems, JSON.stringify(data))
  }
})

test('a ConfigMap full of other keys gives one line that names some of them', () => {
  const data = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`key-${at}`, 'true']))
  const { problems } = readFeatures(data)
  assert.is(problems.length, 1)
  assert.match(problems[0] ?? '', '"key-0", "key-1"')
  assert.match(problems[0] ?? '', 'and 19995 more')
})

test('a change is told when a flag says something else, and not for each write of the ConfigMap', () =>
  withControlPlane(async plane => {
    const client = await clientOf(plane.kubeconfig)
    const configMap = { namespace: 'connectors-system', name: 'connectors-config' }
    const told: FeatureValues[] = []
    const defaults = { [multi]: true } as const
    const onChange = (said: FeatureValues) => told.push(said)
    const onProblem = () => {}
    const flags = createFeatureFlags({ client, clock: systemClock, configMap, defaults, onChange, onProblem })
    const end = new AbortController()
    assert.not(flags.isOn(multi), 'strict while nothing is known')
    const running = flags.run(end)
    try {
      await flags.synced
      assert.ok(flags.isOn(multi))
      await client.create(configMaps, { metadata: configMap, data: { [multi]: 'false' } })
      await waitFor(() => !flags.isOn(multi), { what: 'the flag' })
      await client.patch(configMaps, configMap, { patch: { metadata: { labels: { a: 'b' } } } })
      plane.faults.expireWatches()
      await client.delete(configMaps, configMap)
      await waitFor(() => flags.isOn(multi), { what: 'the default' })
      assert.equal(told, [{ [multi]: false }, {}])
    } finally {
      end.abort()
      await running
      client.close()
    }
  }))

test('names the key of a problem, and no value', () => {
  const [problem = ''] = readFeatures({ [permissions]: 'canary' }).problems
  assert.match(problem, permissions)
  assert.not.match(problem, 'canary')
})

test.run()
