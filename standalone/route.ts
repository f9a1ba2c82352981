// What a request is about, from its method and path alone.
import type { RequestFacts } from './faults.ts'

export interface Route extends RequestFacts {
  readonly isResource: boolean
  readonly version: string
  readonly query: URLSearchParams
}

const verbsOnObjects: { readonly [method: string]: string } = {
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
  POST: 'create',
}
const verbsOnCollections: { readonly [method: string]: string } = {
  ...verbsOnObjects,
  GET: 'list',
  DELETE: 'deletecollection',
}

/** A target's path and query: what may stand before them, in whatever form, is not asked. */
const originForm = /(?<=^(?:[a-z]+:\/\/[^/?]*)?)\/.*/i

export function parseRoute(method: string, target: string): Route {
  const url = new URL(`https://localhost${originForm.exec(target)?.[0] ?? '/'}`)
  const path = url.pathname
  const query = url.searchParams
  const parts = path.split('/').slice(1).map(decode)
  const [root, ...rest] = parts
  const isCore = root === 'api'
  const group = isCore ? '' : (rest.shift() ?? '')
  const version = rest.shift() ?? ''
  if ((!isCore && root !== 'apis') || rest.length === 0 || rest[0] === '') {
    const verb = verbsOnObjects[method] ?? method.toLowerCase()
    return { isResource: false, verb, path, query, ...none, group: '', version: '' }
  }
  // A namespace is a resource itself, and a scope for what follows its name.
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !namespaceParts.includes(rest[2] ?? '')
  const namespace = inNamespace ? (rest[1] ?? '') : rest[0] === 'namespaces' ? (rest[1] ?? '') : ''
  const [resource = '', name = '', ...subresource] = inNamespace ? rest.slice(2) : rest
  const isWatch = ['true', '1'].includes(query.get('watch') ?? '')
  const verbs = name === '' ? verbsOnCollections : verbsOnObjects
  const verb = isWatch && method === 'GET' ? 'watch' : (verbs[method] ?? method.toLowerCase())
  return {
    isResource: true,
    verb,
    group,
    version,
    resource,
    subresource: subresource.join('/'),
    namespace,
    name,
    path,
    query,
  }
}

const none = { resource: '', subresource: '', namespace: '', name: '' }
const namespaceParts = ['status', 'finalize']

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
