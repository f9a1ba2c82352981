// What a hostile or careless user of the machine sends: refused, with a word why, and the server goes on.
import { once } from 'node:events'
import { request } from 'node:https'
import { connect } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type BootedControlPlane, callApi, type Json, withControlPlane } from '../helpers/control-plane.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('standalone/attacks')
const plain = { definitions: null }
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const configMaps = '/api/v1/namespaces/default/configmaps'
const jsonPatch = { 'content-type': 'application/json-patch+json' }

/** A token whose owner may do everything that the rule says, in the namespace `team` alone. */
async function tokenInTeam(plane: BootedControlPlane, rule: object): Promise<string> {
  await plane.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'team' } } })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'it' }
  const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: 'team' }]
  const metadata = { name: 'it' }
  await plane.call('POST', `${rbac}/namespaces/team/roles`, { body: { metadata, rules: [rule] } })
  await plane.call('POST', `${rbac}/namespaces/team/rolebindings`, { body: { metadata, roleRef, subjects } })
  const path = '/api/v1/namespaces/team/serviceaccounts/default/token'
  return (await plane.call('POST', path, { body: {} })).body.status.token
}

test('all rights in a namespace reach nothing that is in none', async () => {
  await withControlPlane(async plane => {
    const token = await tokenInTeam(plane, { apiGroups: ['*'], resources: ['*'], verbs: ['*'] })
    const kind = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'ConnectorClass' }
    const body = { ...kind, metadata: { name: 'evil' }, spec: {} }
    const classes = '/apis/connectors.alauda.io/v1alpha1/namespaces/team/connectorclasses'
    assert.is((await plane.call('POST', classes, { token, body })).status, 404)
    for (const [method, path] of [
      ['GET', '/api/v1/namespaces/team/namespaces'],
      ['DELETE', '/api/v1/namespaces/team/namespaces/connectors-system'],
      ['GET', `${rbac}/namespaces/team/clusterroles`],
    ] as const) {
      assert.is((await plane.call(method, path, { token })).status, 404, path)
    }
    assert.is((await plane.call('GET', '/api/v1/namespaces/team', { token })).status, 200)
  })
})

test('rights on a status end there: it is neither deleted nor watched', async () => {
  await withControlPlane(async plane => {
    const status = '/api/v1/namespaces/team/status'
    const token = await tokenInTeam(plane, {
      apiGroups: [''],
      resources: ['namespaces/status'],
      verbs: ['*'],
    })
    assert.is((await plane.call('GET', status, { token })).status, 200)
    assert.is((await plane.call('DELETE', status, { token })).status, 405)
    assert.is((await plane.call('GET', `${status}?watch=1&timeoutSeconds=1`, { token })).status, 405)
    assert.is((await plane.call('GET', '/api/v1/namespaces/team')).status, 200)
  }, plain)
})

function rawStatus(plane: BootedControlPlane, target: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(plane.url)
    const socket = connect({ host: hostname, port: Number(port), ca: plane.caPem, servername: 'localhost' })
    const headers = `Host: localhost\r\nAuthorization: Bearer ${plane.token}\r\nConnection: close`
    socket.write(`GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`)
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(Number(text.split(' ')[1])))
  })
}

test('a target that is no path gets an answer, and none is read as another', async () => {
  const errors: unknown[] = []
  await withControlPlane(
    async plane => {
      for (const target of ['//[', 'http://[/', '*', '/%', '//localhost/api/v1/secrets']) {
        assert.is(await rawStatus(plane, target), 404, target)
      }
      assert.is(await rawStatus(plane, 'https://localhost/api/v1/secrets?limit=1'), 200)
      assert.equal(errors, [])
    },
    { ...plain, onError: error => errors.push(error) },
  )
})

test('values of another type than a field has, and names of prototypes, are refused or kept as they are', async () => {
  await withControlPlane(async plane => {
    const named = { metadata: { generateName: 'x-' }, stringData: { a: 'b' } }
    const secrets = '/api/v1/namespaces/default/secrets'
    for (const type of ['constructor', '__proto__', 'toString']) {
      assert.is((await plane.call('POST', secrets, { body: { ...named, type } })).status, 201, type)
    }
    const numbered = { metadata: { generateName: 5 } }
    assert.is((await plane.call('POST', configMaps, { body: numbered })).status, 400)
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    for (const audiences of ['connectors', [5], [null], {}]) {
      assert.is((await plane.call('POST', path, { body: { spec: { audiences } } })).status, 400)
    }
  }, plain)
})

