// observe: all that a decision about one Connector needs, read once.
import { proxyServiceName } from '../../connector/address.ts'
import { type Connector, credentialSecretName } from '../../connector/connector.ts'
import { authType, type ConnectorClass } from '../../connector/connector-class.ts'
import { type ObjectKey, objectKey, type Secret } from '../../connector/object.ts'
import type { Informer } from '../../kube/cache/informer.ts'
import type { Service } from '../../kube/object/objects.ts'
import type { CheckResult, CheckResults } from '../checks/results.ts'
import { readSecret, type SecretSources } from '../read-secret.ts'
import { type ProbeName, probeNames } from './probe-plan.ts'
import type { ServiceRefusals } from './service-refusals.ts'

export type ObservedConnector = {
  readonly connector: Connector
  readonly connectorClass: ConnectorClass | undefined
  /** The Secret that the Connector names, of whatever type. */
  readonly secret: Secret | undefined
  /** The Service that has the name of the Connector's, whoever made it. */
  readonly service: Service | undefined
  /** Why the API server did not take the Service that is to be, while it is not to be tried again. */
  readonly serviceRefusal: string | undefined
  /** The last answers, also to questions that are not the present ones: see `fingerprint`. */
  readonly probes: ReadonlyMap<ProbeName, CheckResult>
}

export type ConnectorSources = SecretSources & {
  readonly connectors: Pick<Informer<Connector>, 'get'>
  readonly connectorClasses: Pick<Informer<ConnectorClass>, 'get'>
  readonly services: Pick<Informer<Service>, 'get'>
  readonly results: CheckResults
  readonly refusals: Pick<ServiceRefusals, 'messageFor'>
}

/** Undefined for a Connector that is gone or going. */
export async function observeConnector(
  key: ObjectKey,
  sources: ConnectorSources,
  { signal }: { readonly signal: AbortSignal },
): Promise<ObservedConnector | undefined> {
  const connector = sources.connectors.get(key.namespace, key.name)
  if (connector === undefined || connector.metadata.deletionTimestamp !== undefined) return undefined
  const connectorClass = sources.connectorClasses.get(undefined, connector.spec.connectorClassName ?? '')
  const type = connectorClass && authType(connectorClass, connector.spec.auth?.name ?? '')
  const secretName = credentialSecretName(connector)
  const secret =
    type === undefined || secretName === undefined || secretName === ''
      ? undefined
      : await readSecret({ namespace: key.namespace, name: secretName }, sources, {
          secretType: type.secretType,
          signal,
        })
  const owner = objectKey(connector.metadata)
  return {
    connector,
    connectorClass,
    secret,
    service: sources.services.get(key.namespace, proxyServiceName(key.name)),
    serviceRefusal: sources.refusals.messageFor(owner),
    probes: new Map(
      probeNames.flatMap(name => {
        const result = sources.results.last(owner, name)
        return result === undefined ? [] : [[name, result] as const]
      }),
    ),
  }
}
