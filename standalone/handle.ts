// From an allowed request to the verb that answers it.
import { type Answer, acceptedForm, json, parseBody, parsePatch } from './answer.ts'
import type { Cluster } from './cluster.ts'
import type { Kind } from './kinds.ts'
import { jsonOf, type KubeObject } from './object.ts'
import { answerReview, type VerifyToken } from './reviews.ts'
import type { Route } from './route.ts'
import type { Call, Handler } from './server.ts'
import { badRequest, methodNotAllowed, noSuchPath, resourceName } from './status.ts'
import { renderTable, type TableOptions } from './table.ts'
import { requestToken } from './token-request.ts'
import type { Tokens } from './tokens.ts'
import { createObject } from './verbs/create.ts'
import { deleteObject, parseDeleteOptions, requireObject } from './verbs/delete.ts'
import { parseDraft, type WriteOptions, type Written } from './verbs/draft.ts'
import { listObjects, parseSelector, renderList } from './verbs/list.ts'
import { patchObject, type UpdateOptions, updateObject } from './verbs/update.ts'
import type { Watches } from './watch.ts'

export interface Parts {
  readonly cluster: Cluster
  readonly watches: Watches
  readonly tokens: Tokens
  readonly verifyToken: VerifyToken
  /** Answers what is no resource: discovery, OpenAPI, health. */
  readonly handlePath: Handler
}

/** A write is answered when it is on the disk. */
export function resourceHandler(parts: Parts): Handler {
  const { cluster, handlePath } = parts
  return async call => {
    const { route } = call
    if (!route.isResource) return handlePath(call)
    const kind = cluster.kinds.find(route.group, route.version, route.resource)
    if (kind === undefined) throw noSuchPath()
    if (!isInScope(kind, route)) throw noSuchPath()
    const answer = await answerResource(parts, kind, call)
    await cluster.store.flushed()
    return answer
  }
}

/** Rights in a namespace were asked for the namespace in the path: they must not reach what is in none. */
function isInScope(kind: Kind, { namespace, name }: Route): boolean {
  if (kind.namespaced) return namespace !== '' || name === ''
  return namespace === '' || (resourceName(kind) === 'namespaces' && namespace === name)
}

const statusVerbs = ['get', 'update', 'patch']

async function answerResource(parts: Parts, kind: Kind, call: Call): Promise<Answer | undefined> {
  const { subresource, verb } = call.route
  if (resourceName(kind) === 'serviceaccounts' && subresource === 'token') {
    if (verb !== 'create') throw methodNotAllowed()
    return json(201, await requestToken(parts, call))
  }
  if (subresource !== '' && !(subresource === 'status' && kind.hasStatus)) throw noSuchPath()
  if (!(subresource === 'status' ? statusVerbs : kind.verbs).includes(verb)) throw methodNotAllowed()
  switch (verb) {
    case 'watch':
      return watch(parts, kind, call)
    case 'list':
      return list(parts.cluster, kind, call)
    case 'get':
      return get(parts.cluster, kind, call)
    case 'create':
      return kind.verbs.includes('get') ? create(parts.cluster, kind, call) : review(parts, kind, call)
    case 'update':
    case 'patch':
      return replace(parts.cluster, kind, call)
    case 'delete':
      return remove(parts.cluster, kind, call)
    default:
      return removeAll(parts.cluster, kind, call)
  }
}

function scopeOf(kind: Kind, route: Route): string | undefined {
  return kind.namespaced && route.namespace !== '' ? route.namespace : undefined
}

function namespaceOf(kind: Kind, route: Route): string {
  return kind.namespaced ? route.namespace : ''
}

