// What is served beside resources: version, health, discovery, OpenAPI.
import { type Answer, acceptsAggregatedDiscovery, json } from './answer.ts'
import {
  aggregated,
  aggregatedType,
  coreVersions,
  groupDocument,
  groupList,
  resourceList,
} from './discovery.ts'
import type { Kinds } from './kinds.ts'
import { openApiDocument, openApiIndex } from './openapi.ts'
import type { Handler } from './server.ts'
import { methodNotAllowed, noSuchPath } from './status.ts'

const version = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+connectors-standalone',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: `${process.platform}/${process.arch}`,
}

export function pathHandler(kinds: Kinds, url: () => string): Handler {
  return async ({ route, request }) => {
    if (route.verb !== 'get') throw methodNotAllowed()
    const path = route.path.replace(/\/$/, '')
    if (['/healthz', '/livez', '/readyz'].includes(path)) {
      return { status: 200, body: 'ok', contentType: 'text/plain; charset=utf-8' }
    }
    if (path === '/version') return json(200, version)
    if (path === '/api' || path === '/apis') {
      const root = path === '/api' ? 'api' : 'apis'
      if (acceptsAggregatedDiscovery(request.headers)) {
        return { ...json(200, aggregated(kinds.all(), root)), contentType: aggregatedType }
      }
      return json(200, root === 'api' ? coreVersions(url()) : groupList(kinds.all()))
    }
    if (path === '/openapi/v3') return json(200, openApiIndex(kinds.all()))
    return found(documentAt(kinds, path))
  }
}

function documentAt(kinds: Kinds, path: string): object | undefined {
  const [, root, group = '', version = '', ...rest] = path.split('/')
  if (path.startsWith('/openapi/v3/')) {
    return openApiDocument(kinds.all(), path.slice('/openapi/v3/'.length))
  }
  if (root === 'api' && version === '') return resourceList(kinds.all(), '', group)
  if (root !== 'apis' || rest.length > 0) return undefined
  return version === '' ? groupDocument(kinds.all(), group) : resourceList(kinds.all(), group, version)
}

function found(document: object | undefined): Answer {
  if (document === undefined) throw noSuchPath()
  return json(200, document)
}
