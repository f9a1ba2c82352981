// Replaces an object, or its status alone: a PUT's body or the outcome of a patch.
import { isDeepStrictEqual } from 'node:util'
import type { Cluster } from '../cluster.ts'
import type { Kind } from '../kinds.ts'
import { type Fields, fieldsOf, type KubeObject } from '../object.ts'
import { applyPatch } from '../patch.ts'
import { badRequest, cause, conflict, invalid, notFound, resourceName } from '../status.ts'
import { afterWrite } from './aftermath.ts'
import { admitDraft, parseDraft, type WriteOptions, type Written } from './draft.ts'

export interface UpdateOptions extends WriteOptions {
  readonly name: string
  readonly subresource: '' | 'status'
}

export function updateObject(cluster: Cluster, kind: Kind, body: unknown, options: UpdateOptions): Written {
  const { name, namespace } = options
  const previous = cluster.store.get(resourceName(kind), namespace, name)
  const named = fieldsOf(fieldsOf(body)['metadata'])['name'] ?? ''
  if (named !== name) {
    throw badRequest(`the name of the object (${named}) does not match the name on the URL (${name})`)
  }
  if (previous === undefined) throw notFound(kind, name)
  const { resourceVersion } = fieldsOf(fieldsOf(body)['metadata'])
  if (kind.custom && !resourceVersion) {
    const causes = [cause.invalid('metadata.resourceVersion', 0, 'must be specified for an update')]
    throw invalid({ ...kind, kind: kind.plural }, name, causes)
  }
  return replace(cluster, kind, body, previous, options)
}

export interface Patch {
  readonly type: string
  readonly body: unknown
}

export function patchObject(cluster: Cluster, kind: Kind, patch: Patch, options: UpdateOptions): Written {
  const { name, namespace } = options
  const previous = cluster.store.get(resourceName(kind), namespace, name)
  if (previous === undefined) {
    applyPatch({}, patch.type.includes('json-patch') ? [] : {}, patch.type, kind)
    throw notFound(kind, name)
  }
  const patched = applyPatch(previous, patch.body, patch.type, kind)
  const metadata = fieldsOf(fieldsOf(patched)['metadata'])
  if (metadata['name'] !== name) {
    throw badRequest(
      `the name of the object (${metadata['name'] ?? ''}) does not match the name on the URL (${name})`,
    )
  }
  if (metadata['uid'] !== previous.metadata.uid) {
    throw invalid(kind, name, [cause.invalid('metadata.uid', metadata['uid'], 'field is immutable')])
  }
  return replace(cluster, kind, patched, previous, options)
}

function replace(
  cluster: Cluster,
  kind: Kind,
  body: unknown,
  previous: KubeObject,
  options: UpdateOptions,
): Written {
  const { store } = cluster
  const { object: parsed, warnings } = parseDraft(kind, body, options)
  const { resourceVersion, uid } = parsed.metadata
  if (resourceVersion && resourceVersion !== previous.metadata.resourceVersion)
    throw conflict(kind, options.name)
  if (uid && uid !== previous.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`
    throw conflict(kind, options.name, why)
  }
  const draft = mergeParts(kind, parsed, previous, options.subresource)
  admitDraft(kind, draft, { previous, store, user: options.user })
  if (kind.counted && !isDeepStrictEqual(askedFor(kind, draft), askedFor(kind, previous))) {
    draft.metadata.generation = (previous.metadata.generation ?? 0) + 1
  }
  if (isDeepStrictEqual(draft, previous)) return { object: previous, created: false, warnings }
  if (options.dryRun) return { object: draft, created: false, warnings }
  const object = store.put(resourceName(kind), draft)
  afterWrite(cluster, kind, object)
  return { object, created: false, warnings }
}

/** The status subresource changes nothing but the status; without it, a status in the body is ignored. */
function mergeParts(kind: Kind, parsed: KubeObject, previous: KubeObject, subresource: string): KubeObject {
  if (subresource === 'status') {
    const { status: _, ...rest } = previous
    const draft = { ...rest, metadata: { ...previous.metadata } } as KubeObject
    if (parsed['status'] !== undefined) draft['status'] = parsed['status']
    return draft
  }
  const draft: KubeObject = { ...parsed }
  if (kind.hasStatus) {
    delete draft['status']
    if (previous['status'] !== undefined) draft['status'] = previous['status']
  }
  const { uid, creationTimestamp, resourceVersion, generation, generateName } = previous.metadata
  draft.metadata = { ...parsed.metadata, uid, creationTimestamp, resourceVersion }
  delete draft.metadata.deletionTimestamp
  if (generation === undefined) delete draft.metadata.generation
  else draft.metadata.generation = generation
  if (generateName !== undefined) draft.metadata.generateName = generateName
  return draft
}

function askedFor(kind: Kind, object: KubeObject): Fields {
  const { metadata: _, ...rest } = object
  if (kind.hasStatus) delete rest['status']
  return rest
}
