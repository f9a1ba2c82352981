// Lists page by page: where they are read from, by what they are selected, and what a page must look like.
import { ConnectorsError } from '../../connector/errors.ts'
import type { KubeObject } from '../object/objects.ts'
import { apiVersionOf, type Resource } from '../object/resources.ts'
import { actionOf, type Call, type Caller, type CallOptions } from './api-call.ts'
import { unreadable } from './api-error.ts'

export interface ListQuery extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Objects per page. */
  readonly limit?: number
}

export interface ObjectList<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
}

const defaultPage = 250

export function createPages(json: Caller['json']) {
  async function page<T extends KubeObject>(
    resource: Resource<T>,
    query: ListQuery,
    from: { readonly limit: number; readonly next: string },
  ): Promise<{ readonly list: ObjectList<T>; readonly next: string }> {
    const search = selectorsOf(query)
    search.set('limit', String(from.limit))
    if (from.next !== '') search.set('continue', from.next)
    const call: Call = {
      ...placeOf(query),
      verb: 'list',
      method: 'GET',
      resource,
      query: search,
      repeatable: true,
    }
    const answer = await json<{
      items?: readonly T[] | null
      metadata?: { resourceVersion?: string; continue?: string }
    }>(call)
    const found = answer.items ?? []
    if (!Array.isArray(found) || !found.every(isNamed))
      throw unreadable(actionOf(call), 'is not a list of objects')
    const type = { apiVersion: apiVersionOf(resource), kind: resource.kind }
    // A list's items leave out what they all share.
    const items = found.map(item => (item.kind === undefined ? { ...type, ...item } : item))
    const { resourceVersion = '', continue: next = '' } = answer.metadata ?? {}
    return { list: { items, resourceVersion }, next }
  }

  return async function* pages<T extends KubeObject>(
    resource: Resource<T>,
    query: ListQuery = {},
  ): AsyncGenerator<ObjectList<T>> {
    let limit = query.limit ?? defaultPage
    let next = ''
    for (;;) {
      try {
        const got = await page(resource, query, { limit, next })
        yield got.list
        next = got.next
        if (next === '') return
      } catch (error) {
        // Objects of a megabyte each: the same page in smaller pieces.
        const isTooLarge = error instanceof ConnectorsError && error.reason === 'AnswerTooLarge'
        if (!isTooLarge || limit === 1) throw error
        limit = Math.max(1, Math.floor(limit / 8))
      }
    }
  }
}

export function selectorsOf({ labelSelector, fieldSelector }: ListQuery): URLSearchParams {
  const search = new URLSearchParams()
  if (labelSelector !== undefined) search.set('labelSelector', labelSelector)
  if (fieldSelector !== undefined) search.set('fieldSelector', fieldSelector)
  return search
}

export function placeOf({
  namespace,
  signal,
  timeoutMs,
}: ListQuery): Pick<Call, 'namespace' | 'signal' | 'timeoutMs'> {
  return { namespace, signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
}

export function isNamed(object: KubeObject | null): boolean {
  return typeof object?.metadata?.name === 'string'
}
