// The flags of the installation, switched while the driver runs.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { configMaps, roles } from '../../kube/object/resources.ts'
import { type BootedDriver, createConnector, untilLogged, withDriver } from '../helpers/csi-driver.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('csi/feature-flags')
const ref = { namespace: 'team', name: 'flags' }
const flags = ['--config-map=team/flags']

/** What a publish came to. */
async function outcomeOf(
  { csi, volume }: BootedDriver,
  attributes: Readonly<Record<string, string>>,
): Promise<string> {
  const publishing = csi.publishVolume(volume(attributes))
  return publishing.then(
    () => 'mounted',
    (error: { code: string }) => error.code,
  )
}

test('several Connectors in a volume are refused while that is switched off, and a mounted volume stays', () =>
  withDriver(
    async driver => {
      const { client, csi, volume, files, logged } = driver
      await createConnector(client, 'other')
      const several = { connectors: 'repo,other', 'configuration.names': 'gitconfig' }
      await client.create(configMaps, { metadata: ref, data: { 'enable-multi-connector': 'false' } })
      await waitFor(async () => (await outcomeOf(driver, several)) === 'PRECONDITION')
      assert.match(await untilLogged(driver, 'volume not published'), 'enable-multi-connector')
      assert.is(await outcomeOf(driver, { connectors: 'repo' }), 'mounted')
      await csi.unpublishVolume(volume({}))
      await client.patch(configMaps, ref, { patch: { data: { 'enable-multi-connector': 'true' } } })
      await waitFor(async () => (await outcomeOf(driver, several)) === 'mounted')
      const before = await files(volume(several))
      await client.patch(configMaps, ref, { patch: { data: { 'enable-multi-connector': 'false' } } })
      await waitFor(async () => {
        assert.is(await outcomeOf(driver, several), 'mounted')
        return logged.some(line => line.includes('volume not refreshed'))
      })
      assert.equal(await files(volume(several)), before)
    },
    { flags },
  ))

test('the permission to use is asked for or not as the ConfigMap says', () =>
  withDriver(
    async driver => {
      const { client } = driver
      const rules = [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors'], verbs: ['get'] }]
      await client.patch(roles, { namespace: 'team', name: 'use' }, { patch: { rules } })
      assert.is(await outcomeOf(driver, { connectors: 'repo' }), 'FORBIDDEN')
      const data = { 'enable-connector-proxy-permissions': 'false' }
      await client.create(configMaps, { metadata: ref, data })
      await waitFor(async () => (await outcomeOf(driver, { connectors: 'repo' })) === 'mounted')
    },
    { flags },
  ))

test('a mount waits for the flags', () =>
  withDriver(
    async driver => {
      const { plane, client, restart } = driver
      await createConnector(client, 'other')
      const repair = plane.faults.inject({ match: { resource: 'configmaps' }, answer: 503 })
      await restart()
      // Those that are off until something is known.
      const publishing = outcomeOf(driver, { connectors: 'repo,other' })
      await untilLogged(driver, 'cannot follow the cluster')
      repair()
      assert.is(await publishing, 'mounted')
    },
    { flags },
  ))

test.run()
