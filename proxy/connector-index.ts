// ConnectorIndex: the Connectors that requests can name, each with all that forwarding needs, kept in memory.
// Spec: proxy.md, "Authentication and authorization" (last rule) and "Injection".
import type { Address } from '../connector/address.ts'
import { parseAddress, proxyServiceName } from '../connector/address.ts'
import { addressConflict } from '../connector/condition.ts'
import type { Connector } from '../connector/connector.ts'
import { credentialSecretName, policyAnnotation } from '../connector/connector.ts'
import type { ConnectorClass } from '../connector/connector-class.ts'
import { authType, hasProxy, scanAnswersAnnotation } from '../connector/connector-class.ts'
import { type Credential, parseCredential } from '../connector/credential.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { injectedHeaders } from '../connector/inject.ts'
import type { ObjectKey, Secret } from '../connector/object.ts'
import { objectKey } from '../connector/object.ts'
import { canonicalPath } from '../connector/path.ts'
import { formatProblems, validateConnector } from '../connector/validate.ts'
import { ByteSequences } from '../http/message/byte-sequences.ts'
import { credentialTraces, type Traces } from '../tool/answer/traces.ts'
import type { Payer } from './caller.ts'

export type IndexedConnector = {
  readonly connector: Connector
  readonly address: Address
  /** The address's path as decisions read it. */
  readonly prefix: string
  /** Names the connections to the tool: not after its address has changed, and of this Connector alone. */
  readonly originKey: string
  /** name, value, name, value, ... */
  readonly injected: readonly string[]
  readonly traces: Traces
  /** What is looked for in the bodies of answers; undefined where there is nothing, or the class says no. */
  readonly sequences: ByteSequences | undefined
  /** The same for what the LFS API may have answered. */
  readonly lfsSequences: ByteSequences | undefined
}

/** Where a relay goes, and whose connections it may use. */
export type ToolOrigin = {
  readonly key: string
  readonly host: string
  readonly address: Address
  /** Of the Connector, whose author named the address. */
  readonly namespace: string
}

const origins = new WeakMap<IndexedConnector, WeakMap<Payer, ToolOrigin>>()

/** The same object for the same two. */
export function originFor(connector: IndexedConnector, payer: Payer): ToolOrigin {
  let known = origins.get(connector)
  if (known === undefined) {
    known = new WeakMap()
    origins.set(connector, known)
  }
  let origin = known.get(payer)
  if (origin === undefined) {
    const { originKey, address } = connector
    const { namespace } = connector.connector.metadata
    origin = { key: `${originKey} ${payer.caller}`, host: originKey, address, namespace }
    known.set(payer, origin)
  }
  return origin
}

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

type Entry = {
  readonly connector: Connector
  readonly connectorClass: ConnectorClass | undefined
  readonly secret: Secret | undefined
  readonly outcome: IndexedConnector | ConnectorsError
}

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
    return this.#living(key) !== undefined
  }

  /** All that forwarding needs. Throws NOT_FOUND, or why this Connector cannot be used as it is. */
  find(key: ObjectKey): IndexedConnector {
    const connector = this.#living(key)
    if (connector === undefined) throw connectorNotFound(key)
    const { classes, secrets } = this.#sources
    const connectorClass = classes.get(undefined, connector.spec.connectorClassName ?? '')
    const secretName = credentialSecretName(connector)
    const secret = secretName === undefined ? undefined : secrets.get(key.namespace, secretName)
    let entry = this.#entries.get(connector)
    if (entry?.connectorClass !== connectorClass || entry?.secret !== secret) entry = undefined
    if (entry === undefined) {
      entry = { connector, connectorClass, secret, outcome: indexed(connector, connectorClass, secret) }
      this.#entries.set(connector, entry)
    }
    if (entry.outcome instanceof ConnectorsError) throw entry.outcome
    return entry.outcome
  }

  /** Throws PRECONDITION when the name by which the client came here may lead elsewhere now. */
  checkService(key: ObjectKey): void {
    const connector = this.#living(key)
    const conflict = connector && addressConflict(connector.status?.conditions)
    if (conflict === undefined) return
    throw new ConnectorsError(
      'PRECONDITION',
      conflict.reason,
      `Cannot use Connector "${objectKey(key)}" by this name: ${conflict.message}`,
    )
  }

  #living(key: ObjectKey): Connector | undefined {
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

