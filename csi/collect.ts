// collect: everything that a volume is rendered from. Spec: csi.md, "Publish" steps 3 and 4.
import { addressConflict, isTrue } from '../connector/condition.ts'
import type { Connector } from '../connector/connector.ts'
import { type ConnectorClass, hasProxy } from '../connector/connector-class.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import type { VolumeInput } from '../connector/render.ts'
import type { PublishRequest } from './parse.ts'
import type { VolumeSources } from './sources.ts'
import type { KubeletToken } from './token.ts'

/** What a pod's owner should know though its volume is there. */
export type Warning = { readonly reason: string; readonly message: string }

export type CollectedConnector = Pick<VolumeInput['connectors'][number], 'connector' | 'connectorClass'>

/** All that a volume is rendered from, but its tokens. */
export type UnsealedVolume = Pick<VolumeInput, 'configurationNames' | 'excludedFiles' | 'parameters'> & {
  readonly connectors: readonly CollectedConnector[]
  readonly context: Pick<VolumeInput['context'], 'namespace' | 'serviceAccount' | 'pod'>
}

export type Collected = { readonly volume: UnsealedVolume; readonly warnings: readonly Warning[] }

export type CollectOptions = {
  readonly sources: VolumeSources
  readonly requireReady: boolean
  readonly signal: AbortSignal
}

export async function collect(
  { attributes, pod, token }: PublishRequest,
  { sources, requireReady, signal }: CollectOptions,
): Promise<Collected> {
  const connectors: CollectedConnector[] = []
  const warnings: Warning[] = []
  for (const key of attributes.connectors) {
    const found = await collectConnector(key, sources, signal)
    connectors.push(found)
    const why = unreadiness(found.connector)
    if (why === undefined) continue
    if (requireReady) throw new ConnectorsError('PRECONDITION', 'ConnectorNotReady', why)
    warnings.push({ reason: 'ConnectorNotReady', message: why })
  }
  const { tokenExpirationMs, configurationNames, excludedFiles, parameters } = attributes
  if (tokenExpirationMs !== undefined && tokenExpirationMs !== validMs(token)) {
    warnings.push({
      reason: 'TokenExpirationIgnored',
      message: 'Cannot give the token the expiration that the volume asks for: kubelet’s own token is used',
    })
  }
  const { namespace, serviceAccount, name } = pod
  const context = { namespace, serviceAccount, pod: name }
  return { volume: { connectors, configurationNames, excludedFiles, parameters, context }, warnings }
}

/** How long the token was made to be valid. */
function validMs({ lifetime }: KubeletToken): number | undefined {
  return lifetime && (lifetime.expiresAt - lifetime.issuedAt) * 1000
}

async function collectConnector(
  key: ObjectKey,
  sources: VolumeSources,
  signal: AbortSignal,
): Promise<CollectedConnector> {
  const connector = withSpec(await sources.connector(key, { signal }))
  // People and scripts of the reference product match these two.
  if (connector === undefined) {
    throw new ConnectorsError(
      'NOT_FOUND',
      'ConnectorNotFound',
      `Cannot publish a volume: connector "${key.name}" not found in namespace "${key.namespace}"`,
    )
  }
  const className = connector.spec.connectorClassName ?? ''
  const connectorClass =
    className === '' ? undefined : withSpec(await sources.connectorClass(className, { signal }))
  if (connectorClass === undefined) {
    throw new ConnectorsError(
      'NOT_FOUND',
      'ConnectorClassNotFound',
      `Cannot publish Connector "${objectKey(key)}": ` +
        `connectorclass.connectors.alauda.io "${className}" not found`,
    )
  }
  if (!hasProxy(connectorClass)) {
    throw new ConnectorsError(
      'PRECONDITION',
      'ClassWithoutProxy',
      `Cannot publish Connector "${objectKey(key)}": its class "${className}" has no proxy`,
    )
  }
  const conflict = addressConflict(connector.status?.conditions)
  if (conflict !== undefined) {
    const why = conflict.message.replace(/^Cannot/, 'cannot')
    const message = `Cannot publish Connector "${objectKey(key)}": ${why}`
    throw new ConnectorsError('PRECONDITION', conflict.reason, message)
  }
  return { connector, connectorClass }
}

/** The schemas require no spec: who leaves it out means an empty one. */
function withSpec<T extends Connector | ConnectorClass>(object: T | undefined): T | undefined {
  return object && { ...object, spec: object.spec ?? {} }
}

function unreadiness({ metadata, status }: Connector): string | undefined {
  if (isTrue(status?.conditions, 'Ready')) return undefined
  const ready = status?.conditions?.find(condition => condition.type === 'Ready')
  const why = ready === undefined ? 'it was not checked yet' : ready.reason
  return `Cannot rely on Connector "${objectKey(metadata)}" as Ready: ${why}`
}
