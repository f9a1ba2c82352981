// Keeps the keys of sealed tokens: a Secret with all of them for the proxy, and the one that is in use, its public part
// alone, in a ConfigMap for whoever seals. Spec: access.md, "A volume's token is sealed".
import { ConnectorsError } from '../../connector/errors.ts'
import { createInformer } from '../../kube/cache/informer.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import type { ConfigMap, Secret } from '../../kube/object/objects.ts'
import { configMaps, secrets } from '../../kube/object/resources.ts'
import { createQueue } from '../../kube/work/queue.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Log } from '../../runtime/log.ts'
import {
  createSealingKey,
  formatSealingKeys,
  parseSealingKeys,
  publicKeyField,
  type SealingKey,
  sealingKeysField,
  sealingSecretName,
  sealingSecretType,
  trustConfigMapName,
} from '../../seal/sealing-keys.ts'
import { decideKeys, type KeysDecision, type ObservedKeys, type RotationTimes } from './decide.ts'

export type SealingKeysOptions = RotationTimes & {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly systemNamespace: string
  readonly onError: (error: unknown) => void
}

export type SealingKeysController = {
  /** Follows what is there, also without leading. */
  follow(options: { readonly signal: AbortSignal }): Promise<void>
  /** Keeps it true until `signal` is aborted. */
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

/** On the Secret: `now` makes new keys at once and ends all others, and with them every volume's token. */
const rotateAnnotation = 'connectors.cpaas.io/rotate'
const key = 'keys'
const longestWaitMs = 3_600_000

export function createSealingKeysController(options: SealingKeysOptions): SealingKeysController {
  const { client, clock, log, systemNamespace: namespace, onError } = options
  const follow = { client, clock, namespace, onError }
  const stored = createInformer({
    ...follow,
    resource: secrets,
    fieldSelector: `metadata.name=${sealingSecretName}`,
  })
  const published = createInformer({
    ...follow,
    resource: configMaps,
    fieldSelector: `metadata.name=${trustConfigMapName}`,
  })
  const queue = createQueue({ clock, maxBackoffMs: 60_000 })
  stored.onChange(() => queue.add(key))
  published.onChange(() => queue.add(key))

  async function reconcile({ signal }: { readonly signal: AbortSignal }) {
    const secret = stored.get(namespace, sealingSecretName)
    const configMap = published.get(namespace, trustConfigMapName)
    const decision = decideKeys(observe(secret, configMap), {
      ...options,
      nowMs: clock.now(),
      createKey: () => createSealingKey(clock.now()),
    })
    if (decision.keys !== undefined) await store(secret, decision.keys, signal)
    if (decision.published !== undefined) await publish(configMap, decision.published, signal)
    if (decision.change !== undefined) log.info('sealing keys changed', told(decision))
    return { againMs: Math.min(decision.againMs, longestWaitMs) }
  }

  function observe(secret: Secret | undefined, configMap: ConfigMap | undefined): ObservedKeys {
    const rotatesNow = secret?.metadata.annotations?.[rotateAnnotation] === 'now'
    return { keys: readKeys(secret), published: configMap?.data?.[publicKeyField], rotatesNow }
  }

  function readKeys(secret: Secret | undefined): readonly SealingKey[] | undefined {
    if (secret === undefined) return undefined
    try {
      return parseSealingKeys(Buffer.from(secret.data?.[sealingKeysField] ?? '', 'base64').toString())
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  async function store(before: Secret | undefined, keys: readonly SealingKey[], signal: AbortSignal) {
    const data = { [sealingKeysField]: Buffer.from(formatSealingKeys(keys)).toString('base64') }
    if (before === undefined) {
      const metadata = { namespace, name: sealingSecretName }
      await client.create(secrets, { metadata, type: sealingSecretType, data }, { signal })
      return
    }
    const { [rotateAnnotation]: _, ...annotations } = before.metadata.annotations ?? {}
    const metadata = { ...before.metadata, annotations }
    // Refused when somebody else wrote meanwhile: no key that is in use is lost.
    await client.replace(secrets, { ...before, metadata, data }, { signal })
  }

  async function publish(before: ConfigMap | undefined, text: string, signal: AbortSignal) {
    const data = { [publicKeyField]: text }
    const metadata = { namespace, name: trustConfigMapName }
    if (before === undefined) await client.create(configMaps, { metadata, data }, { signal })
    else await client.patch(configMaps, metadata, { patch: { data }, signal })
  }

  return {
    async follow({ signal }) {
      await Promise.all([stored.run({ signal }), published.run({ signal })])
    },
    async run({ signal }) {
      await Promise.all([stored.synced, published.synced]).catch(() => {})
      queue.add(key)
      await queue.run({
        workers: 1,
        signal,
        handle: (_, call) => reconcile(call),
        onError({ error, retryMs }) {
          // Somebody else wrote first: the news is on its way, and nothing is wrong.
          if (error instanceof ConnectorsError && error.code === 'CONFLICT') return
          log.warn('cannot keep the sealing keys', { retryMs: Math.round(retryMs), error })
        },
      })
    },
  }
}

function told({ keys = [], change }: KeysDecision) {
  return { change, keys: keys.map(({ kid }) => kid), inUse: keys.findLast(isPublished)?.kid }
}

function isPublished({ publishedMs }: SealingKey): boolean {
  return publishedMs !== undefined
}