test('a JSON patch that copies a thing into itself over and over is refused', async () => {
  await withControlPlane(async plane => {
    const body = { metadata: { name: 'a' }, data: { x: 'x'.repeat(1000) } }
    await plane.call('POST', configMaps, { body })
    const doubling = Array.from({ length: 20 }, (_, n) => ({
      op: 'copy',
      from: '/data',
      path: `/data/y${n}`,
    }))
    const refused = await plane.call('PATCH', `${configMaps}/a`, { body: doubling, headers: jsonPatch })
    assert.is(refused.status, 413)
    const once = [{ op: 'copy', from: '/data/x', path: '/data/y' }]
    assert.is((await plane.call('PATCH', `${configMaps}/a`, { body: once, headers: jsonPatch })).status, 200)
  }, plain)
})

function definition(plural: string, spec: object): Json {
  const names = { plural, kind: plural.toUpperCase() }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.attack.test` },
    spec: {
      group: 'attack.test',
      scope: 'Namespaced',
      names,
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

test('an object that is nested without end is refused, by parts too, and does not end the journal', async () => {
  await withTempDir(async dataDir => {
    await withControlPlane(
      async plane => {
        const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
        await plane.call('POST', definitions, { body: definition('frees', free) })
        const frees = '/apis/attack.test/v1/namespaces/default/frees'
        const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
        const body = (depth: number) =>
          `{"apiVersion":"attack.test/v1","kind":"FREES","metadata":{"name":"d"},"spec":${nested(depth)}}`
        for (const depth of [1_000, 5_000, 100_000]) {
          assert.is((await plane.call('POST', frees, { body: body(depth) })).status, 400, `${depth}`)
        }
        assert.is((await plane.call('POST', frees, { body: body(300) })).status, 201)
        const headers = jsonPatch
        const deeper = [{ op: 'add', path: `/spec${'/a'.repeat(299)}`, value: JSON.parse(nested(300)) }]
        assert.is((await plane.call('PATCH', `${frees}/d`, { body: deeper, headers })).status, 400)
        assert.is((await plane.call('GET', `${frees}/d`)).status, 200)
      },
      { ...plain, dataDir },
    )
  })
})

test('a definition whose schema can check nothing is refused when it is written', async () => {
  await withControlPlane(async plane => {
    for (const spec of [
      { type: 'strng' },
      { type: 'string', pattern: '(' },
      { type: 'string', enum: 5 },
      { type: 'integer', minimum: 'x' },
      { type: 'string', allOf: [{ $ref: '#/x' }] },
    ]) {
      const refused = await plane.call('POST', definitions, { body: definition('bads', spec) })
      assert.is(refused.status, 422, JSON.stringify(spec))
    }
  }, plain)
})

test('a watcher that does not read is cut off, and the server goes on', async () => {
  await withTempDir(async dataDir => {
    await withControlPlane(
      async plane => {
        const { url, caPem, token } = plane
        const headers = { authorization: `Bearer ${token}` }
        const watch = request(new URL(`${configMaps}?watch=1`, url), { ca: caPem, headers }).end()
        const [response] = await once(watch, 'response')
        response.pause()
        const cut = new Promise(resolve => response.once('close', resolve))
        response.on('error', () => undefined)
        const x = 'x'.repeat(900_000)
        for (let round = 0; round < 10; round++) {
          const bodies = [0, 1, 2, 3, 4, 5].map(n => ({ metadata: { name: `r${round}-${n}` }, data: { x } }))
          const sent = bodies.map(body => callApi(plane, 'POST', configMaps, { body }))
          for (const { status } of await Promise.all(sent)) assert.is(status, 201)
        }
        response.resume()
        await cut
        assert.is((await plane.call('GET', `${configMaps}/r9-5`)).status, 200)
        assert.is(plane.faults.openWatches, 0)
      },
      { ...plain, dataDir },
    )
  })
})

test.run()
