import { once } from 'node:events'
import net from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createKubeClient, type KubeClient } from '../../../kube/client/client.ts'
import { permitWrites } from '../../../kube/client/write-permit.ts'
import { configMaps, connectors } from '../../../kube/object/resources.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { configMap, refuse, reply, withApiServer } from '../api-server.ts'

const test = suite('kube/client/write-permit')
const ref = { namespace: 'team', name: 'a' }
const object = { metadata: { ...ref, resourceVersion: '1' } }
const connector = { metadata: ref, spec: {} }

const writes: Readonly<Record<string, (client: KubeClient) => Promise<unknown>>> = {
  create: client => client.create(configMaps, object),
  replace: client => client.replace(configMaps, object),
  patch: client => client.patch(configMaps, ref, { patch: {} }),
  apply: client => client.apply(configMaps, object, { fieldManager: 'test' }),
  delete: client => client.delete(configMaps, ref),
  replaceStatus: client => client.replaceStatus(connectors, connector),
  patchStatus: client => client.patchStatus(connectors, ref, { patch: {} }),
}

test('every write needs a permit, and no read does', async () => {
  const reads = ['get', 'find', 'list', 'pages', 'watch', 'podLog', 'review', 'createToken', 'close']
  await withApiServer(
    (_, response) => reply(response, 200, configMap('a', 1)),
    async ({ client, received }) => {
      assert.equal(Object.keys(client).sort(), [...Object.keys(writes), ...reads].sort())
      let permits = 0
      const allowed = permitWrites(client, () => {
        permits++
      })
      const refused = permitWrites(client, () => {
        throw new Error('not now')
      })
      for (const [verb, write] of Object.entries(writes)) {
        await write(allowed)
        assert.is(permits, received.length, verb)
        await write(refused).then(
          () => assert.unreachable(),
          error => assert.is(error.message, 'not now', verb),
        )
        assert.is(permits, received.length, verb)
      }
      await refused.get(configMaps, ref)
      assert.is(received.length, permits + 1)
    },
  )
})

test('a write that is tried again asks again', async () => {
  let permitted = true
  await withApiServer(
    (_, response) => {
      permitted = false
      refuse(response, 429, { headers: { 'retry-after': '0' } })
    },
    async ({ client, received }) => {
      const guarded = permitWrites(client, () => {
        if (!permitted) throw new Error('not any more')
      })
      const writing = guarded.replace(configMaps, object)
      await writing.then(
        () => assert.unreachable(),
        error => assert.is(error.message, 'not any more'),
      )
      assert.is(received.length, 1)
    },
  )
})

test('a write that waits for its connection asks when that is there', async () => {
  let permitted = true
  await withApiServer(
    (request, response) => reply(response, 201, request.body),
    async ({ config, received }) => {
      const gate = net.createServer().listen(0, '127.0.0.1')
      await once(gate, 'listening')
      const server = new URL(`https://127.0.0.1:${(gate.address() as net.AddressInfo).port}`)
      const client = createKubeClient({
        config: { ...config, server },
        userAgent: 'test/1',
        clock: systemClock,
      })
      const guarded = permitWrites(client, () => {
        if (!permitted) throw new Error('not any more')
      })
      try {
        const writing = guarded.create(configMaps, object)
        const [incoming]: net.Socket[] = await once(gate, 'connection')
        permitted = false
        const onward = net.connect(Number(config.server.port), '127.0.0.1')
        incoming?.pipe(onward).pipe(incoming)
        await writing.then(
          () => assert.unreachable(),
          error => assert.is(error.message, 'not any more'),
        )
        assert.is(received.length, 0)
      } finally {
        client.close()
        gate.close()
      }
    },
  )
})

test('an apply says what, by whom, and that it takes what is others’', async () => {
  await withApiServer(
    (request, response) => reply(response, 201, request.body),
    async ({ client, received }) => {
      await client.apply(configMaps, { metadata: ref, data: { a: 'b' } }, { fieldManager: 'us' })
      const [asked] = received
      assert.is(asked?.method, 'PATCH')
      assert.is(asked?.path, '/api/v1/namespaces/team/configmaps/a')
      assert.equal(Object.fromEntries(asked?.query ?? []), { fieldManager: 'us', force: 'true' })
      assert.is(asked?.headers['content-type'], 'application/apply-patch+yaml')
      assert.equal(asked?.body, { apiVersion: 'v1', kind: 'ConfigMap', metadata: ref, data: { a: 'b' } })
    },
  )
})

test.run()
