// A list that stays true: list, watch from there, list again when the watch cannot go on.
import { backoffMs } from '../../runtime/backoff.ts'
import type { Clock } from '../../runtime/clock.ts'
import { isExpired, KubeApiError } from '../client/api-error.ts'
import type { KubeClient } from '../client/client.ts'
import { type KubeObject, type ObjectRef, refKey } from '../object/objects.ts'
import type { Resource } from '../object/resources.ts'
import { type IndexKeys, ObjectCache } from './object-cache.ts'

export type Change<T> =
  | { readonly type: 'added'; readonly object: T; readonly previous?: undefined }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  /** `object` is the last state that was known. */
  | { readonly type: 'deleted'; readonly object: T; readonly previous: T }

export interface InformerOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'pages' | 'watch' | 'find'>
  readonly clock: Clock
  readonly resource: Resource<T>
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
  /** What is kept of an object; undefined keeps nothing of it. */
  readonly transform?: (object: T) => T | undefined
  /** Failures of list, watch, transform, indexes and listeners. The informer goes on by itself. */
  readonly onError?: (error: unknown) => void
  readonly watchSeconds?: number
  readonly idleMs?: number
}

export interface Informer<T extends KubeObject> {
  readonly resource: Resource<T>
  /** Resolves with the first complete list, rejects when `run` ends before. */
  readonly synced: Promise<void>
  readonly isSynced: boolean
  get(namespace: string | undefined, name: string): T | undefined
  /** Of one namespace, or of all. A new array of the cached objects, which nobody may change. */
  list(namespace?: string): readonly T[]
  index(name: string, keysOf: IndexKeys<T>): void
  byIndex(name: string, value: string): readonly T[]
  /** Called in order, after the cache has changed. Returns how to stop it. */
  onChange(listener: (change: Change<T>) => void): () => void
  /** Reads one object into the cache, for what `transform` dropped and would keep now. */
  fetch(ref: ObjectRef, options?: { readonly signal?: AbortSignal | undefined }): Promise<T | undefined>
  /** Drops an object that `transform` would no longer keep. Tells no listener: the object still exists. */
  forget(ref: ObjectRef): void
  /** Ends when `signal` is aborted, and never throws. */
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

const backoff = { minMs: 500, maxMs: 15_000 }
// A watch that lags by more counts as dead before.
const watchLagMs = 120_000
const namespaceIndex = 'namespace'
const firstPageLimit = 250

export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, clock, resource, namespace, labelSelector, fieldSelector } = options
  const { transform = object => object, onError = () => {}, watchSeconds = 280, idleMs } = options
  const cache = new ObjectCache<T>()
  if (resource.namespaced) cache.addIndex(namespaceIndex, object => [object.metadata.namespace ?? ''])
  const listeners = new Set<(change: Change<T>) => void>()
  const synced = Promise.withResolvers<void>()
  synced.promise.catch(() => {})
  let isSynced = false
  let pageLimit = firstPageLimit
  const fetching = new Set<{ readonly key: string; touched: boolean }>()
  /** What a `fetch` brought before the watch told of it: late news must not turn time back. */
  const fetchedAhead = new Map<string, { readonly version: number; readonly untilMs: number }>()

  function notify(change: Change<T>): void {
    for (const listener of listeners) {
      try {
        listener(change)
      } catch (error) {
        onError(error)
      }
    }
  }

  /** An object that is not as its kind promises is left out: it must not keep the others from being known. */
  function put(found: T): void {
    try {
      putChecked(found)
    } catch (error) {
      onError(error)
      remove(found)
    }
  }

  function putChecked(found: T): void {
    const previous = cache.get(found.metadata)
    const object = transform(withoutManagedFields(found))
    if (object === undefined) {
      remove(found)
    } else if (previous === undefined) {
      cache.put(object)
      notify({ type: 'added', object })
    } else if (previous.metadata.resourceVersion !== object.metadata.resourceVersion) {
      cache.put(object)
      notify({ type: 'updated', object, previous })
    }
  }

  function remove(gone: T): void {
    const previous = cache.get(gone.metadata)
    if (previous === undefined) return
    cache.remove(gone.metadata)
    notify({ type: 'deleted', object: previous, previous })
  }

  /** Whether what list or watch tells of an object is later than what is known of it. */
  function isNewer(object: T): boolean {
    const key = refKey(object.metadata)
    for (const fetch of fetching) fetch.touched ||= fetch.key === key
    if (isAhead(key, version(object))) return false
    fetchedAhead.delete(key)
    return true
  }

  // Bounded in time: an API server that was restored from a backup counts from a lower number again.
  function isAhead(key: string, than: number): boolean {
    const fetched = fetchedAhead.get(key)
    return fetched !== undefined && fetched.version > than && fetched.untilMs > clock.monotonicMs()
  }

  async function listAll(signal: AbortSignal): Promise<string> {
    const seen = new Set<string>()
    let resourceVersion = ''
    const query = { namespace, labelSelector, fieldSelector, signal, limit: pageLimit }
    for await (const page of client.pages(resource, query)) {
      signal.throwIfAborted()
      resourceVersion = page.resourceVersion
      for (const object of page.items) {
        seen.add(refKey(object.metadata))
        if (isNewer(object)) put(object)
      }
    }
    for (const object of [...cache.values()]) {
      const key = refKey(object.metadata)
      if (!seen.has(key) && !isAhead(key, Number(resourceVersion))) remove(object)
    }
    isSynced = true
    pageLimit = firstPageLimit
    synced.resolve()
    return resourceVersion
  }

  /** Applies events, noting how far it came, until the server ends the watch. */
  async function follow(from: string, progress: { version: string }, signal: AbortSignal): Promise<void> {
    // Spread, so that many watches that began together do not begin anew together.
    const timeoutSeconds = Math.ceil(watchSeconds * (1 - 0.2 * Math.random()))
    const stop = new AbortController()
    const limited = AbortSignal.any([signal, stop.signal])
    const overdue = setTimeout(() => stop.abort(watchOver), (timeoutSeconds + 15) * 1000)
    const query = { namespace, labelSelector, fieldSelector, resourceVersion: from, timeoutSeconds }
    try {
      const events = client.watch(resource, {
        ...query,
        signal: limited,
        ...(idleMs === undefined ? {} : { idleMs }),
      })
      for await (const event of events) {
        if (event.type === 'BOOKMARK') {
          progress.version = event.resourceVersion || progress.version
          continue
        }
        progress.version = event.object.metadata.resourceVersion ?? progress.version
        if (!isNewer(event.object)) continue
        if (event.type === 'DELETED') remove(event.object)
        else put(event.object)
      }
    } catch (error) {
      if (error !== watchOver) throw error
    } finally {
      clearTimeout(overdue)
    }
  }

  async function run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const progress = { version: '' }
    let failures = 0
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs()
      const before = progress.version
      try {
        if (progress.version === '') progress.version = await listAll(signal)
        await follow(progress.version, progress, signal)
        // A server that ends every watch at once must not be asked in a tight loop.
        failures = clock.monotonicMs() - startedMs > 5000 || progress.version !== before ? 0 : failures + 1
      } catch (error) {
        if (signal.aborted) break
        if (progress.version !== before && before !== '') failures = 0
        failures++
        // The next page came too late. Fewer pages are what a list may need that is written to all the time.
        if (isExpired(error) && progress.version === '') pageLimit *= 8
        if (isRefusedVersion(error)) progress.version = ''
        if (!isExpired(error)) onError(error)
      }
      if (failures > 0) await clock.sleep(backoffMs(failures, backoff), { signal }).catch(() => {})
    }
    synced.reject(signal.reason)
  }

  async function fetch(
    ref: ObjectRef,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T | undefined> {
    const mark = { key: refKey(ref), touched: false }
    fetching.add(mark)
    try {
      const found = await client.find(resource, ref, { signal })
      // The watch is the authority: what it told meanwhile went through `transform` already.
      if (found !== undefined && !mark.touched) {
        fetchedAhead.set(mark.key, { version: version(found), untilMs: clock.monotonicMs() + watchLagMs })
        put(found)
      }
    } finally {
      fetching.delete(mark)
    }
    return cache.get(ref)
  }

  return {
    resource,
    synced: synced.promise,
    get isSynced() {
      return isSynced
    },
    get: (within, name) => cache.get({ namespace: within, name }),
    list: within => (within === undefined ? [...cache.values()] : cache.find(namespaceIndex, within)),
    index: (name, keysOf) => cache.addIndex(name, keysOf),
    byIndex: (name, value) => cache.find(name, value),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    fetch,
    forget: ref => cache.remove(ref),
    run,
  }
}

const watchOver = new Error('the watch outlived the time that was asked for')

/** managedFields are a third of an object, and nothing here reads them. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const metadata = object.metadata as { managedFields?: unknown }
  if (metadata.managedFields === undefined) return object
  const { managedFields: _, ...rest } = metadata
  return { ...object, metadata: rest }
}

// Kubernetes promises (KEP-5504) that resource versions of one kind compare as integers.
function version(object: KubeObject): number {
  return Number(object.metadata.resourceVersion)
}

/** Too old (410), not understood (400, 404), or from the future (504 after a restore): a new list heals all. */
function isRefusedVersion(error: unknown): boolean {
  return error instanceof KubeApiError && [400, 404, 410, 504].includes(error.status)
}
