// What was acknowledged is there after kill -9, and so is who one was.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { callApi, type Endpoint, type Json, withControlPlane } from '../helpers/control-plane.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('standalone/durability')
const configMaps = '/api/v1/namespaces/default/configmaps'

const program = `
  const { startControlPlane } = await import(process.argv[1])
  const { url, caPem, adminToken, kubeconfig } = await startControlPlane({ dataDir: process.argv[2], definitions: null })
  console.log(JSON.stringify({ url, caPem, token: adminToken, kubeconfig }))
`

interface Served {
  readonly child: ChildProcess
  readonly endpoint: Endpoint
  readonly kubeconfig: string
}

async function serveInChild(dataDir: string): Promise<Served> {
  const main = new URL('../../standalone/main.ts', import.meta.url).href
  const args = ['--input-type=module', '-e', program, main, dataDir]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(child.stdout), 'line')
  const { kubeconfig, ...endpoint } = JSON.parse(line as string)
  return { child, endpoint, kubeconfig }
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Creates, patches and deletes until the server is gone; returns what was acknowledged last of each name. */
async function storm(
  endpoint: Endpoint,
  writer: number,
  onAck: () => void,
): Promise<Map<string, string | null>> {
  const acknowledged = new Map<string, string | null>()
  try {
    for (let count = 0; ; count++) {
      const name = `w${writer}-${count}`
      const send = async (method: string, path: string, body?: unknown) => {
        const headers = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {}
        const { status } = await callApi(endpoint, method, path, { body, headers })
        assert.ok(status === 200 || status === 201, `${method} ${path}: ${status}`)
        onAck()
      }
      await send('POST', configMaps, { metadata: { name }, data: { value: 'created' } })
      acknowledged.set(name, 'created')
      await send('PATCH', `${configMaps}/${name}`, { data: { value: 'patched' } })
      acknowledged.set(name, 'patched')
      if (count % 3 === 0) {
        await send('DELETE', `${configMaps}/${name}`)
        acknowledged.set(name, null)
      }
    }
  } catch (error) {
    if (error instanceof assert.Assertion) throw error
    return acknowledged
  }
}

test('every acknowledged write survives a kill in the middle of a storm of writes', async () => {
  await withTempDir(async dir => {
    const { child, endpoint } = await serveInChild(dir)
    let acks = 0
    const enough = Promise.withResolvers<void>()
    const onAck = () => {
      if (++acks === 300) enough.resolve()
    }
    const storms = Promise.all([0, 1, 2, 3, 4, 5].map(writer => storm(endpoint, writer, onAck)))
    await enough.promise
    await kill(child)
    const acknowledged = new Map((await storms).flatMap(one => [...one]))
    assert.ok(acknowledged.size > 50)

    await withControlPlane(
      async plane => {
        const { body } = await plane.call('GET', configMaps)
        const found = new Map<string, string>(
          body.items.map((one: Json) => [one.metadata.name, one.data.value]),
        )
        for (const [name, value] of acknowledged) {
          const actual = found.get(name)
          // The write after the last acknowledged one may have been made too.
          if (value === 'created') assert.ok(actual === 'created' || actual === 'patched', name)
          else if (value === 'patched') assert.ok(actual === 'patched' || actual === undefined, name)
          else assert.is(actual, undefined, name)
          const isCertain = value === 'patched' && Number(name.split('-')[1]) % 3 !== 0
          if (isCertain) assert.is(actual, 'patched', name)
        }
      },
      { dataDir: dir, definitions: null },
    )
  })
})

test('tokens, kubeconfig and address stay good after a restart; older watches start over', async () => {
  await withTempDir(async dir => {
    const first = await serveInChild(dir)
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    const issued = await callApi(first.endpoint, 'POST', path, {
      body: { spec: { audiences: ['connectors'] } },
    })
    const list = await callApi(first.endpoint, 'GET', configMaps, {})
    await kill(first.child)
    const second = await serveInChild(dir)
    try {
      assert.is(second.kubeconfig, first.kubeconfig)
      const review = await callApi(first.endpoint, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        body: { spec: { token: issued.body.status.token, audiences: ['connectors'] } },
      })
      assert.is(review.body.status.authenticated, true)
      const { resourceVersion } = list.body.metadata
      const watch = await callApi(
        first.endpoint,
        'GET',
        `${configMaps}?watch=1&resourceVersion=${resourceVersion}`,
        {},
      )
      assert.is(JSON.parse(watch.text).object.code, 410)
    } finally {
      await kill(second.child)
    }
  })
})

test.run()
