import type { Cluster } from '../cluster.ts'
import type { Kind } from '../kinds.ts'
import { generateName } from '../names.ts'
import { type KubeObject, timestamp } from '../object.ts'
import { ruleViolations } from '../rules.ts'
import { alreadyExists, badRequest, cause, invalid, notFound, resourceName } from '../status.ts'
import { afterWrite } from './aftermath.ts'
import { admitDraft, parseDraft, type WriteOptions, type Written } from './draft.ts'

const nameAttempts = 8

/** Stores a new object. */
export function createObject(cluster: Cluster, kind: Kind, body: unknown, options: WriteOptions): Written {
  const { store, clock } = cluster
  const { object: draft, warnings } = parseDraft(kind, body, options)
  const { metadata } = draft
  if (typeof (metadata.generateName ?? '') !== 'string') {
    throw badRequest(`${kind.kind}: metadata.generateName must be a string`)
  }
  if (!metadata.name && !metadata.generateName) {
    const wrong = [cause.required('metadata.name', 'name or generateName is required')]
    const unasked = ruleViolations(draft, { schema: kind.schema, previous: undefined, wrong })
    throw invalid(kind, '', [...wrong, ...unasked])
  }
  metadata.name ||= freeName(cluster, kind, options.namespace, metadata.generateName ?? '')
  metadata.uid = crypto.randomUUID()
  metadata.creationTimestamp = timestamp(clock.now())
  metadata.resourceVersion = ''
  delete metadata.deletionTimestamp
  if (kind.counted) metadata.generation = 1
  else delete metadata.generation
  if (kind.hasStatus) delete draft['status']

  if (kind.namespaced && store.get('namespaces', '', options.namespace) === undefined) {
    throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, options.namespace)
  }
  admitDraft(kind, draft, { previous: undefined, store, user: options.user })
  if (store.get(resourceName(kind), options.namespace, metadata.name) !== undefined) {
    throw alreadyExists(kind, metadata.name)
  }
  if (options.dryRun) return { object: draft, created: true, warnings }
  const object: KubeObject = store.put(resourceName(kind), draft)
  afterWrite(cluster, kind, object)
  return { object, created: true, warnings }
}

function freeName({ store }: Cluster, kind: Kind, namespace: string, prefix: string): string {
  let name = generateName(prefix)
  for (let attempt = 1; attempt < nameAttempts; attempt++) {
    if (store.get(resourceName(kind), namespace, name) === undefined) break
    name = generateName(prefix)
  }
  return name
}
