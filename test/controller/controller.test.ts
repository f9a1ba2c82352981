// The controller as a whole, against a control plane and a tool that are real.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectorClasses, connectors, events, secrets, services } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { type World, withController } from './boot-controller.ts'
import { basicClass, basicSecret, canary, connector, permissions, withSecret } from './objects.ts'

const test = suite('controller')
const team = 'team'
const mergePatch = 'application/merge-patch+json'
const readServices = { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] }
const often = { argv: ['--probe-interval=200ms'] }

test('makes a Connector ready: conditions, address, Service, label', () =>
  withController({}, async ({ client, ready, conditions, tool }) => {
    const connector = await ready('tool', 'Ready')
    assert.is(connector.status?.proxy?.httpAddress?.url, 'http://c-tool.team.svc.cluster.local')
    assert.is(connector.status?.api?.path, '/connectors/v1alpha1/team/tool/path')
    assert.is(connector.metadata.labels?.['connectors.alauda.io/connectorclass'], 'basic')
    const found = Object.values(await conditions('tool'))
    assert.equal(
      found.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      [
        'ConnectorClassReady True Ready',
        'SecretReady True SecretFound',
        'LivenessReady True ProbeSucceeded',
        'AuthReady True ProbeSucceeded',
        'ProxyServiceReady True AddressAllocated',
        'Ready True Ready',
      ],
    )
    const service = await client.get(services, { namespace: team, name: 'c-tool' })
    assert.is(service.spec?.externalName, 'connectors-proxy-service.connectors-system.svc.cluster.local')
    assert.is(service.metadata.ownerReferences?.[0]?.uid, connector.metadata.uid)
    assert.equal(tool.requests.map(({ path }) => path).sort(), ['/', '/secure'])
  }))

test('says that a password is wrong, and is ready again when its Secret is right', () =>
  withController(often, async ({ client, ready, conditions, tool }) => {
    await ready('tool', 'Ready')
    await client.create(secrets, basicSecret('other'))
    await client.create(connectors, withSecret('other', `http://localhost:${tool.port}`))
    await ready('other', 'Ready')
    await client.patch(
      secrets,
      { namespace: team, name: 'tool' },
      { patch: { data: { password: btoa('x') } } },
    )
    await ready('tool', 'AuthenticationFailed')
    const { AuthReady, LivenessReady } = await conditions('tool')
    assert.is(AuthReady?.message, 'Authentication failed: status code 401')
    assert.is(LivenessReady?.status, 'True')
    await client.patch(
      secrets,
      { namespace: team, name: 'tool' },
      { patch: { data: { password: btoa(canary) } } },
    )
    await ready('tool', 'Ready')
  }))

test('asks again only for the Connectors that use a changed Secret', () =>
  withController({}, async ({ client, ready, tool }) => {
    await client.create(secrets, basicSecret('other'))
    await client.create(connectors, withSecret('other', `http://localhost:${tool.port}`))
    await ready('tool', 'Ready')
    await ready('other', 'Ready')
    const hosts = () => tool.requests.map(({ headers }) => headers.host?.split(':')[0])
    assert.equal(hosts().sort(), ['127.0.0.1', '127.0.0.1', 'localhost', 'localhost'])
    await client.patch(
      secrets,
      { namespace: team, name: 'other' },
      { patch: { data: { password: btoa('x') } } },
    )
    await ready('other', 'AuthenticationFailed')
    assert.is(hosts().filter(host => host === '127.0.0.1').length, 2)
  }))

test('notices that the server is gone, and that it is back', () =>
  withController(often, async ({ ready, conditions, tool }) => {
    await ready('tool', 'Ready')
    await tool.stop()
    await ready('tool', 'ConnectionFailed')
    const { message } = await waitFor(async () => {
      const { LivenessReady } = await conditions('tool')
      return LivenessReady?.status === 'False' && LivenessReady
    })
    assert.is(message, `Get "${tool.url}/": connection refused`)
    await tool.start()
    await ready('tool', 'Ready')
  }))

