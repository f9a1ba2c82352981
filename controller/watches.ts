// The watched objects, and how they are found.
import { createReferencedSecrets, type ReferencedSecrets } from '../cluster/referenced-secrets.ts'
import { proxyServiceName } from '../connector/address.ts'
import { type Connector, credentialSecretName } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import { watchedSecretTypes } from '../connector/credential.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import { createInformer, type Informer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import {
  type KubeObject,
  type Namespace,
  type Role,
  type RoleBinding,
  refKey,
  type Service,
} from '../kube/object/objects.ts'
import {
  connectorClasses,
  connectors,
  namespaces,
  type Resource,
  resourceInterfaces,
  roleBindings,
  roles,
  services,
} from '../kube/object/resources.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Builtins, builtinKey } from './builtins/read.ts'
import { destinationService } from './connector-class/destination.ts'
import { grantLabel } from './scope-grants/decide.ts'
import { innerNamespaceLabel, projectLabel } from './scope-grants/observe.ts'

export type Watches = {
  readonly connectors: Informer<Connector>
  readonly connectorClasses: Informer<ConnectorClass>
  /** The built-in ones. */
  readonly resourceInterfaces: Informer<KubeObject>
  readonly namespaces: Informer<Namespace>
  readonly roles: Informer<Role>
  readonly roleBindings: Informer<RoleBinding>
  readonly services: Informer<Service>
  readonly secrets: ReferencedSecrets
}

export type WatchesOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly systemNamespace: string
  readonly builtins: Pick<Builtins, 'has'>
  readonly onError: (error: unknown) => void
}

export function createWatches({
  client,
  clock,
  systemNamespace,
  builtins,
  onError,
}: WatchesOptions): Watches {
  const watch = <T extends KubeObject>(
    resource: Resource<T>,
    options: { readonly labelSelector?: string; readonly transform?: (object: T) => T | undefined } = {},
  ) => createInformer({ client, clock, resource, onError, ...options })

  // The CRDs do not require a spec. Without one they are told what is missing, as any other.
  const connectorInformer = watch(connectors, { transform: withSpec })
  connectorInformer.index('class', ({ spec }) => (spec.connectorClassName ? [spec.connectorClassName] : []))
  connectorInformer.index('secret', connector => secretKeys(connector))
  connectorInformer.index('service', ({ metadata }) => [
    refKey({ namespace: metadata.namespace, name: proxyServiceName(metadata.name) }),
  ])

  const classInformer = watch(connectorClasses, { transform: withSpec })
  classInformer.index('service', ({ spec }) =>
    [spec.api, spec.proxy]
      .flatMap(destination => destinationService(destination, systemNamespace) ?? [])
      .map(refKey),
  )

  const namespaceInformer = watch(namespaces)
  namespaceInformer.index('project', ({ metadata }) => labelValue(metadata.labels, projectLabel))
  namespaceInformer.index('inner', ({ metadata }) => labelValue(metadata.labels, innerNamespaceLabel))

  const grants = { labelSelector: `${grantLabel}=true` }
  return {
    connectors: connectorInformer,
    connectorClasses: classInformer,
    resourceInterfaces: watch(resourceInterfaces, {
      transform: object =>
        builtins.has(builtinKey(resourceInterfaces, object.metadata.name)) ? object : undefined,
    }),
    namespaces: namespaceInformer,
    roles: watch(roles, grants),
    roleBindings: watch(roleBindings, grants),
    services: watch(services, {
      // Those that stand for Connectors (or are in the place of one) and those that classes name.
      transform: service => {
        const { name } = service.metadata
        const isNamed = classInformer.byIndex('service', objectKey(service.metadata)).length > 0
        return isNamed || name.startsWith('c-') ? service : undefined
      },
    }),
    secrets: createReferencedSecrets({
      client,
      clock,
      isReferenced: ref => connectorInformer.byIndex('secret', refKey(ref)).length > 0,
      onError,
    }),
  }
}

export type RunWatchesOptions = {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Whether interfaces come with the installation: nothing else here needs them. */
  readonly followsInterfaces: boolean
  /** Called once all objects are known. */
  readonly onSynced: () => void
}

/** Runs the watches until `signal` is aborted. */
export async function runWatches(
  watches: Watches,
  { clock, signal, followsInterfaces, onSynced }: RunWatchesOptions,
): Promise<void> {
  const { connectors, connectorClasses, secrets } = watches
  const followTypes = () => secrets.watch(watchedSecretTypes(connectorClasses.list()))
  // Services and Secrets are kept or dropped by who names them: those must be known first.
  const naming = [connectors, connectorClasses]
  const others = [watches.namespaces, watches.roles, watches.roleBindings, watches.services]
  const running = [...naming.map(informer => informer.run({ signal })), secrets.run({ signal })]
  // Nothing waits for these: a cluster may lack their definition.
  if (followsInterfaces) running.push(watches.resourceInterfaces.run({ signal }))
  try {
    await Promise.all(naming.map(informer => informer.synced))
    running.push(...others.map(informer => informer.run({ signal })))
    followTypes()
    connectorClasses.onChange(followTypes)
    await Promise.all(others.map(informer => informer.synced))
    while (!secrets.isSynced) await clock.sleep(syncPollMs, { signal })
    onSynced()
  } catch (error) {
    if (!signal.aborted) throw error
  }
  await Promise.all(running)
}

const syncPollMs = 20

function withSpec<T extends { readonly spec: object }>(object: T): T {
  return { ...object, spec: object.spec ?? {} }
}

function secretKeys(connector: Connector): readonly string[] {
  const name = credentialSecretName(connector)
  return name === undefined ? [] : [refKey({ namespace: connector.metadata.namespace, name })]
}

function labelValue(labels: Readonly<Record<string, string>> | undefined, key: string): readonly string[] {
  const value = labels?.[key]
  return value === undefined || value === '' ? [] : [value]
}

export function parseKey(key: string): ObjectKey {
  const [namespace = '', name = ''] = key.split('/')
  return { namespace, name }
}
