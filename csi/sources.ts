// What the driver keeps in memory of the cluster: Connectors and classes.
import type { FeatureFlags } from '../cluster/feature-flags.ts'
import type { Connector } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { createInformer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { configMaps, connectorClasses, connectors } from '../kube/object/resources.ts'
import type { Clock } from '../runtime/clock.ts'
import {
  type PublicSealingKey,
  parsePublicKey,
  publicKeyField,
  trustConfigMapName,
} from '../seal/sealing-keys.ts'

export type VolumeFeatures = FeatureFlags<'enable-connector-proxy-permissions' | 'enable-multi-connector'>

export type VolumeSources = {
  /** Undefined for what does not exist. Waits for the first list; throws UNAVAILABLE when it does not come. */
  connector(key: ObjectKey, options: { readonly signal: AbortSignal }): Promise<Connector | undefined>
  connectorClass(name: string, options: { readonly signal: AbortSignal }): Promise<ConnectorClass | undefined>
  /** The key to seal tokens with. Waits likewise; throws UNAVAILABLE while none is published. */
  sealingKey(options: { readonly signal: AbortSignal }): Promise<PublicSealingKey>
  /** Waits likewise. */
  features(options: { readonly signal: AbortSignal }): Promise<VolumeFeatures>
  /** Undefined when all is known, else what is not. */
  unready(): string | undefined
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

const firstListMs = 10_000

export function createVolumeSources(options: {
  readonly client: KubeClient
  readonly clock: Clock
  readonly features: VolumeFeatures
  readonly systemNamespace: string
  readonly onError: (error: unknown) => void
}): VolumeSources {
  const { features, systemNamespace } = options
  const connectorInformer = createInformer({ ...options, resource: connectors })
  const classes = createInformer({ ...options, resource: connectorClasses })

  const trust = createInformer({
    ...options,
    resource: configMaps,
    namespace: systemNamespace,
    fieldSelector: `metadata.name=${trustConfigMapName}`,
  })
  let sealingKey: PublicSealingKey | undefined
  trust.onChange(({ type, object }) => {
    // Seals stay good while the controller makes the ConfigMap again.
    const text = type === 'deleted' ? undefined : object.data?.[publicKeyField]
    if (text !== undefined) sealingKey = parsePublicKey(text)
  })

  function unready(): string | undefined {
    if (!connectorInformer.isSynced || !classes.isSynced) return 'Connectors and classes are not known yet'
    if (!features.isSynced) return 'the feature flags are not known yet'
    return trust.isSynced ? undefined : 'the key of sealed tokens is not known yet'
  }

  async function ready(signal: AbortSignal): Promise<void> {
    if (unready() === undefined) return
    const done = new AbortController()
    const late = options.clock.sleep(firstListMs, { signal: AbortSignal.any([signal, done.signal]) })
    const listed = Promise.all([connectorInformer.synced, classes.synced, trust.synced, features.synced])
    await Promise.race([listed, late]).catch(() => signal.throwIfAborted())
    done.abort()
    late.catch(() => {})
    const why = unready()
    if (why === undefined) return
    throw new ConnectorsError('UNAVAILABLE', 'NotSynced', `Cannot publish a volume yet: ${why}`)
  }

  return {
    // A miss is asked for once more: the pod may be younger than what the watch has told.
    async connector(key, { signal }) {
      await ready(signal)
      return connectorInformer.get(key.namespace, key.name) ?? connectorInformer.fetch(key, { signal })
    },
    async connectorClass(name, { signal }) {
      await ready(signal)
      return classes.get(undefined, name) ?? classes.fetch({ name }, { signal })
    },
    async sealingKey({ signal }) {
      await ready(signal)
      if (sealingKey !== undefined) return sealingKey
      throw new ConnectorsError(
        'UNAVAILABLE',
        'SealingKeyMissing',
        `Cannot publish a volume yet: ConfigMap "${trustConfigMapName}" in namespace "${systemNamespace}" ` +
          'holds no key to seal tokens with, which the controller writes',
      )
    },
    async features({ signal }) {
      await ready(signal)
      return features
    },
    unready,
    async run({ signal }) {
      await Promise.all(
        [connectorInformer, classes, trust, features].map(followed => followed.run({ signal })),
      )
    },
  }
}
