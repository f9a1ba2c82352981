// What a cluster holds from its first moment.
import { readdir, readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import type { Cluster } from './cluster.ts'
import { definitionsResource } from './kinds.ts'
import { type Fields, fieldsOf } from './object.ts'
import { resourceName } from './status.ts'
import { createObject } from './verbs/create.ts'
import { updateObject } from './verbs/update.ts'

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'connectors-system']
const rbac = 'rbac.authorization.k8s.io'

const clusterRoles: { readonly [name: string]: { readonly rules: Fields[]; readonly groups: string[] } } = {
  'cluster-admin': {
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  'system:discovery': {
    rules: [
      {
        nonResourceURLs: [
          '/api',
          '/api/*',
          '/apis',
          '/apis/*',
          '/healthz',
          '/livez',
          '/openapi',
          '/openapi/*',
          '/readyz',
          '/version',
          '/version/',
        ],
        verbs: ['get'],
      },
    ],
    groups: ['system:authenticated'],
  },
  'system:basic-user': {
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
    groups: ['system:authenticated'],
  },
  'system:public-info-viewer': {
    rules: [{ nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] }],
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
  // Bound to nobody: what a component that checks its callers gets.
  'system:auth-delegator': {
    rules: [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ],
    groups: [],
  },
}

/** Creates what is not there yet; a restart finds most of it. */
export function createInitialObjects(cluster: Cluster): void {
  for (const name of namespaces) ensure(cluster, 'namespaces', { metadata: { name } })
  for (const [name, { rules, groups }] of Object.entries(clusterRoles)) {
    ensure(cluster, `clusterroles.${rbac}`, { metadata: { name }, rules })
    if (groups.length === 0) continue
    const subjects = groups.map(group => ({ apiGroup: rbac, kind: 'Group', name: group }))
    const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name }
    ensure(cluster, `clusterrolebindings.${rbac}`, { metadata: { name }, subjects, roleRef })
  }
}

/** Creates or brings up to date the kinds that the files of a folder define. */
export async function applyDefinitions(cluster: Cluster, folder: URL): Promise<void> {
  for (const file of (await readdir(folder)).sort()) {
    if (!/\.ya?ml$/.test(file)) continue
    ensure(cluster, definitionsResource, parse(await readFile(new URL(file, folder), 'utf8')) as Fields)
  }
}

function ensure(cluster: Cluster, resource: string, object: Fields): void {
  const kind = cluster.kinds.byResource(resource)
  if (kind === undefined) throw new Error(`no kind ${resource}`)
  const name = String(fieldsOf(object['metadata'])['name'])
  const isThere = cluster.store.get(resourceName(kind), '', name) !== undefined
  if (!isThere) createObject(cluster, kind, object, { namespace: '' })
  else if (resource === definitionsResource) {
    updateObject(cluster, kind, object, { namespace: '', name, subresource: '' })
  }
}
