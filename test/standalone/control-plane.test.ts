// The server as a whole: where it listens, what it refuses, the product's own kinds.
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { systemClock } from '../../runtime/clock.ts'
import { startControlPlane } from '../../standalone/main.ts'
import { type Json, withControlPlane } from '../helpers/control-plane.ts'

const test = suite('standalone/control-plane')
const group = '/apis/connectors.alauda.io/v1alpha1'
const plain = { definitions: null }
const merge = { 'content-type': 'application/merge-patch+json' }

test('listens on loopback and nowhere else', async () => {
  for (const listen of ['0.0.0.0', '::', '10.0.0.1', '']) {
    const refused = await startControlPlane({ listen }).catch((error: unknown) => error)
    assert.instance(refused, ConnectorsError)
    assert.is((refused as ConnectorsError).reason, 'ListenAddressNotLoopback')
  }
})

test('speaks TLS with a certificate of its own authority only', async () => {
  await withControlPlane(async plane => {
    assert.match(plane.url, /^https:\/\/127\.0\.0\.1:\d+$/)
    const untrusted = await fetch(plane.url).catch((error: Error) => error.cause as NodeJS.ErrnoException)
    assert.is((untrusted as NodeJS.ErrnoException).code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    const socket = connect(Number(new URL(plane.url).port), '127.0.0.1')
    socket.end('GET /version HTTP/1.1\r\n\r\n')
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    assert.not.match(Buffer.concat(chunks).toString(), /HTTP\/1\.1 200/)
  }, plain)
})

test('starts with its namespaces, each with a ServiceAccount, and with the product’s kinds', async () => {
  await withControlPlane(async plane => {
    const { body: namespaces } = await plane.call('GET', '/api/v1/namespaces')
    const names: string[] = namespaces.items.map((one: Json) => one.metadata.name)
    for (const name of ['default', 'kube-system', 'kube-public', 'connectors-system']) {
      assert.ok(names.includes(name), name)
      const account = await plane.call('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`)
      assert.is(account.status, 200)
    }
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/connectors.connectors.alauda.io'
    const { body: definition } = await plane.call('GET', path)
    const established = definition.status.conditions.find((one: Json) => one.type === 'Established')
    assert.is(established.status, 'True')
    assert.is((await plane.call('GET', `${group}/connectors`)).status, 200)
  })
})

test('the product’s kinds take what manifests write, and keep it', async () => {
  await withControlPlane(async plane => {
    const spec = {
      auth: {
        types: [
          {
            name: 'basicAuth',
            secretType: 'kubernetes.io/basic-auth',
            optional: true,
            annotations: { a: 'b' },
          },
          { name: 'patAuth', generator: { rego: 'package proxy' } },
        ],
      },
      params: [{ name: 'useAsMirror', type: 'string', default: 'false', enum: ['true', 'false'] }],
      livenessProbe: {
        http: { path: '/', httpHeaders: [{ name: 'A', value: 'b' }], response: { cel: 'true' } },
      },
      authProbes: [
        {
          authName: 'basicAuth',
          params: [{ name: 'repository', default: '' }],
          probe: {
            http: { path: '/x', method: 'POST', scheme: 'https', httpHeaders: { Authorization: 'abc' } },
          },
        },
      ],
      api: {
        ref: { kind: 'Service', name: 's', namespace: 'n' },
        openapi: { openapi: '3.0.0', paths: { '/a': {} } },
      },
      proxy: { uri: 'http://p', CACerts: 'x', authExtractor: { rego: 'package proxy' } },
      configurations: [{ name: 'gitconfig', data: { '.gitconfig': '{{ .x }}' }, params: [{ name: 'y' }] }],
    }
    const strict = '?fieldValidation=Strict'
    const body = {
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind: 'ConnectorClass',
      metadata: { name: 'git' },
      spec,
    }
    const made = await plane.call('POST', `${group}/connectorclasses${strict}`, { body })
    assert.is(made.status, 201, made.text)
    assert.equal(made.body.spec, spec)

    const connector = {
      connectorClassName: 'git',
      address: 'https://git.example.com',
      addressExtensions: [{ name: 'api', value: 'https://api.example.com' }],
      params: [{ name: 'list', value: ['a'] }],
      auth: { name: 'basicAuth', secretRef: { name: 's', namespace: 'default', kind: 'Secret' }, params: [] },
      caCertSecretRef: { name: 'ca' },
    }
    const inNamespace = `${group}/namespaces/default/connectors`
    const created = await plane.call('POST', `${inNamespace}${strict}`, {
      body: { ...body, kind: 'Connector', metadata: { name: 'c' }, spec: connector },
    })
    assert.is(created.status, 201, created.text)
    assert.equal(created.body.spec, connector)

    const status = {
      observedGeneration: 1,
      api: { path: '/connectors/v1alpha1/default/c/path' },
      proxy: { httpAddress: { url: 'http://c-c.default.svc' } },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          severity: 'Info',
          reason: 'Ready',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          lastProbeTime: '2026-01-01T00:00:00Z',
        },
      ],
    }
    const patched = await plane.call('PATCH', `${inNamespace}/c/status${strict}`, {
      body: { status },
      headers: merge,
    })
    assert.equal(patched.body.status, status)
    const table = await plane.call('GET', `${group}/connectors`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    })
    assert.equal(
      table.body.columnDefinitions.map((column: Json) => column.name),
      ['Name', 'Class', 'Address', 'Ready', 'Reason', 'Age'],
    )
    assert.equal(table.body.rows[0].cells.slice(0, 5), [
      'c',
      'git',
      'https://git.example.com',
      'True',
      'Ready',
    ])
  })
})