test('says that the class is gone, and is ready when it is back', () =>
  withController({}, async ({ client, ready, conditions }) => {
    await ready('tool', 'Ready')
    await client.delete(connectorClasses, { name: 'basic' })
    await ready('tool', 'ConnectorClassNotFound')
    const found = await conditions('tool')
    assert.is(found['Ready']?.message, 'connectorclass.connectors.alauda.io "basic" not found')
    assert.is(found['AuthReady']?.status, 'Unknown')
    assert.is(found['AuthReady']?.reason, 'ConnectorClassNotFound')
    await client.create(connectorClasses, basicClass())
    await ready('tool', 'Ready')
  }))

test('finds a Secret that comes later, and says what is wrong with one of another type', () =>
  withController({}, async ({ client, ready, conditions, tool }) => {
    await client.create(connectors, withSecret('late', tool.url))
    await ready('late', 'SecretNotFound')
    assert.is((await conditions('late'))['SecretReady']?.message, 'secrets "late" not found')
    await client.create(secrets, basicSecret('late'))
    await ready('late', 'Ready')

    await client.create(secrets, { ...basicSecret('odd'), type: 'Opaque' })
    await client.create(connectors, withSecret('odd', tool.url))
    await ready('odd', 'SecretTypeMismatch')
  }))

test('finds a Secret that was there before any Connector named it, and follows it', () =>
  withController(often, async ({ client, ready, tool }) => {
    await client.create(secrets, basicSecret('early'))
    await ready('tool', 'Ready')
    await client.create(connectors, withSecret('early', tool.url))
    await ready('early', 'Ready')
    await client.delete(secrets, { namespace: team, name: 'early' })
    await ready('early', 'SecretNotFound')
  }))

test('follows Secrets of a type that a selector must escape', () => {
  const secretType = 'odd,kind\\type,'
  const prepare = async ({ client, tool }: Pick<World, 'client' | 'tool'>) => {
    const types = [{ name: 'basicAuth', secretType, params: [{ name: 'key' }] }]
    const probed = { auth: { types }, authProbes: [] }
    await client.create(connectorClasses, { ...basicClass(probed), metadata: { name: 'odd' } })
    await client.create(connectors, {
      ...withSecret('odd', tool.url),
      spec: { ...withSecret('odd', tool.url).spec, connectorClassName: 'odd' },
    })
  }
  return withController({ prepare }, async ({ client, ready }) => {
    await ready('tool', 'Ready')
    await ready('odd', 'SecretNotFound')
    const metadata = { namespace: team, name: 'odd' }
    await client.create(secrets, { metadata, type: secretType, data: { key: btoa('x') } })
    await ready('odd', 'Ready')
  })
})

test('leaves a Service that is not its own, and takes the name when it is free', () =>
  withController({}, async ({ client, ready, conditions, tool }) => {
    const ref = { namespace: team, name: 'c-late' }
    const foreign = await client.create(services, { metadata: ref, spec: { ports: [{ port: 80 }] } })
    await client.create(connectors, withSecret('late', tool.url))
    await client.create(secrets, basicSecret('late'))
    const connector = await ready('late', 'ProxyAddressConflict')
    assert.is(connector.status?.proxy, undefined)
    assert.is((await conditions('late'))['AuthReady']?.status, 'True')
    assert.equal(await client.get(services, ref), foreign)
    await client.delete(services, ref)
    await ready('late', 'Ready')
  }))

