// The official JavaScript client: its informer and its object API against the embedded control plane.
import { CustomObjectsApi, KubeConfig, KubernetesObjectApi, makeInformer } from '@kubernetes/client-node'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Json, withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('standalone/client-node')

test('an informer follows Connectors through every change and a lost watch', async () => {
  await withControlPlane(async plane => {
    const config = new KubeConfig()
    config.loadFromString(plane.kubeconfig)
    const api = config.makeApiClient(CustomObjectsApi)
    const objects = KubernetesObjectApi.makeApiClient(config)
    const place = {
      group: 'connectors.alauda.io',
      version: 'v1alpha1',
      plural: 'connectors',
      namespace: 'default',
    }
    const connector = (name: string, address: string): Json => ({
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind: 'Connector',
      metadata: { name, namespace: 'default' },
      spec: { address },
    })
    await objects.create(connector('first', 'https://one'))

    const path = '/apis/connectors.alauda.io/v1alpha1/namespaces/default/connectors'
    const informer = makeInformer<Json>(config, path, () => api.listNamespacedCustomObject(place))
    const seen: string[] = []
    for (const event of ['add', 'update', 'delete'] as const) {
      informer.on(event, object => seen.push(`${event} ${object.metadata.name} ${object.spec.address}`))
    }
    let started = 0
    informer.on('connect', () => started++)
    let stopping = false
    informer.on('error', () => {
      if (!stopping) void informer.start()
    })
    await informer.start()
    try {
      await waitFor(() => seen.includes('add first https://one'))
      await objects.patch(
        { ...connector('first', 'https://two') },
        undefined,
        undefined,
        undefined,
        undefined,
        'application/merge-patch+json',
      )
      await waitFor(() => seen.includes('update first https://two'))
      await objects.create(connector('second', 'https://three'))
      await waitFor(() => seen.includes('add second https://three'))

      const before = started
      plane.faults.expireWatches()
      await waitFor(() => started > before)
      await objects.delete(connector('first', ''))
      await waitFor(() => seen.includes('delete first https://two'))
      assert.equal(
        informer.list().map((one: Json) => one.metadata.name),
        ['second'],
      )
    } finally {
      stopping = true
      await informer.stop()
    }
  })
})

test.run()
