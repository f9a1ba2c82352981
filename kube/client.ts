// The verbs of the Kubernetes API over our transport. Every failure is a ConnectorsError (api-error.ts).
import type { IncomingHttpHeaders } from 'node:http'
import { ConnectorsError } from '../connector/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { errorFromStatus, hasCode, type KubeApiError, unreadable } from './api-error.ts'
import type { KubeConfig } from './config.ts'
import { type KubeObject, type NewObject, type ObjectRef, refKey, type TokenRequest } from './objects.ts'
import { apiVersionOf, type Resource, serviceAccounts } from './resources.ts'
import { type Answer, createTransport, type Exchange, type OpenAnswer } from './transport.ts'
import { type WatchEvent, watchEvents } from './watch.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
}

export interface ListQuery extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** Objects per page. */
  readonly limit?: number
}

export interface WatchQuery extends ListQuery {
  readonly resourceVersion: string
  /** The server ends the watch after this time. */
  readonly timeoutSeconds?: number
  /** Silence (not even a bookmark) after which the watch counts as dead. */
  readonly idleMs?: number
}

export interface ObjectList<T> {
  readonly items: readonly T[]
  readonly resourceVersion: string
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}

/** RFC 7386: null removes a field. */
export type MergePatch = Readonly<Record<string, unknown>>

export interface KubeClient {
  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: CallOptions): Promise<T>
  /** Like `get`, with undefined for what does not exist. */
  find<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    options?: CallOptions,
  ): Promise<T | undefined>
  /** The whole list at once; for many objects take `pages`. */
  list<T extends KubeObject>(resource: Resource<T>, query?: ListQuery): Promise<ObjectList<T>>
  pages<T extends KubeObject>(resource: Resource<T>, query?: ListQuery): AsyncGenerator<ObjectList<T>>
  watch<T extends KubeObject>(resource: Resource<T>, query: WatchQuery): AsyncGenerator<WatchEvent<T>>
  create<T extends KubeObject>(resource: Resource<T>, object: NewObject<T>, options?: CallOptions): Promise<T>
  /** Refused with CONFLICT when the object's resourceVersion is not the current one. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T>
  patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    options: CallOptions & { readonly patch: MergePatch },
  ): Promise<T>
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>
  replaceStatus<T extends KubeObject>(resource: Resource<T>, object: T, options?: CallOptions): Promise<T>
  patchStatus<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    options: CallOptions & { readonly patch: MergePatch },
  ): Promise<T>
  /** A token for a ServiceAccount (TokenRequest). */
  createToken(
    serviceAccount: ObjectRef,
    options: CallOptions & { readonly spec: TokenRequest['spec'] },
  ): Promise<NonNullable<TokenRequest['status']>>
  /** TokenReview, SubjectAccessReview: a question asked by creating it. */
  review<T extends { readonly spec: unknown }>(
    resource: Resource<T>,
    spec: T['spec'],
    options?: CallOptions,
  ): Promise<T>
  close(): void
}

export interface KubeClientOptions {
  readonly config: KubeConfig
  /** `connectors-proxy/0.1.0` */
  readonly userAgent: string
  readonly clock: Clock
  /** Bound of one answer, and so of one page of a list. */
  readonly maxAnswerBytes?: number
}

const defaultTimeoutMs = 30_000
const defaultPage = 250
const maxAttempts = 4
// etcd takes objects of 1.5 MiB.
const maxLineBytes = 8 * 1024 * 1024

interface Call extends CallOptions {
  readonly verb: string
  readonly method: Exchange['method']
  readonly resource: Resource<unknown>
  readonly ref?: ObjectRef
  readonly namespace?: string | undefined
  readonly subresource?: string
  readonly query?: URLSearchParams
  readonly body?: unknown
  readonly contentType?: string
  /** Sending it twice does no harm. */
  readonly repeatable: boolean
}

