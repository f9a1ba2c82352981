// A volume's tokens: which Connectors each is good for, and when it is made anew.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectorClasses, events } from '../../kube/object/resources.ts'
import { createConnector, token, withDriver } from '../helpers/csi-driver.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('csi/seal')

const configurations = [
  {
    name: 'tokens',
    data: {
      own: '{{ range .connectors }}{{ .token }}\n{{ end }}',
      joint: '{{ .context.token }}',
    },
  },
]
const both = { connectors: 'repo,second', 'configuration.names': 'tokens' }

test('each Connector has a seal of its own, and the volume one of all', () =>
  withDriver(
    async ({ client, csi, volume, rawFiles, opened }) => {
      await createConnector(client, 'second')
      const published = volume(both)
      await csi.publishVolume(published)
      const files = await rawFiles(published)
      const [first = '', second = ''] = files['own']?.split('\n') ?? []
      assert.equal(opened(first), [token, 'team/repo'])
      assert.equal(opened(second), [token, 'team/second'])
      assert.is(files['joint'], files['context.token'])
      assert.equal(opened(files['joint'] ?? ''), [token, 'team/repo', 'team/second'])
      assert.not.ok(JSON.stringify(files).includes(token))
      // A name in the namespace of one must not get what opens the other.
      const warned = async () =>
        (await client.list(events, {})).items.some(({ reason }) => reason === 'TokenExposed')
      await waitFor(warned)
    },
    { configurations },
  ))

test('with one Connector there is one seal', () =>
  withDriver(
    async ({ csi, volume, rawFiles, opened }) => {
      const published = volume({ ...both, connectors: 'repo' })
      await csi.publishVolume(published)
      const files = await rawFiles(published)
      assert.is(files['own'], `${files['joint']}\n`)
      assert.equal(opened(files['joint'] ?? ''), [token, 'team/repo'])
    },
    { configurations },
  ))

test('a refresh keeps the seal while token and key are the same, and makes one when either changes', () =>
  withDriver(async ({ csi, volume, rawFiles, opened, rotateKey }) => {
    const attributes = { connectors: 'repo' }
    const published = volume(attributes)
    const sealed = async (change = {}) => {
      await csi.publishVolume(volume(attributes, change))
      return (await rawFiles(published))['context.token'] ?? ''
    }
    const first = await sealed()
    assert.is(await sealed(), first)
    const newer = await sealed({ token: 'a.newer.token' })
    assert.equal(opened(newer), ['a.newer.token', 'team/repo'])
    await rotateKey()
    await waitFor(async () => (await sealed({ token: 'a.newer.token' })) !== newer)
    assert.equal(opened(await sealed({ token: 'a.newer.token' })), ['a.newer.token', 'team/repo'])
  }))

test('a proxy of others gets kubelet’s token in its own files alone, and no company', () =>
  withDriver(
    async ({ client, csi, volume, rawFiles, opened }) => {
      const spec = { proxy: { uri: 'http://proxy.example.com' }, configurations }
      await client.create(connectorClasses, { metadata: { name: 'foreign' }, spec })
      await createConnector(client, 'alien', true, 'foreign')
      const alone = volume({ ...both, connectors: 'alien' })
      await csi.publishVolume(alone)
      const files = await rawFiles(alone)
      assert.is(files['own'], `${token}\n`)
      assert.is(files['joint'], token)
      assert.equal(opened(files['context.token'] ?? ''), [token, 'team/alien'])
      const warned = async () =>
        (await client.list(events, {})).items.some(({ reason }) => reason === 'TokenNotSealed')
      await waitFor(warned)
      await csi.unpublishVolume(alone)

      const mixed = await csi
        .publishVolume(volume({ ...both, connectors: 'repo,alien' }))
        .catch(error => error)
      assert.is(mixed.code, 'PRECONDITION')
      assert.match(mixed.message, /"foreign" with other classes/)

      const annotations = { 'connectors.cpaas.io/sealed-tokens': 'true' }
      await client.patch(connectorClasses, { name: 'foreign' }, { patch: { metadata: { annotations } } })
      const together = volume({ ...both, connectors: 'repo,alien' })
      await waitFor(() =>
        csi.publishVolume(together).then(
          () => true,
          () => false,
        ),
      )
      assert.equal(opened((await rawFiles(together))['context.token'] ?? ''), [
        token,
        'team/repo',
        'team/alien',
      ])
    },
    { configurations },
  ))

test('a joint token that clients would cut is refused, and names the limit', () =>
  withDriver(async ({ client, csi, volume }) => {
    const names = Array.from({ length: 16 }, (_, at) => `connector-${at}-${'x'.repeat(150)}`)
    for (const name of names) await createConnector(client, name)
    const error = await csi.publishVolume(volume({ connectors: names.join(',') })).catch(caught => caught)
    assert.is(error.code, 'PRECONDITION', error.message)
    assert.match(error.message, /16 Connectors.*the limit is 3900/)
    const seventeen = await csi
      .publishVolume(volume({ connectors: [...names, 'repo'].join(',') }))
      .catch(caught => caught)
    assert.is(seventeen.code, 'INVALID')
    assert.match(seventeen.message, /17 items, the limit is 16/)
  }))

test.run()
