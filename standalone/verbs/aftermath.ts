// What follows a write: in a cluster controllers do this a moment later, here it happens at once.
import type { Cluster } from '../cluster.ts'
import { definitionsResource, type Kind } from '../kinds.ts'
import { type KubeObject, timestamp } from '../object.ts'
import { resourceName } from '../status.ts'
import type { Store } from '../store.ts'

export function afterWrite(cluster: Cluster, kind: Kind, object: KubeObject): void {
  if (resourceName(kind) === 'namespaces') ensureServiceAccount(cluster, object.metadata.name)
  dropOutlived(cluster, kind, object.metadata.namespace ?? '')
  dropIfOwnersAreGone(cluster, resourceName(kind), object)
}

/** Every namespace has a ServiceAccount `default`. */
function ensureServiceAccount({ store, clock }: Cluster, namespace: string): void {
  if (store.get('serviceaccounts', namespace, 'default') !== undefined) return
  store.put('serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name: 'default',
      namespace,
      uid: crypto.randomUUID(),
      resourceVersion: '',
      creationTimestamp: timestamp(clock.now()),
    },
  })
}

/** Writing to a kind whose objects have a lifetime drops those of the namespace that are past it. */
function dropOutlived({ store, clock }: Cluster, kind: Kind, namespace: string): void {
  if (kind.lifetimeMs === undefined) return
  const oldest = timestamp(clock.now() - kind.lifetimeMs)
  const outlived: KubeObject[] = []
  for (const object of store.list(resourceName(kind), namespace)) {
    // They are listed in the order of their creation: what follows a younger one is younger still.
    if (object.metadata.creationTimestamp >= oldest) break
    if (String(object['lastTimestamp'] ?? '') < oldest) outlived.push(object)
  }
  for (const object of outlived) store.remove(resourceName(kind), object)
}

function dropIfOwnersAreGone(cluster: Cluster, resource: string, object: KubeObject): void {
  const owners = object.metadata.ownerReferences ?? []
  if (owners.length === 0 || owners.some(({ uid }) => isOwner(cluster.store, uid, object))) return
  removeWithDependents(cluster, resource, object, false)
}

function isOwner(store: Store, uid: string, object: KubeObject): boolean {
  const owner = store.byUid(uid)
  if (owner === undefined) return false
  const { namespace } = owner.metadata
  return namespace === undefined || namespace === object.metadata.namespace
}

/** Removes an object, what it contains (a namespace, a definition) and what nobody else owns either. */
export function removeWithDependents(
  cluster: Cluster,
  resource: string,
  object: KubeObject,
  orphanDependents: boolean,
): void {
  const { store } = cluster
  const { name, namespace = '', uid } = object.metadata
  if (store.get(resource, namespace, name) !== object) return
  if (resource === 'namespaces') {
    for (const inside of store.resources()) {
      for (const one of [...store.list(inside, name)]) removeWithDependents(cluster, inside, one, false)
    }
  }
  if (resource === definitionsResource) {
    for (const one of [...store.list(name)]) removeWithDependents(cluster, name, one, false)
  }
  const dependents = store.dependents(uid)
  store.remove(resource, object)
  for (const [dependent, kind] of dependents) {
    const others = (dependent.metadata.ownerReferences ?? []).filter(owner => owner.uid !== uid)
    if (!orphanDependents && !others.some(owner => isOwner(store, owner.uid, dependent))) {
      removeWithDependents(cluster, kind, dependent, false)
    } else if (store.byUid(dependent.metadata.uid) === dependent) {
      const { ownerReferences: _, ...metadata } = dependent.metadata
      store.put(kind, {
        ...dependent,
        metadata: others.length === 0 ? metadata : { ...metadata, ownerReferences: others },
      })
    }
  }
}
