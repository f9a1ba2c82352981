import type { Cluster } from '../cluster.ts'
import type { Kind } from '../kinds.ts'
import { type Fields, fieldsOf, type KubeObject, timestamp } from '../object.ts'
import { cause, conflict, forbidden, invalid, notFound, resourceName } from '../status.ts'
import { removeWithDependents } from './aftermath.ts'

export interface DeleteOptions {
  readonly preconditions: { readonly uid: string | undefined; readonly resourceVersion: string | undefined }
  readonly orphanDependents: boolean
  readonly dryRun: boolean
}

const permanentNamespaces = ['default', 'kube-system', 'kube-public']

export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const options = fieldsOf(body)
  const { uid, resourceVersion } = fieldsOf(options['preconditions'])
  const policy = options['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined
  const policies = ['Foreground', 'Background', 'Orphan']
  if (policy !== undefined && !policies.includes(String(policy))) {
    const kind = { group: 'meta.k8s.io', plural: 'deleteoptions', kind: 'DeleteOptions' }
    throw invalid(kind, '', [cause.unsupported('propagationPolicy', policy, [...policies, 'nil'])])
  }
  return {
    preconditions: {
      uid: uid === undefined ? undefined : String(uid),
      resourceVersion: resourceVersion === undefined ? undefined : String(resourceVersion),
    },
    orphanDependents: policy === 'Orphan' || options['orphanDependents'] === true,
    dryRun: query.has('dryRun') || Array.isArray(options['dryRun']),
  }
}

/** Removes the object with what it owns; the answer is a Status, or the object for the kinds that give it. */
export function deleteObject(
  cluster: Cluster,
  kind: Kind,
  object: KubeObject,
  options: DeleteOptions,
): Fields | KubeObject {
  const { name, uid, resourceVersion } = object.metadata
  const { preconditions } = options
  const asKind = { ...kind, plural: kind.kind }
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`
    throw conflict({ ...asKind }, name, why)
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`
    throw conflict(asKind, name, why)
  }
  if (resourceName(kind) === 'namespaces' && permanentNamespaces.includes(name)) {
    throw forbidden(kind, name, 'this namespace may not be deleted')
  }
  if (!options.dryRun) removeWithDependents(cluster, resourceName(kind), object, options.orphanDependents)
  if (kind.answersDeleted) return terminating(cluster, kind, object)
  const details = { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural, uid }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

function terminating({ clock }: Cluster, kind: Kind, object: KubeObject): KubeObject {
  const metadata = { ...object.metadata, deletionTimestamp: timestamp(clock.now()) }
  return kind.kind === 'Namespace'
    ? { ...object, metadata, status: { phase: 'Terminating' } }
    : { ...object, metadata }
}

export function requireObject({ store }: Cluster, kind: Kind, namespace: string, name: string): KubeObject {
  const object = store.get(resourceName(kind), namespace, name)
  if (object === undefined) throw notFound(kind, name)
  return object
}
