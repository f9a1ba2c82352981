// The flags of the installation, switched while the proxy runs.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configMaps, roles } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { type BootedProxy, bootProxy } from '../helpers/proxy.ts'

const test = suite('proxy/feature-flags')
const ref = { namespace: 'team', name: 'flags' }
const permissions = 'enable-connector-proxy-permissions'
const argv = ['--config-map=team/flags']

/** Of the caller whose only right is to see the Connector. */
async function untilAnswer(proxy: BootedProxy, status: number): Promise<void> {
  await waitFor(async () => (await proxy.get('/a')).status === status, { what: `the answer ${status}` })
}

async function allowSeeing({ client }: BootedProxy): Promise<void> {
  const rules = [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors'], verbs: ['get'] }]
  await client.patch(roles, { namespace: 'team', name: 'users' }, { patch: { rules } })
}

test('the permission to use is asked for or not as the ConfigMap says, whatever was answered before', () =>
  bootProxy(
    async proxy => {
      const { client, logs } = proxy
      await allowSeeing(proxy)
      assert.is((await proxy.get('/a')).status, 403)
      await client.create(configMaps, { metadata: ref, data: { [permissions]: 'false' } })
      await untilAnswer(proxy, 200)
      await client.patch(configMaps, ref, { patch: { data: { [permissions]: 'true' } } })
      await untilAnswer(proxy, 403)
      await client.patch(configMaps, ref, { patch: { data: { [permissions]: 'false' } } })
      await untilAnswer(proxy, 200)
      await client.patch(configMaps, ref, { patch: { data: { [permissions]: 'off', unknown: 'true' } } })
      await untilAnswer(proxy, 403)
      const warnings = () => logs.filter(line => line.includes('feature flag ignored'))
      assert.is(warnings().length, 2)
      await client.patch(configMaps, ref, { patch: { metadata: { labels: { a: 'b' } } } })
      await client.patch(configMaps, ref, { patch: { data: { [permissions]: 'false' } } })
      await untilAnswer(proxy, 200)
      assert.is(warnings().length, 2, 'what was said is not said again')
      await client.delete(configMaps, ref)
      await untilAnswer(proxy, 403)
    },
    { argv },
  ))

test('where the ConfigMap does not say, the command line does', () =>
  bootProxy(
    async proxy => {
      await allowSeeing(proxy)
      assert.is((await proxy.get('/a')).status, 200)
      await proxy.client.create(configMaps, { metadata: ref, data: { [permissions]: 'true' } })
      await untilAnswer(proxy, 403)
    },
    { argv: [...argv, `--${permissions}=false`] },
  ))

test.run()
