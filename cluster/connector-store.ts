// ConnectorStore: the Connectors, their classes and the Secrets that they reference, followed for whoever uses them.
import { type Connector, credentialSecretName } from '../connector/connector.ts'
import { authType, type ConnectorClass } from '../connector/connector-class.ts'
import { normalSecretType, watchedSecretTypes } from '../connector/credential.ts'
import { createInformer, type Informer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { refKey } from '../kube/object/objects.ts'
import { connectorClasses, connectors } from '../kube/object/resources.ts'
import { backoffMs } from '../runtime/backoff.ts'
import type { Clock } from '../runtime/clock.ts'
import { createReferencedSecrets, type ReferencedSecrets } from './referenced-secrets.ts'

export type ConnectorStore = {
  /** By the indexes `class` (a name) and `secret` (`namespace/name`). */
  readonly connectors: Informer<Connector>
  readonly classes: Informer<ConnectorClass>
  readonly secrets: ReferencedSecrets
  /** Undefined when all is known, else what is not. */
  unready(): string | undefined
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

export type ConnectorStoreOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  /** Whether Secrets that came before what references them are read in the background; else by `secrets.fetch`. */
  readonly fetchesSecrets: boolean
}

const fetchBackoff = { minMs: 250, maxMs: 15_000 }

export function createConnectorStore(options: ConnectorStoreOptions): ConnectorStore {
  // The CRDs do not require a spec. Without one they are told what is missing, as any other.
  const classes = createInformer({ ...options, resource: connectorClasses, transform: withSpec })
  const connectorInformer = createInformer({ ...options, resource: connectors, transform: withSpec })
  connectorInformer.index('class', ({ spec }) => (spec.connectorClassName ? [spec.connectorClassName] : []))
  connectorInformer.index('secret', connector => secretKeys(connector))
  const isReferenced = (key: string) => connectorInformer.byIndex('secret', key).length > 0
  const secrets = createReferencedSecrets({ ...options, isReferenced: ref => isReferenced(refKey(ref)) })

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
    if (type !== 'deleted' && options.fetchesSecrets) void fetchSecret(object)
    const before = previous === undefined ? undefined : credentialSecretName(previous)
    if (before === undefined) return
    const ref = { namespace: object.metadata.namespace, name: before }
    if (!isReferenced(refKey(ref))) secrets.forget(ref)
  })
  classes.onChange(({ object }) => {
    secrets.watch(watchedSecretTypes(classes.list()))
    if (!options.fetchesSecrets) return
    for (const connector of connectorInformer.byIndex('class', object.metadata.name)) {
      void fetchSecret(connector)
    }
  })

  return {
    connectors: connectorInformer,
    classes,
    secrets,
    unready() {
      if (!classes.isSynced || !connectorInformer.isSynced) return 'Connectors and classes are not known yet'
      return secrets.isSynced ? undefined : 'Secrets are not known yet'
    },
    async run({ signal }) {
      running = signal
      // Classes first: they say which Secrets a Connector's reference means.
      const parts = [classes.run({ signal })]
      await classes.synced.catch(() => {})
      parts.push(connectorInformer.run({ signal }))
      await connectorInformer.synced.catch(() => {})
      parts.push(secrets.run({ signal }))
      await Promise.all(parts)
    },
  }
}

function secretTypeOf(connector: Connector, connectorClass: ConnectorClass | undefined): string | undefined {
  if (connectorClass === undefined) return undefined
  const type = authType(connectorClass, connector.spec.auth?.name ?? '')
  return type === undefined ? undefined : normalSecretType(type.secretType)
}

function withSpec<T extends { readonly spec: object }>(object: T): T {
  return { ...object, spec: object.spec ?? {} }
}

function secretKeys(connector: Connector): readonly string[] {
  const name = credentialSecretName(connector)
  return name === undefined ? [] : [refKey({ namespace: connector.metadata.namespace, name })]
}
