import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { isAppliedAlone, isOfConnector, removeLeftovers } from '../../controller/leftovers.ts'
import { applyGrants } from '../../controller/scope-grants/apply.ts'
import { decideScope, grantLabel } from '../../controller/scope-grants/decide.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import {
  connectorClasses,
  connectors,
  csiDrivers,
  namespaces,
  type Resource,
  roleBindings,
  roles,
  secrets,
  services,
} from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { withControlPlane } from '../helpers/control-plane.ts'
import { refuse, reply, withApiServer } from '../kube/api-server.ts'
import { clientOf } from './boot-controller.ts'
import { basicClass, basicSecret, withSecret } from './objects.ts'

const test = suite('controller/leftovers')

const ours = 'connectors-controller'
const written = (...writers: readonly (readonly [manager: string, subresource?: string])[]) => ({
  name: 'git',
  managedFields: writers.map(([manager, subresource]) => ({
    manager,
    ...(subresource === undefined ? {} : { subresource }),
  })),
})

const owners: readonly (readonly [what: string, metadata: ReturnType<typeof written>, isOurs: boolean])[] = [
  ['applied by us', written([ours]), true],
  ['applied by us, with a status by whoever', written([ours], ['node', 'status']), true],
  ['changed by somebody after us', written([ours], ['kubectl-edit']), false],
  ['made by somebody', written(['kubectl-client-side-apply']), false],
  ['with a status alone', written(['node', 'status']), false],
  ['of which nobody knows who wrote it', written(), false],
]

for (const [what, metadata, isOurs] of owners) {
  test(`a built-in class ${what} ${isOurs ? 'goes' : 'stays'}`, () => {
    assert.is(isAppliedAlone(metadata, ours), isOurs)
  })
}

type Owner = { readonly apiVersion: string; readonly kind: string; readonly controller: boolean }
const ownedBy = (owner: Owner) => ({ name: 'c-git', ownerReferences: [{ ...owner, name: 'git', uid: '1' }] })
const connector = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', controller: true }
const externalName = { type: 'ExternalName' }
const standIns: readonly (readonly [
  what: string,
  metadata: KubeObject['metadata'],
  spec: { type: string },
  isOurs: boolean,
])[] = [
  ['that stands for a Connector', ownedBy(connector), externalName, true],
  ['with endpoints of its own', ownedBy(connector), { type: 'ClusterIP' }, false],
  [
    'that names a Connector and is not controlled by it',
    ownedBy({ ...connector, controller: false }),
    externalName,
    false,
  ],
  [
    'of a Connector of another group',
    ownedBy({ ...connector, apiVersion: 'connectors.alauda.io.example.com/v1' }),
    externalName,
    false,
  ],
  ['of another kind of ours', ownedBy({ ...connector, kind: 'ConnectorClass' }), externalName, false],
  ['of nobody', { name: 'c-git' }, externalName, false],
]

for (const [what, metadata, spec, isOurs] of standIns) {
  test(`a Service ${what} ${isOurs ? 'goes' : 'stays'}`, () => {
    assert.is(isOfConnector({ metadata, spec }), isOurs)
  })
}

test('grants and Services of Connectors go; what others made, be it of the same name, stays', () =>
  withControlPlane(async plane => {
    const client = await clientOf(plane.kubeconfig)
    const signal = AbortSignal.timeout(30_000)
    try {
      for (const name of ['team', 'others']) await client.create(namespaces, { metadata: { name } })
      await client.create(connectorClasses, basicClass())
      await client.create(secrets, basicSecret('tool'))
      const connector = await client.create(connectors, withSecret('tool', 'https://git.example.com'))
      const namespace = await client.get(namespaces, { name: 'team' })
      const scope = { namespace, holdsConnectors: true, projectNamespaces: [], role: undefined }
      const { actions } = decideScope({ ...scope, roleBinding: undefined }, { enabled: true })
      await applyGrants(actions, { client, signal })
      const grant = { name: 'connectors-scope', namespace: 'others' }
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'connectors-scope' }
      await client.create(roles, { metadata: grant, rules: [] })
      await client.create(roleBindings, { metadata: grant, roleRef, subjects: [] })
      const lookalike = { name: 'mine', namespace: 'others', labels: { [grantLabel]: 'true' } }
      await client.create(roles, { metadata: lookalike, rules: [] })
      await client.create(roleBindings, { metadata: lookalike, roleRef, subjects: [] })

      const spec = { type: 'ExternalName', externalName: 'proxy.example.com' }
      const { apiVersion = '', kind = '', metadata } = { ...connector, kind: 'Connector' }
      const owner = { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }
      await client.create(services, {
        metadata: { name: 'c-tool', namespace: 'team', ownerReferences: [owner] },
        spec,
      })
      await client.create(services, { metadata: { name: 'c-other', namespace: 'team' }, spec })

      const log = createLog({ component: 'test', level: 'info', clock: systemClock, write: () => {} })
      await removeLeftovers({ client, clock: systemClock, log, signal, fieldManager: ours })

      const names = async <T extends KubeObject>(resource: Resource<T>) =>
        (await client.list(resource)).items
          .filter(({ metadata }) => ['team', 'others', undefined].includes(metadata.namespace))
          .map(({ metadata: { namespace, name } }) =>
            namespace === undefined ? name : `${namespace}/${name}`,
          )
      assert.equal(await names(roles), ['others/connectors-scope', 'others/mine'])
      assert.equal(await names(roleBindings), ['others/connectors-scope', 'others/mine'])
      assert.equal(await names(services), ['team/c-other'])
      assert.equal(await names(connectors), ['team/tool'])
      assert.equal(await names(secrets), ['team/tool'])
      assert.equal(await names(connectorClasses), ['basic'])
    } finally {
      client.close()
    }
  }))

