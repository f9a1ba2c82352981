// The verbs of the Kubernetes API over our transport. Every failure is a ConnectorsError (api-error.ts).
import { ConnectorsError } from '../../connector/errors.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { KubeConfig } from '../config/config.ts'
import type { KubeObject, NewObject, ObjectRef, TokenRequest } from '../object/objects.ts'
import { apiVersionOf, type Resource, serviceAccounts } from '../object/resources.ts'
import { actionOf, type Call, type CallOptions, createCaller } from './api-call.ts'
import { hasCode, unreadable } from './api-error.ts'
import { createPages, isNamed, type ListQuery, type ObjectList, placeOf, selectorsOf } from './pages.ts'
import { type PodLogQuery, podLog } from './pod-log.ts'
import { createTransport } from './transport.ts'
import { type WatchEvent, watchEvents } from './watch.ts'

export interface WatchQuery extends ListQuery {
  readonly resourceVersion: string
  /** The server ends the watch after this time. */
  readonly timeoutSeconds?: number
  /** Silence (not even a bookmark) after which the watch counts as dead. */
  readonly idleMs?: number
}

export interface DeleteOptions extends CallOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}

export interface IssuedToken {
  readonly token: Sensitive
  /** RFC 3339. */
  readonly expirationTimestamp: string
}

/** RFC 7386: null removes a field. */
export type MergePatch = Readonly<Record<string, unknown>>

export interface KubeClient {
  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: CallOptions): Promise<T>
  /** Like `get`, with undefined for what does not exist, be it that no object can have such a name. */
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
  /** Server-side apply: what the object says becomes the manager's, be it taken from another one. */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: CallOptions & { readonly fieldManager: string },
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
  ): Promise<IssuedToken>
  /** TokenReview, SubjectAccessReview: a question asked by creating it. */
  review<T extends { readonly spec: unknown }>(
    resource: Resource<T>,
    spec: T['spec'],
    options?: CallOptions,
  ): Promise<T>
  /** What a container writes, until it ends. */
  podLog(pod: ObjectRef, query: PodLogQuery): AsyncGenerator<Buffer>
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

// etcd takes objects of 1.5 MiB.
const maxLineBytes = 8 * 1024 * 1024

export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { config, clock, userAgent, maxAnswerBytes = 32 * 1024 * 1024 } = options
  const transport = createTransport({ config, userAgent, maxAnswerBytes })
  const { json, open } = createCaller({ transport, credentials: config.credentials, clock })
  const pages = createPages(json)

  async function object<T extends KubeObject>(call: Call): Promise<T> {
    const found = await json<T>(call)
    if (!isNamed(found)) throw unreadable(actionOf(call), 'is not an object with a name')
    return found
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

  const amend = <T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    call: Partial<Call> & { readonly body: unknown; readonly contentType: string },
  ): Promise<T> => object<T>({ verb: 'patch', ...call, method: 'PATCH', resource, ref, repeatable: true })

  const merge = <T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    { patch, ...call }: Partial<Call> & { readonly patch: MergePatch },
  ): Promise<T> => amend(resource, ref, { ...call, body: patch, contentType: 'application/merge-patch+json' })

  return {
    get,
    async find(resource, ref, call) {
      try {
        return await get(resource, ref, call)
      } catch (error) {
        if (hasCode(error, 'NOT_FOUND') || hasReason(error, 'NameInvalid')) return undefined
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
      const search = selectorsOf(query)
      search.set('watch', 'true')
      search.set('allowWatchBookmarks', 'true')
      search.set('resourceVersion', query.resourceVersion)
      if (query.timeoutSeconds !== undefined) search.set('timeoutSeconds', String(query.timeoutSeconds))
      const call: Call = {
        ...placeOf(query),
        verb: 'watch',
        method: 'GET',
        resource,
        query: search,
        repeatable: true,
      }
      const answer = await open(call)
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
    apply: (resource, subject, { fieldManager, ...call }) =>
      amend(resource, subject.metadata, {
        ...call,
        verb: 'apply',
        query: new URLSearchParams({ fieldManager, force: 'true' }),
        body: typed(resource, subject),
        // JSON is YAML.
        contentType: 'application/apply-patch+yaml',
      }),
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
      const { token, expirationTimestamp = '' } = status ?? {}
      if (typeof token !== 'string') throw unreadable(actionOf(request), 'holds no token')
      return { token: new Sensitive(token), expirationTimestamp }
    },
    review(resource, spec, call = {}) {
      const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, spec }
      return json({ ...call, verb: 'create', method: 'POST', resource, body, repeatable: true })
    },
    podLog: (pod, query) => podLog({ open }, pod, query),
    close: transport.close,
  }
}

function typed(resource: Resource<unknown>, subject: object): object {
  return { ...subject, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

function hasReason(error: unknown, reason: string): boolean {
  return error instanceof ConnectorsError && error.reason === reason
}
