// What is served, in both forms that clients ask for: one document for all groups, or one for each.
import type { Kind } from './kinds.ts'
import type { Fields } from './object.ts'
import { resourceName } from './status.ts'
import { apiVersionOf } from './verbs/draft.ts'

export const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

interface Subresource {
  readonly name: string
  readonly verbs: readonly string[]
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string }
}

function subresources(kind: Kind): Subresource[] {
  const own = { group: kind.group, version: kind.version, kind: kind.kind }
  const found: Subresource[] = []
  if (kind.hasStatus) found.push({ name: 'status', verbs: ['get', 'patch', 'update'], responseKind: own })
  if (resourceName(kind) === 'serviceaccounts') {
    const responseKind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }
    found.push({ name: 'token', verbs: ['create'], responseKind })
  }
  return found
}

function groupNames(kinds: readonly Kind[]): string[] {
  return [...new Set(kinds.map(kind => kind.group))].filter(group => group !== '').sort()
}

function versionsOf(kinds: readonly Kind[], group: string): string[] {
  return [...new Set(kinds.filter(kind => kind.group === group).map(kind => kind.version))]
}

export function coreVersions(url: string): Fields {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: new URL(url).host }]
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs }
}

export function groupList(kinds: readonly Kind[]): Fields {
  const groups = groupNames(kinds).map(group => groupEntry(kinds, group))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

export function groupDocument(kinds: readonly Kind[], group: string): Fields | undefined {
  if (!groupNames(kinds).includes(group)) return undefined
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(kinds, group) }
}

function groupEntry(kinds: readonly Kind[], group: string): Fields {
  const versions = versionsOf(kinds, group).map(version => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions, preferredVersion: versions[0] }
}

export function resourceList(kinds: readonly Kind[], group: string, version: string): Fields | undefined {
  const served = kinds.filter(kind => kind.group === group && kind.version === version)
  const [first] = served
  if (first === undefined) return undefined
  const resources = served.flatMap(kind => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    },
    ...subresources(kind).map(({ name, verbs, responseKind }) => ({
      name: `${kind.plural}/${name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...responseKind,
      verbs,
    })),
  ])
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(first), resources }
}

/** All of `/api` or all of `/apis` in one document. */
export function aggregated(kinds: readonly Kind[], root: 'api' | 'apis'): Fields {
  const groups = root === 'api' ? [''] : groupNames(kinds)
  const items = groups.map(group => ({
    metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: versionsOf(kinds, group).map(version => ({
      version,
      freshness: 'Current',
      resources: kinds.filter(kind => kind.group === group && kind.version === version).map(aggregatedEntry),
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

function aggregatedEntry(kind: Kind): Fields {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    shortNames: kind.shortNames,
    categories: kind.categories,
    subresources: subresources(kind).map(({ name, verbs, responseKind }) => {
      return { subresource: name, responseKind, verbs }
    }),
  }
}