test('nothing goes while the driver says that the installation is there', () =>
  withControlPlane(async plane => {
    const client = await clientOf(plane.kubeconfig)
    const signal = AbortSignal.timeout(30_000)
    try {
      await client.create(namespaces, { metadata: { name: 'team' } })
      const grant = { name: 'connectors-scope', namespace: 'team', labels: { [grantLabel]: 'true' } }
      await client.create(roles, { metadata: grant, rules: [] })
      await client.create(csiDrivers, { metadata: { name: 'connectors-csi' }, spec: {} })
      const log = createLog({ component: 'test', level: 'info', clock: systemClock, write: () => {} })
      const options = { client, clock: systemClock, log, signal, fieldManager: ours }
      const error = await removeLeftovers(options).catch((thrown: unknown) => thrown)
      assert.instance(error, ConnectorsError)
      assert.is((error as ConnectorsError).reason, 'StillInstalled')
      await client.get(roles, grant)

      await client.delete(csiDrivers, { name: 'connectors-csi' })
      await removeLeftovers(options)
      assert.is(await client.find(roles, grant), undefined)
    } finally {
      client.close()
    }
  }))

test('what waits for the finalizers of others is asked to go once, and not waited for', () => {
  let isGoing = false
  const role = () => ({
    metadata: { name: 'connectors-scope', namespace: 'team', ...(isGoing && { deletionTimestamp: 'now' }) },
  })
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  const log = createLog({ component: 'test', level: 'info', clock, write: () => {} })
  return withApiServer(
    ({ method, path }, response) => {
      if (method === 'DELETE') isGoing = true
      if (path.endsWith('/connectors-csi')) refuse(response, 404)
      else if (path.endsWith('/roles')) reply(response, 200, { items: [role()] })
      else if (method === 'GET') reply(response, 200, { items: [] })
      else reply(response, 200, role())
    },
    async ({ client, received }) => {
      await removeLeftovers({ client, clock, log, signal: AbortSignal.timeout(5000), fieldManager: ours })
      assert.is(received.filter(({ method }) => method === 'DELETE').length, 1)
    },
  )
})

test('a built-in class that an administrator has replaced stays, whoever has written it', () => {
  const { managedFields } = written([ours])
  const classOf = (name: string, annotations: object) => ({ metadata: { name, managedFields, annotations } })
  const classes = [classOf('git', {}), classOf('oci', { 'connectors.cpaas.io/builtin': 'replaced' })]
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  const log = createLog({ component: 'test', level: 'info', clock, write: () => {} })
  const removed = new Set<string>()
  return withApiServer(
    ({ method, path }, response) => {
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (method === 'DELETE') removed.add(name)
      const items =
        name === 'connectorclasses' ? classes.filter(item => !removed.has(item.metadata.name)) : []
      if (name === 'connectors-csi') refuse(response, 404)
      else reply(response, 200, method === 'GET' ? { items } : { metadata: { name } })
    },
    async ({ client }) => {
      await removeLeftovers({ client, clock, log, signal: AbortSignal.timeout(5000), fieldManager: ours })
      assert.equal([...removed], ['git'])
    },
  )
})

test.run()
