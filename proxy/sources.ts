// What the proxy keeps in memory of the cluster: Connectors, classes and the Secrets that Connectors reference.
import type { IndexSources } from '../cluster/connector-index.ts'
import type { FeatureFlags } from '../cluster/feature-flags.ts'
import { createReferencedSecrets } from '../cluster/referenced-secrets.ts'
import { type Connector, credentialSecretName } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import { authType } from '../connector/connector-class.ts'
import { normalSecretType, watchedSecretTypes } from '../connector/credential.ts'
import { createInformer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { connectorClasses, connectors } from '../kube/object/resources.ts'
import { backoffMs } from '../runtime/backoff.ts'
import type { Clock } from '../runtime/clock.ts'

export type UseFeatures = FeatureFlags<'enable-connector-proxy-permissions'>

export type ClusterSources = Omit<IndexSources, 'clusterDomain'> & {
  readonly features: UseFeatures
  /** Undefined when all is known, else what is not. */
  readonly unready: () => string | undefined
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

const secretIndex = 'secret'
const fetchBackoff = { minMs: 250, maxMs: 15_000 }

export function createClusterSources(options: {
  readonly client: KubeClient
  readonly clock: Clock
  readonly features: UseFeatures
  readonly onError: (error: unknown) => void
}): ClusterSources {
  const { features } = options
  const classes = createInformer({ ...options, resource: connectorClasses })
  const connectorInformer = createInformer({ ...options, resource: connectors })
  connectorInformer.index(secretIndex, connector => {
    const name = credentialSecretName(connector)
    return name === undefined ? [] : [`${connector.metadata.namespace}/${name}`]
  })
  const secrets = createReferencedSecrets({
    ...options,
    isReferenced: ref => connectorInformer.byIndex(secretIndex, `${ref.namespace}/${ref.name}`).length > 0,
  })

  let running: AbortSignal | undefined

  /** A Secret may be older than the Connector that references it, and was dropped then. */
  async function fetchSecret(connector: Connector): Promise<void> {
    const name = credentialSecretName(connector)
    const { namespace } = connector.metadata
    const isEnding = () => running?.aborted === true
    const isWanted = () =>
      !isEnding() && connectorInformer.get(namespace, connector.metadata.name) === connector
    for (let failures = 0; name !== undefined && isWanted(); ) {
      if (secrets.get(namespace, name) !== undefined) return
      const type = secretTypeOf(connector, classes.get(undefined, connector.spec.connectorClassName ?? ''))
      if (type === undefined) return
      try {
        await secrets.fetch({ namespace, name }, type)
        return
      } catch (error) {
        if (!isEnding()) options.onError(error)
        failures++
        const signal = running
        await options.clock.sleep(backoffMs(failures, fetchBackoff), { signal }).catch(() => {})
      }
    }
  }

  connectorInformer.onChange(({ type, object, previous }) => {
    if (type !== 'deleted') void fetchSecret(object)
    const before = previous === undefined ? undefined : credentialSecretName(previous)
    if (before === undefined) return
    const ref = { namespace: object.metadata.namespace, name: before }
    if (connectorInformer.byIndex(secretIndex, `${ref.namespace}/${ref.name}`).length === 0)
      secrets.forget(ref)
  })
  classes.onChange(({ object }) => {
    secrets.watch(watchedSecretTypes(classes.list()))
    for (const connector of connectorInformer.list()) {
      if (connector.spec.connectorClassName === object.metadata.name) void fetchSecret(connector)
    }
  })

  return {
    connectors: connectorInformer,
    classes,
    secrets,
    features,
    unready() {
      if (!classes.isSynced || !connectorInformer.isSynced) return 'Connectors and classes are not known yet'
      if (!secrets.isSynced) return 'Secrets are not known yet'
      return features.isSynced ? undefined : 'the feature flags are not known yet'
    },
    async run({ signal }) {
      running = signal
      // Classes first: they say which Secrets a Connector's reference means.
      const listing = classes.run({ signal })
      const switching = features.run({ signal })
      await classes.synced.catch(() => {})
      const others = [connectorInformer.run({ signal })]
      await connectorInformer.synced.catch(() => {})
      others.push(secrets.run({ signal }))
      await Promise.all([listing, switching, ...others])
    },
  }
}

function secretTypeOf(connector: Connector, connectorClass: ConnectorClass | undefined): string | undefined {
  if (connectorClass === undefined) return undefined
  const type = authType(connectorClass, connector.spec.auth?.name ?? '')
  return type === undefined ? undefined : normalSecretType(type.secretType)
}
