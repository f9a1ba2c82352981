// The Secrets that Connectors reference, and no other: one watch per Secret type that is in use, what nobody
// references is dropped as it arrives. Spec: resources.md, "Controller behaviour".
import type { Secret } from '../connector/object.ts'
import { type Change, createInformer, type Informer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import type { ObjectRef } from '../kube/object/objects.ts'
import { secrets } from '../kube/object/resources.ts'
import type { Clock } from '../runtime/clock.ts'
import { aborted } from '../runtime/shutdown.ts'

export interface ReferencedSecretsOptions {
  readonly client: Pick<KubeClient, 'pages' | 'watch' | 'find'>
  readonly clock: Clock
  readonly isReferenced: (ref: ObjectRef) => boolean
  readonly onError: (error: unknown) => void
}

export interface ReferencedSecrets {
  get(namespace: string | undefined, name: string): Secret | undefined
  /** Watches these types from now on, as Secrets spell them, and no other. */
  watch(types: ReadonlySet<string>): void
  onChange(listener: (change: Change<Secret>) => void): void
  /** Reads a Secret that was dropped before somebody referenced it. */
  fetch(ref: ObjectRef, type: string): Promise<void>
  forget(ref: ObjectRef): void
  readonly isSynced: boolean
  /** Until `signal` is aborted. */
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

type Watch = { readonly informer: Informer<Secret>; readonly stop: AbortController; ended: Promise<void> }

export function createReferencedSecrets(options: ReferencedSecretsOptions): ReferencedSecrets {
  const { client, clock, isReferenced, onError } = options
  const listeners: ((change: Change<Secret>) => void)[] = []
  const watches = new Map<string, Watch>()
  let running: AbortSignal | undefined

  function open(type: string): Watch {
    const informer = createInformer<Secret>({
      client,
      clock,
      resource: secrets,
      fieldSelector: `type=${escapeSelectorValue(type)}`,
      transform: secret => (secret.type === type && isReferenced(secret.metadata) ? secret : undefined),
      onError,
    })
    informer.onChange(change => {
      for (const listener of listeners) listener(change)
    })
    const watch = { informer, stop: new AbortController(), ended: Promise.resolve() }
    informer.synced.catch(() => {})
    if (running !== undefined) start(watch, running)
    return watch
  }

  function start(watch: Watch, signal: AbortSignal): void {
    watch.ended = watch.informer.run({ signal: AbortSignal.any([signal, watch.stop.signal]) })
  }

  return {
    get(namespace, name) {
      for (const { informer } of watches.values()) {
        const secret = informer.get(namespace, name)
        if (secret !== undefined) return secret
      }
      return undefined
    },
    onChange(listener) {
      listeners.push(listener)
    },
    watch(types) {
      for (const type of types) if (!watches.has(type)) watches.set(type, open(type))
      for (const [type, watch] of watches) {
        if (types.has(type)) continue
        watches.delete(type)
        watch.stop.abort()
      }
    },
    async fetch(ref, type) {
      await watches.get(type)?.informer.fetch(ref, running === undefined ? {} : { signal: running })
    },
    forget(ref) {
      for (const { informer } of watches.values()) informer.forget(ref)
    },
    get isSynced() {
      return [...watches.values()].every(({ informer }) => informer.isSynced)
    },
    async run({ signal }) {
      running = signal
      for (const watch of watches.values()) start(watch, signal)
      await aborted(signal)
      await Promise.all([...watches.values()].map(watch => watch.ended))
    },
  }
}

/** A type is free text, and a class may name any: a selector that is refused would be one that never syncs. */
function escapeSelectorValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&')
}
