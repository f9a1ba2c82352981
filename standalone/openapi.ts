// OpenAPI documents, one per group and version: `kubectl explain` and the checks before an apply read them.
import type { Kind } from './kinds.ts'
import { type Fields, hashOf } from './object.ts'
import type { Schema } from './schema.ts'
import { apiVersionOf } from './verbs/draft.ts'

/** The index at /openapi/v3: the hash lets clients keep a document until it changes. */
export function openApiIndex(kinds: readonly Kind[]): Fields {
  const paths = Object.fromEntries(
    [...new Set(kinds.map(rootOf))].map(root => {
      const hash = hashOf(JSON.stringify(openApiDocument(kinds, root))).slice(0, 32)
      return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }]
    }),
  )
  return { paths }
}

/** The document for `api/v1` or `apis/<group>/<version>`. */
export function openApiDocument(kinds: readonly Kind[], root: string): Fields | undefined {
  const served = kinds.filter(kind => rootOf(kind) === root)
  if (served.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.0' },
    paths: Object.assign({}, ...served.map(pathsOf)),
    components: { schemas: Object.fromEntries(served.flatMap(schemasOf)) },
  }
}

function rootOf(kind: Kind): string {
  return `${kind.group === '' ? 'api' : 'apis'}/${apiVersionOf(kind)}`
}

function schemaName({ group, version, kind }: Kind): string {
  const domain = (group === '' ? 'core.k8s.io' : group).split('.').reverse().join('.')
  return `${domain}.${version}.${kind}`
}

function schemasOf(kind: Kind): [string, object][] {
  const own = schemaName(kind)
  const list = {
    type: 'object',
    description: `A list of ${kind.kind}`,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      items: { type: 'array', items: { $ref: `#/components/schemas/${own}` } },
    },
    required: ['items'],
    'x-kubernetes-group-version-kind': [groupVersionKind(kind, kind.listKind)],
  }
  const object = {
    ...openApiSchema(kind.schema),
    'x-kubernetes-group-version-kind': [groupVersionKind(kind)],
  }
  return kind.verbs.includes('list')
    ? [
        [own, object],
        [`${own}List`, list],
      ]
    : [[own, object]]
}

/** A merge key is told to clients as they look for it: with its strategy. */
function openApiSchema(schema: Schema): Fields {
  const converted: Fields = { ...schema }
  if (schema['x-kubernetes-patch-merge-key'] !== undefined) converted['x-kubernetes-patch-strategy'] = 'merge'
  if (schema.properties !== undefined) {
    converted['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, openApiSchema(property)]),
    )
  }
  if (schema.items !== undefined) converted['items'] = openApiSchema(schema.items)
  if (typeof schema.additionalProperties === 'object') {
    converted['additionalProperties'] = openApiSchema(schema.additionalProperties)
  }
  return converted
}

function groupVersionKind({ group, version, kind }: Kind, name = kind): Fields {
  return { group, version, kind: name }
}

function pathsOf(kind: Kind): Fields {
  const root = `/${rootOf(kind)}`
  const collection = kind.namespaced
    ? `${root}/namespaces/{namespace}/${kind.plural}`
    : `${root}/${kind.plural}`
  const paths: { [path: string]: Fields } = { [collection]: {}, [`${collection}/{name}`]: {} }
  const verbs = { get: 'get', put: 'update', patch: 'patch', delete: 'delete' } as const
  for (const [method, verb] of Object.entries(verbs)) {
    if (kind.verbs.includes(verb))
      Object.assign(paths[`${collection}/{name}`] ?? {}, operation(kind, method, verb))
  }
  if (kind.verbs.includes('list')) Object.assign(paths[collection] ?? {}, operation(kind, 'get', 'list'))
  if (kind.verbs.includes('create')) Object.assign(paths[collection] ?? {}, operation(kind, 'post', 'create'))
  return paths
}

function operation(kind: Kind, method: string, verb: string): Fields {
  const query = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } })
  const writes = ['create', 'update', 'patch'].includes(verb)
  const schema = { $ref: `#/components/schemas/${schemaName(kind)}` }
  return {
    [method]: {
      operationId: `${verb}${kind.kind}`,
      parameters: writes ? ['dryRun', 'fieldValidation'].map(query) : [],
      responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
      'x-kubernetes-action': verb === 'create' ? 'post' : verb,
      'x-kubernetes-group-version-kind': groupVersionKind(kind),
    },
  }
}