test('says that its Service was taken from it, once and with what helps, and is ready when that is done', () =>
  withController({}, async ({ client, ready, conditions }) => {
    await ready('tool', 'Ready')
    const ref = { namespace: team, name: 'c-tool' }
    const hijacked = {
      metadata: { ownerReferences: null },
      spec: { type: 'ClusterIP', selector: { app: 'evil' }, ports: [{ port: 80 }] },
    }
    await client.patch(services, ref, { patch: hijacked })
    await ready('tool', 'ProxyAddressConflict')
    const { ProxyServiceReady } = await conditions('tool')
    assert.is(ProxyServiceReady?.status, 'False')
    assert.match(
      ProxyServiceReady?.message ?? '',
      /owner reference .* removed.*; delete Service "c-tool" in namespace "team"/,
    )
    // Another change is another look.
    await client.patch(services, ref, { patch: { metadata: { labels: { again: 'true' } } } })
    await client.delete(services, ref)
    await ready('tool', 'Ready')
    const told = await waitFor(async () => {
      const { items } = await client.list(events, { namespace: team })
      const counts = items.map(({ type, reason, count }) => `${type} ${reason} ${count}`).sort()
      return counts.length >= 2 && counts[0] === 'Normal Ready 2' && counts
    })
    assert.equal(told, ['Normal Ready 2', 'Warning ProxyAddressConflict 1'])
  }))

test('says what is wrong with names that no object can have', () => {
  const names = ['a/b', 'a%b', '..', 'a b', 'ünï']
  const prepare = async ({ client, tool }: Pick<World, 'client' | 'tool'>) => {
    for (const [index, name] of names.entries()) {
      const auth = { name: 'basicAuth', secretRef: { name } }
      await client.create(connectors, connector(`secret-${index}`, { address: tool.url, auth }))
      await client.create(connectors, connector(`class-${index}`, { connectorClassName: name }))
      const proxy = { ref: { kind: 'Service', name } }
      await client.create(connectorClasses, {
        ...basicClass({ proxy }),
        metadata: { name: `basic-${index}` },
      })
    }
  }
  return withController({ prepare }, async ({ client, ready }) => {
    for (const index of names.keys()) {
      await ready(`secret-${index}`, 'SecretNotFound')
      await ready(`class-${index}`, 'ConnectorClassNotFound')
      await waitFor(async () => {
        const { status } = await client.get(connectorClasses, { name: `basic-${index}` })
        return status?.conditions?.some(({ reason }) => reason === 'ServiceNotFound')
      })
    }
  })
})

test('is not kept from starting by what has no spec, and says so', () =>
  withController({}, async ({ plane, client, ready, restart, tool }) => {
    const api = '/apis/connectors.alauda.io/v1alpha1'
    const body = { apiVersion: 'connectors.alauda.io/v1alpha1', metadata: { name: 'empty' } }
    await plane.call('POST', `${api}/namespaces/${team}/connectors`, { body: { ...body, kind: 'Connector' } })
    await plane.call('POST', `${api}/connectorclasses`, { body: { ...body, kind: 'ConnectorClass' } })
    await ready('empty', 'ConnectorInvalid')
    await restart()
    await client.create(connectors, connector('late', { address: tool.url }))
    await ready('late', 'Ready')
  }))

test('says why its Service was refused, and is ready once it is not', () =>
  withController(often, async ({ client, plane, ready, conditions, tool }) => {
    await ready('tool', 'Ready')
    const role = '/apis/rbac.authorization.k8s.io/v1/clusterroles/connectors-controller'
    const allow = (rules: readonly object[]) =>
      plane.call('PATCH', role, { body: { rules }, headers: { 'content-type': mergePatch } })
    await allow(permissions.filter(({ resources }) => !resources.includes('services')).concat(readServices))
    await client.create(connectors, connector('late', { address: tool.url }))
    const { status } = await ready('late', 'ProxyServiceNotFound')
    assert.is(status?.proxy, undefined)
    const { ProxyServiceReady } = await conditions('late')
    assert.match(ProxyServiceReady?.message ?? '', /^Cannot create Service in "team": .* 403 Forbidden/)
    await allow(permissions)
    await ready('late', 'Ready')
  }))

test('puts its Service right when somebody changes it', () =>
  withController({}, async ({ client, ready }) => {
    await ready('tool', 'Ready')
    const ref = { namespace: team, name: 'c-tool' }
    await client.patch(services, ref, { patch: { spec: { externalName: 'elsewhere.example' } } })
    await waitFor(async () => (await client.get(services, ref)).spec?.externalName !== 'elsewhere.example')
  }))

