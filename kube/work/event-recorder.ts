// Events for people who run `kubectl describe`: written in the background, counted up instead of repeated, and
// never a reason for anything else to fail.
import { hash } from 'node:crypto'
import type { ObjectMeta } from '../../connector/object.ts'
import { BoundedMap } from '../../runtime/bounded-map.ts'
import type { Clock } from '../../runtime/clock.ts'
import { hasCode, isNamespaceEnding, isUnanswered } from '../client/api-error.ts'
import type { KubeClient } from '../client/client.ts'
import type { KubeEvent, NewObject } from '../object/objects.ts'
import { apiVersionOf, events, type Resource } from '../object/resources.ts'

export interface Occurrence {
  readonly resource: Resource<unknown>
  readonly object: { readonly metadata: ObjectMeta }
  readonly type: 'Normal' | 'Warning'
  /** CamelCase. */
  readonly reason: string
  /** For people; no secret, and no more of it than 1 KiB is kept. */
  readonly message: string
}

export interface EventRecorder {
  /** Returns at once. When more wait than the recorder holds, the newest is dropped and counted. */
  record(occurrence: Occurrence): void
  readonly dropped: number
  /** Writes what waits. Ends when `signal` is aborted, after one last attempt at the rest. */
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'get' | 'patch'>
  readonly clock: Clock
  /** `connectors-controller` */
  readonly component: string
  /** The pod or host that speaks. */
  readonly instance: string
  readonly onError?: (error: unknown) => void
  readonly maxPending?: number
}

interface Pending {
  readonly occurrence: Occurrence
  count: number
  firstMs: number
  lastMs: number
}

const maxMessage = 1024
const lastAttemptMs = 2000
const retryMs = 5000

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, component, instance, onError = () => {}, maxPending = 1000 } = options
  const pending = new Map<string, Pending>()
  /** How often each event was told, by its name. */
  const counts = new BoundedMap<number>(4096)
  let dropped = 0
  let wake: (() => void) | undefined

  function record(occurrence: Occurrence): void {
    const name = eventName(occurrence, component)
    const nowMs = clock.now()
    const same = pending.get(name)
    if (same !== undefined) {
      same.count++
      same.lastMs = nowMs
    } else if (pending.size >= maxPending) {
      dropped++
    } else {
      pending.set(name, { occurrence, count: 1, firstMs: nowMs, lastMs: nowMs })
      wake?.()
    }
  }

  async function write(name: string, told: Pending, signal: AbortSignal): Promise<void> {
    const namespace = told.occurrence.object.metadata.namespace ?? 'default'
    const ref = { namespace, name }
    let before = counts.get(name)
    if (before === undefined) {
      try {
        await client.create(events, eventObject(name, told, { component, instance }), { signal })
        counts.set(name, told.count)
        return
      } catch (error) {
        if (!hasCode(error, 'CONFLICT')) throw error
        before = (await client.get(events, ref, { signal })).count ?? 1
      }
    }
    const count = before + told.count
    try {
      await client.patch(events, ref, { patch: { count, lastTimestamp: rfc3339(told.lastMs) }, signal })
      counts.set(name, count)
    } catch (error) {
      // The API server forgets events after an hour.
      if (!hasCode(error, 'NOT_FOUND')) throw error
      counts.delete(name)
      await client.create(events, eventObject(name, told, { component, instance }), { signal })
      counts.set(name, told.count)
    }
  }

  /** False when the API server does not answer: what waits goes on waiting. */
  async function writeAll(signal: AbortSignal): Promise<boolean> {
    for (const [name, told] of pending) {
      if (signal.aborted) return false
      pending.delete(name)
      try {
        await write(name, told, signal)
      } catch (error) {
        if (!isNamespaceEnding(error)) onError(error)
        if (!isUnanswered(error)) continue
        told.count += pending.get(name)?.count ?? 0
        pending.set(name, told)
        return false
      }
    }
    return true
  }

  return {
    record,
    get dropped() {
      return dropped
    },
    async run({ signal }) {
      // What is being written when the process is asked to end has a moment to arrive.
      const writing = new AbortController()
      const onAbort = () => {
        wake?.()
        setTimeout(() => writing.abort(), lastAttemptMs).unref()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      while (!signal.aborted) {
        if (pending.size === 0) {
          const woken = Promise.withResolvers<void>()
          wake = woken.resolve
          await woken.promise
          wake = undefined
        }
        const answered = await writeAll(writing.signal)
        if (!answered) await clock.sleep(retryMs, { signal }).catch(() => {})
      }
      await writeAll(writing.signal)
    },
  }
}

/** The same for what says the same of the same object, so that a restart counts on instead of repeating. */
function eventName({ resource, object, type, reason, message }: Occurrence, component: string): string {
  const { namespace = '', name, uid = '' } = object.metadata
  const said = JSON.stringify([resource.kind, namespace, name, uid, type, reason, message, component])
  // A label of a name may not end in what the cut may leave.
  const start = name.slice(0, 200).replace(/[^a-z0-9]+$/, '')
  return `${start}.${hash('sha256', said, 'hex').slice(0, 16)}`
}

function eventObject(
  name: string,
  { occurrence, count, firstMs, lastMs }: Pending,
  source: { readonly component: string; readonly instance: string },
): NewObject<KubeEvent> {
  const { resource, object, type, reason, message } = occurrence
  const { metadata } = object
  return {
    metadata: { name, namespace: metadata.namespace ?? 'default' },
    involvedObject: {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
    },
    type,
    reason,
    message: message.length > maxMessage ? `${message.slice(0, maxMessage - 3)}...` : message,
    source: { component: source.component, host: source.instance },
    reportingComponent: source.component,
    reportingInstance: source.instance,
    count,
    firstTimestamp: rfc3339(firstMs),
    lastTimestamp: rfc3339(lastMs),
  }
}

/** The API's times have no fractions. */
function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