function indexed(
  connector: Connector,
  connectorClass: ConnectorClass | undefined,
  secret: Secret | undefined,
): IndexedConnector | ConnectorsError {
  try {
    return forwarding(connector, connectorClass, secret)
  } catch (error) {
    if (error instanceof ConnectorsError) return error
    throw error
  }
}

function forwarding(
  connector: Connector,
  connectorClass: ConnectorClass | undefined,
  secret: Secret | undefined,
): IndexedConnector {
  const refuse = (reason: string, why: string, code: 'PRECONDITION' | 'UNSUPPORTED' = 'PRECONDITION') =>
    new ConnectorsError(code, reason, `Cannot use Connector "${objectKey(connector.metadata)}": ${why}`)
  const className = connector.spec.connectorClassName ?? ''
  if (connectorClass === undefined) {
    throw refuse('ConnectorClassNotFound', `connectorclass.connectors.alauda.io "${className}" not found`)
  }
  if (!hasProxy(connectorClass)) throw refuse('NonProxy', `class "${className}" has no proxy`)
  if (connectorClass.spec.proxy?.authExtractor !== undefined) {
    throw refuse(
      'ExtractorUnsupported',
      `class "${className}" extracts the token by an expression`,
      'UNSUPPORTED',
    )
  }
  // A rule that nobody applies would be worse than none.
  if (connector.metadata.annotations?.[policyAnnotation] !== undefined) {
    throw refuse('PolicyUnsupported', `its annotation ${policyAnnotation} is not supported`, 'UNSUPPORTED')
  }
  const problems = validateConnector(connector, connectorClass)
  if (problems.length > 0) throw refuse('ConnectorInvalid', formatProblems(problems))

  const address = parseAddress(connector.spec.address ?? '', 'spec.address')
  const credential = credentialOf(connector, { connectorClass, secret, refuse })
  const injected = injectedHeaders(credential).flatMap(({ name, value }) => [name, value.reveal()])
  const values = injected.filter((_, at) => at % 2 === 1)
  const secrets = [...(credential?.values ?? [])]
    .filter(([key]) => key !== 'username')
    .map(([, value]) => value.reveal())
  const { uid } = connector.metadata
  const traces = credentialTraces(values, secrets)
  return {
    connector,
    address,
    prefix: canonicalPath(address.prefix),
    originKey: `${uid} ${address.scheme}://${address.host}`,
    injected,
    traces,
    sequences: sequencesOf(traces.strong, connectorClass),
    lfsSequences: sequencesOf(traces.lfs, connectorClass),
  }
}

function sequencesOf(texts: readonly string[], { metadata }: ConnectorClass): ByteSequences | undefined {
  if (texts.length === 0 || metadata.annotations?.[scanAnswersAnnotation] === 'false') return undefined
  return new ByteSequences(texts.map(text => Buffer.from(text)))
}

type Refuse = (reason: string, why: string, code?: 'PRECONDITION' | 'UNSUPPORTED') => ConnectorsError

function credentialOf(
  connector: Connector,
  from: {
    readonly connectorClass: ConnectorClass
    readonly secret: Secret | undefined
    readonly refuse: Refuse
  },
): Credential | undefined {
  if (connector.spec.auth === undefined) return undefined
  const type = authType(from.connectorClass, connector.spec.auth.name ?? '')
  if (type === undefined) throw from.refuse('ConnectorInvalid', 'its auth type is unknown to its class')
  if (type.generator !== undefined) {
    throw from.refuse(
      'GeneratorUnsupported',
      `auth type "${type.name}" generates by an expression`,
      'UNSUPPORTED',
    )
  }
  const name = credentialSecretName(connector)
  if (name === undefined) return undefined
  if (from.secret === undefined) throw from.refuse('SecretNotFound', `secrets "${name}" not found`)
  return parseCredential(from.secret, type)
}
