// What the chart lets each component do: no more than this table.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { containerOf, keysOf, one, type Rendered, type Rule, render } from '../helpers/chart.ts'

const test = suite('clients/chart: rights')

const watched = ['list', 'watch']
const ours = 'connectors.alauda.io'

/** `role: group/resource[=name]: verbs` */
const rights: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'ClusterRole connectors-controller-manager': {
    [`${ours}/connectors`]: ['get', ...watched, 'patch'],
    [`${ours}/connectors/proxy`]: ['get'],
    [`${ours}/connectors/status`]: ['update'],
    [`${ours}/connectorclasses`]: [...watched, 'create', 'patch'],
    [`${ours}/connectorclasses/status`]: ['update'],
    [`${ours}/resourceinterfaces`]: [...watched, 'create', 'patch'],
    '/namespaces': watched,
    '/secrets': ['get', ...watched],
    '/services': ['get', ...watched, 'create', 'update', 'delete'],
    '/events': ['get', 'create', 'patch'],
    'rbac.authorization.k8s.io/roles': [...watched, 'create'],
    'rbac.authorization.k8s.io/rolebindings': [...watched, 'create'],
    'rbac.authorization.k8s.io/roles=connectors-scope': ['get', 'update', 'delete'],
    'rbac.authorization.k8s.io/rolebindings=connectors-scope': ['get', 'update', 'delete'],
  },
  'Role connectors-controller-manager': {
    '/configmaps=connectors-config': watched,
    'coordination.k8s.io/leases=connectors-controller-manager': ['get', 'update'],
    'coordination.k8s.io/leases': ['create'],
    '/secrets': ['create'],
    '/secrets=connectors-sealing-keys': ['update'],
    '/configmaps': ['create'],
    '/configmaps=connectors-trust': [...watched, 'patch'],
    '/pods': watched,
  },
  'ClusterRole connectors-proxy': {
    [`${ours}/connectors`]: watched,
    [`${ours}/connectorclasses`]: watched,
    '/secrets': ['get', ...watched],
    'authentication.k8s.io/tokenreviews': ['create'],
    'authorization.k8s.io/subjectaccessreviews': ['create'],
  },
  'Role connectors-proxy': {
    '/configmaps=connectors-config': watched,
    '/pods': watched,
    '/services': watched,
  },
  'ClusterRole connectors-csi': {
    [`${ours}/connectors`]: ['get', ...watched],
    [`${ours}/connectorclasses`]: ['get', ...watched],
    'authorization.k8s.io/subjectaccessreviews': ['create'],
    '/events': ['get', 'create', 'patch'],
  },
  'Role connectors-csi': {
    '/configmaps=connectors-config': watched,
    '/configmaps=connectors-trust': watched,
  },
  'ClusterRole connectors-cleanup': {
    'storage.k8s.io/csidrivers=connectors-csi': ['get'],
    [`${ours}/connectorclasses`]: ['list', 'delete'],
    [`${ours}/resourceinterfaces`]: ['list', 'delete'],
    '/services': ['list', 'delete'],
    'rbac.authorization.k8s.io/roles': ['list'],
    'rbac.authorization.k8s.io/rolebindings': ['list'],
    'rbac.authorization.k8s.io/roles=connectors-scope': ['delete'],
    'rbac.authorization.k8s.io/rolebindings=connectors-scope': ['delete'],
  },
  'ClusterRole connectors-view': {
    [`${ours}/connectors`]: ['get', ...watched],
    [`${ours}/connectorclasses`]: ['get', ...watched],
    [`${ours}/resourceinterfaces`]: ['get', ...watched],
  },
  'ClusterRole connectors-edit': {
    [`${ours}/connectors`]: ['create', 'update', 'patch', 'delete', 'deletecollection'],
  },
}

function rightsOf(rules: readonly Rule[] = []): Record<string, string[]> {
  const found: Record<string, Set<string>> = {}
  for (const { apiGroups, resources, verbs, resourceNames = [''] } of rules) {
    for (const group of apiGroups) {
      for (const resource of resources) {
        for (const name of resourceNames) {
          const key = `${group}/${resource}${name === '' ? '' : `=${name}`}`
          found[key] ??= new Set()
          for (const verb of verbs) found[key].add(verb)
        }
      }
    }
  }
  return Object.fromEntries(Object.entries(found).map(([key, verbs]) => [key, [...verbs].sort()]))
}

test('grants each component the rights of this table', async () => {
  const roles = (await render()).filter(({ kind }) => /^(Cluster)?Role$/.test(kind))
  assert.equal(keysOf(roles).sort(), Object.keys(rights).sort())
  for (const role of roles) {
    const key = `${role.kind} ${role.metadata.name}`
    const expected = Object.fromEntries(
      Object.entries(rights[key] ?? {}).map(([resource, verbs]) => [resource, [...verbs].sort()]),
    )
    assert.equal(rightsOf(role.rules), expected, key)
  }
})

test('lets who waits for the driver read its DaemonSet and nothing else, where somebody waits', async () => {
  const isOfRollout = ({ metadata }: Rendered) => metadata.name === 'connectors-rollout'
  assert.equal((await render()).filter(isOfRollout), [])
  const objects = (await render(['csi.waitForRollout=true', 'csi.namespace="mounts"'])).filter(isOfRollout)
  assert.equal(keysOf(objects).sort(), [
    'Job connectors-rollout',
    'Role connectors-rollout',
    'RoleBinding connectors-rollout',
    'ServiceAccount connectors-rollout',
  ])
  const role = one(objects, 'Role', 'connectors-rollout')
  assert.equal(rightsOf(role.rules), { 'apps/daemonsets=connectors-csi': ['get'] })
  assert.is(role.metadata.namespace, 'mounts')
  const job = one(objects, 'Job', 'connectors-rollout')
  assert.ok(containerOf(job).args.includes('--daemonset=mounts/connectors-csi'))
  for (const { kind, metadata } of objects) {
    assert.is(metadata.annotations?.['helm.sh/hook'], 'post-install,post-upgrade', kind)
    assert.is(
      metadata.annotations?.['helm.sh/hook-delete-policy'],
      'before-hook-creation,hook-succeeded',
      kind,
    )
  }
})

test('takes back the rights of what is switched off', async () => {
  const without = one(
    await render(['builtins.enabled=false', 'controller.scopeGrants=false']),
    'ClusterRole',
    'connectors-controller-manager',
  )
  const left = rightsOf(without.rules)
  assert.equal(left[`${ours}/connectors`], ['list', 'patch', 'watch'])
  assert.is(left[`${ours}/connectors/proxy`], undefined)
  assert.equal(left[`${ours}/connectorclasses`], ['list', 'watch'])
  assert.is(left[`${ours}/resourceinterfaces`], undefined)
  assert.equal(left['rbac.authorization.k8s.io/roles'], ['list', 'watch'])
  assert.equal(left['rbac.authorization.k8s.io/roles=connectors-scope'], ['delete', 'get'])
})

test.run()
