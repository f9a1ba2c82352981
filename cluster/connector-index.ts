// ConnectorIndex: the Connectors that requests can name, each prepared for use and kept in memory.
// Spec: proxy.md, "Authentication and authorization" (last rule).
import { proxyServiceName } from '../connector/address.ts'
import { addressConflict } from '../connector/condition.ts'
import { type Connector, credentialSecretName } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { type ObjectKey, objectKey, type Secret } from '../connector/object.ts'
import { type ConnectorObjects, prepareConnector, type UsableConnector } from '../tool/usable-connector.ts'

/** Informers satisfy it. */
export type ObjectLookup<T> = { get(namespace: string | undefined, name: string): T | undefined }

export type ConnectorLookup = ObjectLookup<Connector> & {
  index(name: string, keysOf: (connector: Connector) => readonly string[]): void
  byIndex(name: string, value: string): readonly Connector[]
}

export type IndexSources = {
  readonly connectors: ConnectorLookup
  readonly classes: ObjectLookup<ConnectorClass>
  readonly secrets: ObjectLookup<Secret>
  readonly clusterDomain: string
}

type Entry = ConnectorObjects & { readonly outcome: UsableConnector | ConnectorsError }

const hostIndex = 'proxy-host'

export class ConnectorIndex {
  readonly #sources: IndexSources
  /** By Connector; bounded by the Connectors there are, for an entry goes with its object. */
  readonly #entries = new WeakMap<Connector, Entry>()

  constructor(sources: IndexSources) {
    this.#sources = sources
    sources.connectors.index(hostIndex, connector => proxyHosts(connector, sources.clusterDomain))
  }

  /** Whether a host name has the form of those that Connectors are allocated. */
  isOurs(hostname: string): boolean {
    if (!hostname.startsWith('c-')) return false
    const [, namespace, ...domain] = withoutDot(hostname).split('.')
    const suffix = domain.join('.')
    const isForm = suffix === '' || suffix === 'svc' || suffix === `svc.${this.#sources.clusterDomain}`
    return namespace !== undefined && isForm
  }

  /** The Connector that was allocated this host name. */
  byHost(hostname: string): ObjectKey | undefined {
    const bare = withoutDot(hostname)
    const [connector, ...others] = this.#sources.connectors.byIndex(hostIndex, bare)
    return others.length === 0 ? connector?.metadata : undefined
  }

  has(key: ObjectKey): boolean {
    return this.#notDeleting(key) !== undefined
  }

  /** All that its use needs. Throws NOT_FOUND, or why this Connector cannot be used as it is. */
  require(key: ObjectKey): UsableConnector {
    const connector = this.#notDeleting(key)
    if (connector === undefined) throw connectorNotFound(key)
    const { classes, secrets } = this.#sources
    const connectorClass = classes.get(undefined, connector.spec.connectorClassName ?? '')
    const secretName = credentialSecretName(connector)
    const secret = secretName === undefined ? undefined : secrets.get(key.namespace, secretName)
    let entry = this.#entries.get(connector)
    if (entry?.connectorClass !== connectorClass || entry?.secret !== secret) entry = undefined
    if (entry === undefined) {
      const objects = { connector, connectorClass, secret }
      entry = { ...objects, outcome: tryPrepare(objects) }
      this.#entries.set(connector, entry)
    }
    if (entry.outcome instanceof ConnectorsError) throw entry.outcome
    return entry.outcome
  }

  /** Throws PRECONDITION when the name by which the client came here may lead elsewhere now. */
  checkService(key: ObjectKey): void {
    const connector = this.#notDeleting(key)
    const conflict = connector && addressConflict(connector.status?.conditions)
    if (conflict === undefined) return
    throw new ConnectorsError(
      'PRECONDITION',
      conflict.reason,
      `Cannot use Connector "${objectKey(key)}" by this name: ${conflict.message}`,
    )
  }

  #notDeleting(key: ObjectKey): Connector | undefined {
    const connector = this.#sources.connectors.get(key.namespace, key.name)
    return connector?.metadata.deletionTimestamp === undefined ? connector : undefined
  }
}

function withoutDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}

export function connectorNotFound({ namespace, name }: ObjectKey): ConnectorsError {
  return new ConnectorsError(
    'NOT_FOUND',
    'ConnectorNotFound',
    `Cannot use Connector "${namespace}/${name}": connector "${name}" not found`,
  )
}

/**
 * The forms that a pod's DNS search list allows, of a Connector that the controller gave an address, or would have
 * given one if nobody else had its Service.
 */
function proxyHosts(connector: Connector, clusterDomain: string): readonly string[] {
  const hasAddress = connector.status?.proxy?.httpAddress?.url !== undefined
  if (!hasAddress && addressConflict(connector.status?.conditions) === undefined) return []
  const { namespace, name } = connector.metadata
  const short = `${proxyServiceName(name)}.${namespace}`
  return [short, `${short}.svc`, `${short}.svc.${clusterDomain}`]
}

function tryPrepare(objects: ConnectorObjects): UsableConnector | ConnectorsError {
  try {
    return prepareConnector(objects)
  } catch (error) {
    if (error instanceof ConnectorsError) return error
    throw error
  }
}
