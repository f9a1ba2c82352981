// Watches: the changes of a kind as they happen, one JSON line each, from a revision on.
import type { ServerResponse } from 'node:http'
import type { Clock } from '../runtime/clock.ts'
import type { Kind } from './kinds.ts'
import type { KubeObject } from './object.ts'
import type { Selector } from './selectors.ts'
import { cause, expired, invalid, resourceName, type StatusError } from './status.ts'
import type { Change, Store } from './store.ts'
import { apiVersionOf } from './verbs/draft.ts'
import { parseRevision } from './verbs/list.ts'

export interface WatchRequest {
  readonly kind: Kind
  /** Undefined for all of them. */
  readonly namespace: string | undefined
  readonly query: URLSearchParams
  readonly select: Selector
  /** An event's object as the client asked for it. */
  readonly encode: (object: KubeObject, isFirst: boolean) => string
}

interface OpenWatch {
  readonly resource: string
  end(failure?: StatusError): void
}

const bookmarkIntervalMs = 60_000
const longestWatchSeconds = 3_600
/** A client that reads too slowly is cut off, and starts again with a list. */
const backlogLimitBytes = 32 << 20

export class Watches {
  readonly #store: Store
  readonly #clock: Clock
  readonly #open = new Set<OpenWatch>()

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  /** How many watches are open. */
  get size(): number {
    return this.#open.size
  }

  /** Ends the open watches of a resource (of all when none is named), with an ERROR event if one is given. */
  end(resource?: string, failure?: StatusError): void {
    for (const watch of [...this.#open]) {
      if (resource === undefined || watch.resource === resource) watch.end(failure)
    }
  }

  start(request: WatchRequest, response: ServerResponse): void {
    const { kind, query, namespace, select } = request
    const resource = resourceName(kind)
    const start = startOf(this.#store, request)
    const write = eventWriter(request, response)
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
    response.flushHeaders()

    const deliver = (change: Change) => {
      const inScope = namespace === undefined || (change.object.metadata.namespace ?? '') === namespace
      if (!inScope || change.revision <= start.revision) return
      const was = change.previous !== undefined && select(change.previous)
      const is = change.type !== 'DELETED' && select(change.object)
      if (was && is) write('MODIFIED', change.object)
      else if (is) write('ADDED', change.object)
      else if (was) write('DELETED', change.object)
      if (response.writableLength > backlogLimitBytes) response.destroy()
    }
    const over = new AbortController()
    const unsubscribe = this.#store.subscribe(resource, deliver)
    const watch: OpenWatch = {
      resource,
      end: failure => {
        if (over.signal.aborted) return
        over.abort()
        unsubscribe()
        this.#open.delete(watch)
        if (failure !== undefined) response.write(eventLine('ERROR', JSON.stringify(failure.status)))
        response.end()
      },
    }
    response.on('close', () => watch.end())
    this.#open.add(watch)

    if ('failure' in start) {
      watch.end(start.failure)
      return
    }
    for (const object of start.initial) write('ADDED', object)
    if (start.announceEnd) response.write(bookmark(kind, start.revision, true))
    for (const change of start.missed) deliver(change)

    const wantsBookmarks = query.get('allowWatchBookmarks') === 'true'
    const seconds = Number(query.get('timeoutSeconds') ?? 0)
    const durationMs = 1000 * (seconds > 0 ? Math.min(seconds, longestWatchSeconds) : longestWatchSeconds)
    const sendBookmark = () => {
      if (wantsBookmarks && this.#store.isPublished)
        response.write(bookmark(kind, this.#store.revision, false))
    }
    void this.#after(durationMs, over.signal, () => {
      sendBookmark()
      watch.end()
    })
    if (wantsBookmarks) void this.#every(bookmarkIntervalMs, over.signal, sendBookmark)
  }

  async #after(ms: number, signal: AbortSignal, then: () => void): Promise<void> {
    await this.#clock.sleep(ms, { signal }).catch(() => undefined)
    if (!signal.aborted) then()
  }

  async #every(ms: number, signal: AbortSignal, then: () => void): Promise<void> {
    while (!signal.aborted) await this.#after(ms, signal, then)
  }
}

type Start =
  | { readonly revision: number; readonly failure: StatusError }
  | {
      readonly revision: number
      readonly initial: Iterable<KubeObject>
      readonly missed: readonly Change[]
      readonly announceEnd: boolean
    }

/** Where the watch begins: with all that is there, or after a revision. */
function startOf(store: Store, { kind, namespace, query, select }: WatchRequest): Start {
  const from = parseRevision(query.get('resourceVersion') ?? '')
  const sendInitial = query.get('sendInitialEvents')
  if (sendInitial !== null && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    const listOptions = { group: 'meta.k8s.io', plural: 'listoptions', kind: 'ListOptions' }
    throw invalid(listOptions, '', [cause.forbidden('resourceVersionMatch', why)])
  }
  const withState = sendInitial === 'true' || (sendInitial === null && from === 0)
  if (withState || from === 0) {
    const all = withState ? [...store.list(resourceName(kind), namespace)].filter(select) : []
    const announceEnd = sendInitial === 'true' && query.get('allowWatchBookmarks') === 'true'
    return { revision: store.revision, initial: all, missed: [], announceEnd }
  }
  const missed = store.changesSince(resourceName(kind), from)
  if (missed !== undefined) return { revision: from, initial: [], missed, announceEnd: false }
  return { revision: from, failure: expired(`too old resource version: ${from} (${store.oldestKnown})`) }
}

function eventWriter(request: WatchRequest, response: ServerResponse) {
  let isFirst = true
  return (type: Change['type'], object: KubeObject) => {
    response.write(eventLine(type, request.encode(object, isFirst)))
    isFirst = false
  }
}

function eventLine(type: string, json: string): string {
  return `{"type":"${type}","object":${json}}\n`
}

function bookmark(kind: Kind, revision: number, endsInitial: boolean): string {
  const annotations = endsInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...annotations }
  return eventLine('BOOKMARK', JSON.stringify({ kind: kind.kind, apiVersion: apiVersionOf(kind), metadata }))
}
