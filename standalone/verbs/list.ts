import type { Cluster } from '../cluster.ts'
import type { Kind } from '../kinds.ts'
import { type Fields, jsonOf, type KubeObject } from '../object.ts'
import { parseFieldSelector, parseLabelSelector, type Selector } from '../selectors.ts'
import { badRequest, cause, expired, invalid, resourceName, StatusError } from '../status.ts'
import { apiVersionOf } from './draft.ts'

export interface ListOptions {
  /** Undefined for all of them. */
  readonly namespace: string | undefined
  readonly query: URLSearchParams
}

export interface Listed {
  readonly items: readonly KubeObject[]
  readonly metadata: Fields
}

/** What the selectors in a query let through. */
export function parseSelector(kind: Kind, query: URLSearchParams): Selector {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '', kind)
  return object => labels(object) && fields(object)
}

/** The objects in the order of their names, at most `limit` of them, with where to go on. */
export function listObjects({ store }: Cluster, kind: Kind, { namespace, query }: ListOptions): Listed {
  const select = parseSelector(kind, query)
  const limit = Number(query.get('limit') ?? 0)
  const from = parseContinue(query.get('continue') ?? '')
  if (from === undefined) requireRevision(store.revision, query)
  const revision = from?.revision ?? store.revision
  // The objects of an earlier moment are not kept: a page goes on only while nothing has changed.
  if (from !== undefined && store.lastChange(resourceName(kind)) > from.revision) {
    throw expired('The provided continue parameter is too old to display a consistent list result')
  }
  let items = inOrder([...store.list(resourceName(kind), namespace)].filter(select))
  if (from !== undefined) items = items.filter(object => keyOf(object) > from.after)
  const metadata: Fields = { resourceVersion: String(revision) }
  const last = limit > 0 && items.length > limit ? items[limit - 1] : undefined
  if (last !== undefined) {
    metadata['continue'] = Buffer.from(JSON.stringify([revision, keyOf(last)])).toString('base64url')
    const isWhole = !query.get('labelSelector') && !query.get('fieldSelector')
    if (isWhole) metadata['remainingItemCount'] = items.length - limit
    items = items.slice(0, limit)
  }
  return { items, metadata }
}

/** The list as JSON, put together from the objects' own. */
export function renderList(kind: Kind, { items, metadata }: Listed): string {
  const head = { kind: kind.listKind, apiVersion: apiVersionOf(kind), metadata }
  return `${JSON.stringify(head).slice(0, -1)},"items":[${items.map(jsonOf).join(',')}]}`
}

export function parseRevision(text: string): number {
  if (!/^\d*$/.test(text)) throw badRequest(`Invalid value for resourceVersion: ${JSON.stringify(text)}`)
  return Number(text)
}

function requireRevision(current: number, query: URLSearchParams): void {
  const wanted = parseRevision(query.get('resourceVersion') ?? '')
  const match = query.get('resourceVersionMatch') ?? ''
  if (match !== '' && wanted === 0 && match === 'Exact') {
    const kind = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' }
    const why = 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"'
    throw invalid(kind, '', [cause.forbidden('resourceVersionMatch', why)])
  }
  if (wanted > current) {
    const details = {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
      retryAfterSeconds: 1,
    }
    const message = `Timeout: Too large resource version: ${wanted}, current: ${current}`
    throw new StatusError(504, 'Timeout', message, details)
  }
  if (match === 'Exact' && wanted < current) throw expired(`The resourceVersion ${wanted} is too old`)
}

interface Position {
  readonly revision: number
  readonly after: string
}

function parseContinue(token: string): Position | undefined {
  if (token === '') return undefined
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (Array.isArray(parsed) && typeof parsed[0] === 'number' && typeof parsed[1] === 'string') {
      return { revision: parsed[0], after: parsed[1] }
    }
  } catch {
    // Refused below, like a token of another shape.
  }
  throw badRequest('invalid continue token: continue key is not valid')
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function inOrder(objects: readonly KubeObject[]): KubeObject[] {
  const keyed = objects.map(object => ({ key: keyOf(object), object }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  return keyed.map(({ object }) => object)
}