test('refuses what it does not have, with the status of Kubernetes and a word why', async () => {
  await withControlPlane(async plane => {
    const configMaps = '/api/v1/namespaces/default/configmaps'
    await plane.call('POST', configMaps, { body: { metadata: { name: 'a' } } })
    const apply = await plane.call('PATCH', `${configMaps}/a?fieldManager=x`, {
      body: 'data: {}',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    assert.is(apply.status, 415)
    assert.match(apply.body.message, /server-side apply/)
    const finalizers = await plane.call('POST', configMaps, {
      body: { metadata: { name: 'b', finalizers: ['example.com/x'] } },
    })
    assert.equal([finalizers.status, finalizers.body.details.causes[0].field], [422, 'metadata.finalizers'])
    const proto = { accept: 'application/vnd.kubernetes.protobuf' }
    assert.is((await plane.call('GET', configMaps, { headers: proto })).status, 406)
    const sent = await plane.call('POST', configMaps, {
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    })
    assert.equal([sent.status, sent.body.reason], [415, 'UnsupportedMediaType'])
    assert.is((await plane.call('GET', '/apis/apps/v1/deployments')).status, 404)
    assert.is((await plane.call('POST', configMaps, { body: `"${'x'.repeat(4 << 20)}"` })).status, 413)
  }, plain)
})

test('refuses definitions that it would not keep its word on', async () => {
  await withControlPlane(async plane => {
    const names = { plural: 'things', kind: 'Thing' }
    const define = async (schema: object, more: object = {}) => {
      const version = {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        ...more,
      }
      const spec = { group: 'a.test', scope: 'Cluster', names, versions: [version] }
      const body = { metadata: { name: 'things.a.test' }, spec }
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      const { status, body: answer } = await plane.call('POST', path, { body })
      return status === 201 ? undefined : answer.details.causes[0].field
    }
    const at = 'spec.versions[0]'
    assert.is(await define({ type: 'string' }), `${at}.schema.openAPIV3Schema.type`)
    assert.is(
      await define({ type: 'object', properties: { a: {} } }),
      `${at}.schema.openAPIV3Schema.properties[a].type`,
    )
    const column = { name: 'A', type: 'string', jsonPath: '.a[?(@.b > 1)]' }
    assert.is(
      await define({ type: 'object' }, { additionalPrinterColumns: [column] }),
      `${at}.additionalPrinterColumns[0].jsonPath`,
    )
    assert.is(await define({ type: 'object' }), undefined)
    const things = '/apis/a.test/v1/things'
    const thing = { apiVersion: 'a.test/v1', kind: 'Thing', metadata: { name: 't' } }
    assert.is((await plane.call('POST', things, { body: thing })).status, 201)
    await plane.call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.a.test')
    assert.is((await plane.call('GET', things)).status, 404)
    assert.is(await define({ type: 'object' }), undefined)
    assert.equal((await plane.call('GET', things)).body.items, [])
  }, plain)
})

test('tokens end with their time, and with nothing but the administrator’s audience works here', async () => {
  let now = Date.now()
  const clock = { ...systemClock, now: () => now }
  await withControlPlane(
    async plane => {
      const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
      const issue = async (spec: object) =>
        (await plane.call('POST', path, { body: { spec } })).body.status.token
      const own: string = await issue({ expirationSeconds: 600 })
      const [, payload = ''] = own.split('.')
      const claims: Json = JSON.parse(Buffer.from(payload, 'base64url').toString())
      assert.is(claims.exp - claims.iat, 600)
      assert.is(claims.sub, 'system:serviceaccount:default:default')
      assert.is(claims['kubernetes.io'].namespace, 'default')
      const version = async (token: string) => (await plane.call('GET', '/version', { token })).status
      assert.is(await version(own), 200)
      const [head = '', , signature = ''] = own.split('.')
      const forged = Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 9999 })).toString('base64url')
      assert.is(await version(`${head}.${forged}.${signature}`), 401)
      const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
      assert.is(await version(`${none}.${payload}.`), 401)
      now += 601_000
      assert.is(await version(own), 401)
      assert.is(await version(plane.adminToken), 200)
    },
    { ...plain, clock },
  )
})