function tableOptions({ clock }: Cluster, { query }: Route): TableOptions {
  const include = query.get('includeObject') ?? 'Metadata'
  if (include !== 'None' && include !== 'Metadata' && include !== 'Object') {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`)
  }
  return { include, nowMs: clock.now() }
}

function watch({ cluster, watches }: Parts, kind: Kind, { route, request, response }: Call): undefined {
  const { query } = route
  const byLabel = parseSelector(kind, query)
  const select =
    route.name === ''
      ? byLabel
      : (object: KubeObject) => object.metadata.name === route.name && byLabel(object)
  const form = acceptedForm(request.headers)
  const encode = (object: KubeObject, isFirst: boolean) => {
    if (form === 'object') return jsonOf(object)
    const { resourceVersion } = object.metadata
    return renderTable(
      kind,
      [object],
      { resourceVersion },
      { ...tableOptions(cluster, route), headless: !isFirst },
    )
  }
  watches.start({ kind, namespace: scopeOf(kind, route), query, select, encode }, response)
}

function list(cluster: Cluster, kind: Kind, { route, request }: Call): Answer {
  const form = acceptedForm(request.headers)
  const listed = listObjects(cluster, kind, { namespace: scopeOf(kind, route), query: route.query })
  if (form === 'object') return json(200, renderList(kind, listed))
  return json(200, renderTable(kind, listed.items, listed.metadata, tableOptions(cluster, route)))
}

function get(cluster: Cluster, kind: Kind, { route, request }: Call): Answer {
  const form = acceptedForm(request.headers)
  const object = requireObject(cluster, kind, namespaceOf(kind, route), route.name)
  if (form === 'object') return json(200, jsonOf(object))
  const { resourceVersion } = object.metadata
  return json(200, renderTable(kind, [object], { resourceVersion }, tableOptions(cluster, route)))
}

function create(cluster: Cluster, kind: Kind, call: Call): Answer {
  const { route } = call
  if (route.name !== '') throw methodNotAllowed()
  if (kind.namespaced && route.namespace === '')
    throw badRequest('an empty namespace may not be set during creation')
  const body = parseBody(call.body, call.request.headers['content-type'], kind)
  return writtenAnswer(cluster, kind, call, createObject(cluster, kind, body, writeOptions(kind, call)))
}

function replace(cluster: Cluster, kind: Kind, call: Call): Answer {
  const { route, request, body } = call
  if (route.name === '') throw badRequest('name must be provided')
  const subresource = route.subresource === 'status' ? 'status' : ''
  const options: UpdateOptions = { ...writeOptions(kind, call), name: route.name, subresource }
  const contentType = request.headers['content-type']
  if (route.verb === 'update') {
    return writtenAnswer(
      cluster,
      kind,
      call,
      updateObject(cluster, kind, parseBody(body, contentType, kind), options),
    )
  }
  const type = contentType?.split(';')[0]?.trim() ?? ''
  const patch = { type, body: type.includes('yaml') ? {} : parsePatch(body) }
  return writtenAnswer(cluster, kind, call, patchObject(cluster, kind, patch, options))
}

function writeOptions(kind: Kind, { route, user }: Call): WriteOptions {
  const { query } = route
  const fieldValidation = query.get('fieldValidation') || 'Warn'
  if (fieldValidation !== 'Strict' && fieldValidation !== 'Warn' && fieldValidation !== 'Ignore') {
    throw badRequest(`fieldValidation: Unsupported value: ${JSON.stringify(fieldValidation)}`)
  }
  return { namespace: namespaceOf(kind, route), user, dryRun: query.has('dryRun'), fieldValidation }
}

function writtenAnswer(cluster: Cluster, kind: Kind, { route, request }: Call, written: Written): Answer {
  const { object, created, warnings } = written
  const { resourceVersion } = object.metadata
  const form = acceptedForm(request.headers)
  const body =
    form === 'object'
      ? jsonOf(object)
      : renderTable(kind, [object], { resourceVersion }, tableOptions(cluster, route))
  return json(created ? 201 : 200, body, warnings)
}

async function review(parts: Parts, kind: Kind, { route, user, request, body }: Call): Promise<Answer> {
  const parsed = parseBody(body, request.headers['content-type'], kind)
  const { object } = parseDraft(kind, parsed, { namespace: namespaceOf(kind, route) })
  const { cluster, verifyToken } = parts
  const context = { user, namespace: route.namespace, store: cluster.store, verifyToken }
  return json(201, await answerReview(kind, object, context))
}

function deleteOptionsOf({ route, body, request }: Call, kind: Kind) {
  const parsed = body.length === 0 ? {} : parseBody(body, request.headers['content-type'], kind)
  return parseDeleteOptions(parsed, route.query)
}

function remove(cluster: Cluster, kind: Kind, call: Call): Answer {
  const { route } = call
  const object = requireObject(cluster, kind, namespaceOf(kind, route), route.name)
  return json(200, deleteObject(cluster, kind, object, deleteOptionsOf(call, kind)))
}

function removeAll(cluster: Cluster, kind: Kind, call: Call): Answer {
  const { route } = call
  const options = deleteOptionsOf(call, kind)
  const listed = listObjects(cluster, kind, { namespace: scopeOf(kind, route), query: route.query })
  for (const object of listed.items) deleteObject(cluster, kind, object, options)
  return json(200, renderList(kind, listed))
}