export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { config, clock, userAgent, maxAnswerBytes = 32 * 1024 * 1024 } = options
  const transport = createTransport({ config, userAgent, maxAnswerBytes })

  async function send<A extends Answer | OpenAnswer>(
    call: Call,
    how: (request: Exchange) => Promise<A>,
    refuse: (answer: A) => Promise<KubeApiError>,
  ): Promise<A> {
    const { signal, timeoutMs = defaultTimeoutMs } = call
    const deadlineMs = clock.monotonicMs() + timeoutMs
    const action = actionOf(call)
    const path = pathOf(call)
    const body = call.body === undefined ? undefined : JSON.stringify(call.body)
    let authorization = await config.credentials.authorization({ fresh: false })
    for (let attempt = 1; ; attempt++) {
      const { method, contentType, repeatable } = call
      const leftMs = deadlineMs - clock.monotonicMs()
      const answer = await how({
        method,
        path,
        body,
        contentType,
        authorization,
        action,
        timeoutMs: leftMs,
        signal,
        repeatable,
      })
      if (answer.status >= 200 && answer.status < 300) return answer
      const error = await refuse(answer)
      if (answer.status === 401 && attempt === 1) {
        // kubelet may have renewed the token file a moment ago.
        const renewed = await config.credentials.authorization({ fresh: true })
        if (renewed?.reveal() === authorization?.reveal()) throw error
        authorization = renewed
        continue
      }
      const waitMs = error.retryAfterMs ?? 1000
      const worthWaiting = clock.monotonicMs() + waitMs < deadlineMs && attempt < maxAttempts
      if (answer.status !== 429 || !call.repeatable || !worthWaiting) throw error
      await clock.sleep(waitMs, { signal })
    }
  }

  async function json<T>(call: Call): Promise<T> {
    const answer = await send(call, transport.exchange, async refused => refusal(call, refused, refused.body))
    const parsed = parseJson(answer.body)
    if (typeof parsed !== 'object' || parsed === null)
      throw unreadable(actionOf(call), 'is not a JSON object')
    return parsed as T
  }

  async function object<T extends KubeObject>(call: Call): Promise<T> {
    const found = await json<T>(call)
    if (typeof found.metadata?.name !== 'string')
      throw unreadable(actionOf(call), 'is not an object with a name')
    return found
  }

  async function page<T extends KubeObject>(
    resource: Resource<T>,
    query: ListQuery,
    from: { readonly limit: number; readonly next: string },
  ): Promise<{ readonly list: ObjectList<T>; readonly next: string }> {
    const search = selectors(query)
    search.set('limit', String(from.limit))
    if (from.next !== '') search.set('continue', from.next)
    const call: Call = {
      ...scope(query),
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
    if (!Array.isArray(answer.items ?? [])) throw unreadable(actionOf(call), 'is not a list')
    const type = { apiVersion: apiVersionOf(resource), kind: resource.kind }
    // A list's items leave out what they all share.
    const items = (answer.items ?? []).map(item => (item.kind === undefined ? { ...type, ...item } : item))
    const { resourceVersion = '', continue: next = '' } = answer.metadata ?? {}
    return { list: { items, resourceVersion }, next }
  }

  async function* pages<T extends KubeObject>(
    resource: Resource<T>,
    query: ListQuery = {},
  ): AsyncGenerator<ObjectList<T>> {
    let limit = query.limit ?? defaultPage
    let next = ''
    do {
      try {
        const got = await page(resource, query, { limit, next })
        next = got.next
        yield got.list
      } catch (error) {
        // Objects of a megabyte each: the same page in smaller pieces.
        if (!isTooLarge(error) || limit === 1) throw error
        limit = Math.max(1, Math.floor(limit / 8))
      }
    } while (next !== '')
  }

  const get: KubeClient['get'] = (resource, ref, call = {}) =>
    object({ ...call, verb: 'get', method: 'GET', resource, ref, repeatable: true })

  const write = <T extends KubeObject>(resource: Resource<T>, subject: T, call: Partial<Call>): Promise<T> =>
    object<T>({
      ...call,
      verb: 'update',
      method: 'PUT',
      resource,
      ref: subject.metadata,
      body: typed(resource, subject),
      repeatable: subject.metadata.resourceVersion !== undefined,
    })

  const merge = <T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    { patch, ...call }: Partial<Call> & { readonly patch: MergePatch },
  ): Promise<T> =>
    object<T>({
      ...call,
      verb: 'patch',
      method: 'PATCH',
      resource,
      ref,
      body: patch,
      contentType: 'application/merge-patch+json',
      repeatable: true,
    })

  return {
    get,
    async find(resource, ref, call) {
      try {
        return await get(resource, ref, call)
      } catch (error) {
        if (hasCode(error, 'NOT_FOUND')) return undefined
        throw error
      }
    },
    pages,
    async list(resource, query) {
      const items = []
      let resourceVersion = ''
      for await (const part of pages(resource, query)) {
        items.push(...part.items)
        resourceVersion = part.resourceVersion
      }
      return { items, resourceVersion }
    },
    async *watch<T extends KubeObject>(resource: Resource<T>, query: WatchQuery) {
      const search = selectors(query)
      search.set('watch', 'true')
      search.set('allowWatchBookmarks', 'true')
      search.set('resourceVersion', query.resourceVersion)
      if (query.timeoutSeconds !== undefined) search.set('timeoutSeconds', String(query.timeoutSeconds))
      const call: Call = {
        ...scope(query),
        verb: 'watch',
        method: 'GET',
        resource,
        query: search,
        repeatable: true,
      }
      const answer = await send(call, transport.open, async refused => {
        const body = await firstBytes(refused, 64 * 1024)
        return refusal(call, refused, body)
      })
      const { idleMs = 100_000 } = query
      yield* watchEvents<T>(answer, { action: actionOf(call), idleMs, maxLineBytes })
    },
    create: (resource, subject, call = {}) =>
      object({
        ...call,
        verb: 'create',
        method: 'POST',
        resource,
        namespace: subject.metadata.namespace,
        body: typed(resource, subject),
        repeatable: false,
      }),
    replace: (resource, subject, call = {}) => write(resource, subject, call),
    patch: (resource, ref, call) => merge(resource, ref, call),
    async delete(resource, ref, { preconditions, propagationPolicy, ...call } = {}) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy }
      await json({ ...call, verb: 'delete', method: 'DELETE', resource, ref, body, repeatable: true })
    },
    replaceStatus: (resource, subject, call = {}) =>
      write(resource, subject, { ...call, subresource: 'status' }),
    patchStatus: (resource, ref, call) => merge(resource, ref, { ...call, subresource: 'status' }),
    async createToken(ref, { spec, ...call }) {
      const request: Call = {
        ...call,
        verb: 'create token of',
        method: 'POST',
        resource: serviceAccounts,
        ref,
        subresource: 'token',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
        repeatable: false,
      }
      const { status } = await json<TokenRequest>(request)
      if (typeof status?.token !== 'string') throw unreadable(actionOf(request), 'holds no token')
      return status
    },
    review(resource, spec, call = {}) {
      const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, spec }
      return json({ ...call, verb: 'create', method: 'POST', resource, body, repeatable: true })
    },
    close: transport.close,
  }
}