test('impersonation needs the permission for it', async () => {
  await withControlPlane(async plane => {
    const as = (user: string, token: string, more: object = {}) =>
      plane.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        headers: { 'impersonate-user': user, ...more },
        token,
      })
    const account = await as('system:serviceaccount:default:x', plane.adminToken)
    assert.equal(account.body.status.userInfo.groups, [
      'system:serviceaccounts',
      'system:serviceaccounts:default',
      'system:authenticated',
    ])
    const joe = await as('joe', plane.adminToken, { 'impersonate-group': 'devs' })
    assert.equal(joe.body.status.userInfo, { username: 'joe', groups: ['devs', 'system:authenticated'] })
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    const { token } = (await plane.call('POST', path, { body: { spec: {} } })).body.status
    assert.is((await as('joe', token)).status, 403)
    const groups = await as('system:serviceaccount:default:default', token, {
      'impersonate-group': 'system:masters',
    })
    assert.is(groups.status, 403)
  }, plain)
})

test('events go after their hour', async () => {
  let now = Date.now()
  await withControlPlane(
    async plane => {
      const events = '/api/v1/namespaces/default/events'
      const create = (name: string) =>
        plane.call('POST', events, {
          body: { metadata: { name }, involvedObject: { kind: 'Pod', name: 'p' } },
        })
      await create('old')
      now += 3_601_000
      await create('new')
      const { body } = await plane.call('GET', events)
      assert.equal(
        body.items.map((one: Json) => one.metadata.name),
        ['new'],
      )
    },
    { ...plain, clock: { ...systemClock, now: () => now } },
  )
})

test('dependents: shared ones stay, orphaned ones are released, those of nobody are dropped', async () => {
  await withControlPlane(async plane => {
    const path = '/api/v1/namespaces/default/configmaps'
    const create = async (name: string, owners: readonly Json[] = []) => {
      const ownerReferences = owners.map(({ metadata: { name, uid } }) => {
        return { apiVersion: 'v1', kind: 'ConfigMap', name, uid }
      })
      return (await plane.call('POST', path, { body: { metadata: { name, ownerReferences } } })).body
    }
    const [a, b] = [await create('a'), await create('b')]
    await create('shared', [a, b])
    await create('own', [a])
    await create('chain', [await create('own2', [a])])
    await plane.call('DELETE', `${path}/a`)
    assert.is((await plane.call('GET', `${path}/own`)).status, 404)
    assert.is((await plane.call('GET', `${path}/chain`)).status, 404)
    const shared = await plane.call('GET', `${path}/shared`)
    assert.equal(
      shared.body.metadata.ownerReferences.map((owner: Json) => owner.name),
      ['b'],
    )
    await plane.call('DELETE', `${path}/b`, { body: { propagationPolicy: 'Orphan' } })
    const released = await plane.call('GET', `${path}/shared`)
    assert.is(released.body.metadata.ownerReferences, undefined)
    await create('late', [a])
    assert.is((await plane.call('GET', `${path}/late`)).status, 404)
  }, plain)
})

test('dry runs check everything and keep nothing', async () => {
  await withControlPlane(async plane => {
    const path = '/api/v1/namespaces/default/configmaps'
    const body = { metadata: { name: 'a' } }
    assert.is((await plane.call('POST', `${path}?dryRun=All`, { body })).status, 201)
    assert.is((await plane.call('GET', `${path}/a`)).status, 404)
    assert.is(
      (await plane.call('POST', `${path}?dryRun=All`, { body: { metadata: { name: 'A' } } })).status,
      422,
    )
    await plane.call('POST', path, { body })
    const patched = await plane.call('PATCH', `${path}/a?dryRun=All`, {
      body: { data: { k: 'v' } },
      headers: merge,
    })
    assert.equal(patched.body.data, { k: 'v' })
    assert.is((await plane.call('DELETE', `${path}/a?dryRun=All`)).status, 200)
    assert.is((await plane.call('GET', `${path}/a`)).body.data, undefined)
  }, plain)
})

test('a failure of the server itself is a 500 that says nothing of it, and is reported once', async () => {
  const errors: unknown[] = []
  await withControlPlane(
    async plane => {
      const held = Promise.withResolvers<void>()
      plane.faults.inject({ times: 1, until: held.promise })
      held.promise.catch(() => undefined)
      held.reject(new Error('inside'))
      const { status, body } = await plane.call('GET', '/version')
      assert.equal([status, body.reason], [500, 'InternalError'])
      assert.not.match(body.message, /inside/)
      assert.is(errors.length, 1)
    },
    { ...plain, onError: error => errors.push(error) },
  )
})

test.run()