async function settled({ writes, ready }: World): Promise<number> {
  await ready('tool', 'Ready')
  let before = -1
  await waitFor(
    () => {
      const now = writes().length
      const same = now === before
      before = now
      return same
    },
    { intervalMs: 100 },
  )
  return before
}

test('writes nothing at rest: after probes, expired watches, a restart and a change that is none', () =>
  withController(often, async world => {
    const { plane, client, tool, writes, ready } = world
    const before = await settled(world)
    const asked = tool.requests.length
    plane.faults.expireWatches()
    await client.patch(
      connectorClasses,
      { name: 'basic' },
      { patch: { metadata: { annotations: { a: 'b' } } } },
    )
    await waitFor(() => tool.requests.length >= asked + 4)
    await world.restart()
    await waitFor(() => tool.requests.length >= asked + 8)
    await ready('tool', 'Ready')
    assert.equal(writes().slice(before), [])
  }))

test('gets over conflicts and an API server that fails', () =>
  withController({}, async ({ client, plane, ready, tool }) => {
    plane.faults.inject({ match: { verb: 'update', subresource: 'status' }, times: 2, answer: 409 })
    plane.faults.inject({ match: { verb: 'create', resource: 'services' }, times: 1, answer: 500 })
    await client.create(secrets, basicSecret('late'))
    await client.create(connectors, withSecret('late', tool.url))
    await ready('late', 'Ready')
  }))

test('tells each change of readiness in one event, and the credential nowhere', () =>
  withController(often, async ({ client, ready, tool, lines, plane }) => {
    await ready('tool', 'Ready')
    // A tool that repeats what it was sent, in its status line, headers and body.
    tool.answer = ({ headers }, response) => {
      const said = headers.authorization ?? 'nothing'
      response.writeHead(500, said, { 'X-Said': said }).end(said)
    }
    await ready('tool', 'UnexpectedResponse')
    const told = await waitFor(async () => {
      const { items } = await client.list(events, { namespace: team })
      return items.length >= 2 && items
    })
    assert.equal(told.map(({ reason, type }) => `${type} ${reason}`).sort(), [
      'Normal Ready',
      'Warning UnexpectedResponse',
    ])
    const { body } = await plane.call('GET', '/apis/connectors.alauda.io/v1alpha1/connectors')
    const everything = JSON.stringify([told, body, lines])
    for (const form of [canary, btoa(canary), btoa(`robot:${canary}`)])
      assert.not.ok(everything.includes(form))
  }))

test('records a change of where credentials may go on each Connector of the class', () =>
  withController({}, async ({ client, ready }) => {
    await ready('tool', 'Ready')
    await client.patch(connectorClasses, { name: 'basic' }, { patch: { spec: { proxy: null } } })
    await waitFor(async () => {
      const { items } = await client.list(events, { namespace: team })
      return items.some(({ reason }) => reason === 'ConnectorClassRulesChanged')
    })
    await waitFor(
      async () => (await client.find(services, { namespace: team, name: 'c-tool' })) === undefined,
    )
  }))

test('serves health and metrics, and forgets a deleted Connector', () =>
  withController(often, async ({ client, ready, metricsUrl, tool }) => {
    await ready('tool', 'Ready')
    await waitFor(async () => (await fetch(`${metricsUrl}/readyz`)).status === 200)
    const text = await (await fetch(`${metricsUrl}/metrics`)).text()
    assert.match(text, 'connectors_events_dropped 0')
    assert.match(text, 'connectors_connectors{class="basic",ready="True",reason="Ready"} 1')
    await client.delete(connectors, { namespace: team, name: 'tool' })
    await waitFor(
      async () => (await client.find(services, { namespace: team, name: 'c-tool' })) === undefined,
    )
    await waitFor(
      async () => !(await (await fetch(`${metricsUrl}/metrics`)).text()).includes('class="basic"'),
    )
    assert.ok(tool.requests.length > 0)
  }))

test.run()
