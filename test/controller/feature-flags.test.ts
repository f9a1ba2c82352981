import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configMaps } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { withController } from './boot-controller.ts'

const test = suite('controller/feature-flags')
const metadata = { namespace: 'connectors-system', name: 'connectors-config' }
const argv = ['--config-map=connectors-system/connectors-config']

test('the controller says which keys of the ConfigMap are no flags, and is ready without a ConfigMap', () =>
  withController({ argv }, async ({ client, ready, lines, metricsUrl }) => {
    await ready('tool', 'Ready')
    await waitFor(async () => (await fetch(`${metricsUrl}/readyz`)).ok, { what: 'readiness' })
    await client.create(configMaps, { metadata, data: { 'enable-multi-connector': 'true', typo: 'true' } })
    await waitFor(() => lines.some(line => line.includes('feature flags changed')), { what: 'the change' })
    const warnings = lines.filter(line => line.includes('feature flag ignored'))
    assert.is(warnings.length, 1)
    assert.match(warnings[0] ?? '', 'typo')
  }))

test.run()