function actionOf({ verb, resource, ref, namespace }: Call): string {
  if (ref !== undefined) return `${verb} ${resource.kind} "${refKey(ref)}"`
  return namespace === undefined ? `${verb} ${resource.kind}` : `${verb} ${resource.kind} in "${namespace}"`
}

function pathOf({ resource, ref, namespace, subresource, query }: Call): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${apiVersionOf(resource)}`
  const within = ref === undefined ? namespace : ref.namespace
  if (resource.namespaced && ref !== undefined && within === undefined) {
    throw new ConnectorsError(
      'INVALID',
      'NamespaceMissing',
      `Cannot find ${resource.kind} "${ref.name}": it lives in a namespace and none is given`,
    )
  }
  const parts = [root]
  if (resource.namespaced && within !== undefined) parts.push('namespaces', segment(within))
  parts.push(resource.plural)
  if (ref !== undefined) parts.push(segment(ref.name))
  if (subresource !== undefined) parts.push(subresource)
  const path = parts.join('/')
  return query === undefined ? path : `${path}?${query}`
}

/** Names come from users' objects: none may reach another path than its own. */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) {
    throw new ConnectorsError(
      'INVALID',
      'NameInvalid',
      `Cannot use ${JSON.stringify(name)} as the name of an object: it is not a path segment`,
    )
  }
  return encodeURIComponent(name)
}

function selectors({ labelSelector, fieldSelector }: ListQuery): URLSearchParams {
  const search = new URLSearchParams()
  if (labelSelector !== undefined) search.set('labelSelector', labelSelector)
  if (fieldSelector !== undefined) search.set('fieldSelector', fieldSelector)
  return search
}

function scope({
  namespace,
  signal,
  timeoutMs,
}: ListQuery): Pick<Call, 'namespace' | 'signal' | 'timeoutMs'> {
  return { namespace, signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }
}

function typed(resource: Resource<unknown>, subject: object): object {
  return { ...subject, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

function refusal(
  call: Call,
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  body: Buffer,
): KubeApiError {
  const sentSecret = call.body !== undefined && confidentialKinds.has(call.resource.kind)
  return errorFromStatus({
    action: actionOf(call),
    status,
    body: parseJson(body),
    retryAfterMs: parseRetryAfter(headers['retry-after']),
    confidential: sentSecret,
  })
}

const confidentialKinds = new Set(['Secret', 'TokenReview'])

/** Seconds, as the API server writes it. */
function parseRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

async function firstBytes(answer: OpenAnswer, max: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer.chunks) {
      parts.push(chunk)
      size += chunk.length
      if (size >= max) break
    }
  } finally {
    answer.close()
  }
  return Buffer.concat(parts)
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ConnectorsError && error.reason === 'AnswerTooLarge'
}
