// ProxyServiceReady: the Service that stands for a Connector, and the address that its status publishes.
// Spec: resources.md, "Controller behaviour".
import { isDeepStrictEqual } from 'node:util'
import { defaultPort, proxyAddress, proxyServiceName } from '../../connector/address.ts'
import type { Finding } from '../../connector/condition.ts'
import { apiVersion, type Connector } from '../../connector/connector.ts'
import { type ConnectorClass, hasProxy } from '../../connector/connector-class.ts'
import type { NewObject, Service } from '../../kube/objects.ts'

export type ProxySettings = {
  readonly clusterDomain: string
  readonly systemNamespace: string
  readonly exposedUrl?: string
}

export type ServiceAction =
  | { readonly verb: 'create'; readonly service: NewObject<Service> }
  | { readonly verb: 'replace' | 'delete'; readonly service: Service }

export type ProxyServiceDecision = {
  readonly finding: Finding
  readonly url: string | undefined
  readonly action: ServiceAction | undefined
}

export type ProxyServiceInput = {
  readonly connector: Connector
  readonly connectorClass: ConnectorClass | undefined
  readonly service: Service | undefined
  readonly serviceRefusal?: string
  readonly blocked: Finding
}

const connectorLabel = 'connectors.alauda.io/connector'

export function decideProxyService(input: ProxyServiceInput, settings: ProxySettings): ProxyServiceDecision {
  const { connector, connectorClass, service, serviceRefusal, blocked } = input
  if (connectorClass === undefined) {
    // The class may come back: what was allocated stays, so that nobody else takes its name meanwhile.
    const url = connector.status?.proxy?.httpAddress?.url
    return decided('Unknown', blocked.reason, blocked.message, { url })
  }
  const own = service !== undefined && isOwned(service, connector) ? service : undefined
  const unneeded = own && ({ verb: 'delete', service: own } as const)
  if (!hasProxy(connectorClass)) {
    return decided('True', 'NonProxy', 'The class has no proxy', { action: unneeded })
  }
  const resolved = connectorClass.status?.proxy?.httpAddress?.url
  if (resolved === undefined) return unresolved(connectorClass)
  const { ref } = connectorClass.spec.proxy ?? {}
  if (ref === undefined) {
    return decided('True', 'AddressAllocated', '', { url: resolved, action: unneeded })
  }
  if (service !== undefined && own === undefined) {
    const message = `Service "${service.metadata.name}" exists and does not belong to this Connector`
    return decided('False', 'ProxyAddressConflict', message)
  }
  if (serviceRefusal !== undefined) return decided('False', 'ProxyServiceNotFound', serviceRefusal)
  const { port } = new URL(resolved)
  const exposure = { ...settings, port: port === '' ? defaultPort('http') : Number(port) }
  const target = `${ref.name}.${ref.namespace ?? settings.systemNamespace}.svc.${settings.clusterDomain}`
  return decided('True', 'AddressAllocated', '', {
    url: proxyAddress(connector, connectorClass, exposure),
    action: serviceAction(own, wantedService(connector, target)),
  })
}

function decided(
  status: Finding['status'],
  reason: string,
  message: string,
  rest: Partial<Pick<ProxyServiceDecision, 'url' | 'action'>> = {},
): ProxyServiceDecision {
  const finding = { type: 'ProxyServiceReady', status, reason, message }
  return { finding, url: rest.url, action: rest.action }
}

function unresolved(connectorClass: ConnectorClass): ProxyServiceDecision {
  const proxy = connectorClass.status?.conditions?.find(condition => condition.type === 'ProxyReady')
  const { name } = connectorClass.metadata
  return proxy?.status === 'False'
    ? decided('False', 'ProxyServiceNotFound', proxy.message)
    : decided(
        'Unknown',
        'ConnectorClassNotReady',
        `The proxy address of ConnectorClass "${name}" is not resolved yet`,
      )
}

function isOwned(service: Service, connector: Connector): boolean {
  const owners = service.metadata.ownerReferences ?? []
  return owners.some(owner => owner.kind === 'Connector' && owner.uid === connector.metadata.uid)
}

function wantedService(connector: Connector, externalName: string): NewObject<Service> {
  const { name, namespace, uid = '' } = connector.metadata
  return {
    metadata: {
      name: proxyServiceName(name),
      namespace,
      // A name of more than 63 characters is no label value; the owner reference tells whose the Service is.
      labels: name.length > 63 ? {} : { [connectorLabel]: name },
      ownerReferences: [
        { apiVersion, kind: 'Connector', name, uid, controller: true, blockOwnerDeletion: false },
      ],
    },
    spec: { type: 'ExternalName', externalName },
  }
}

function serviceAction(own: Service | undefined, wanted: NewObject<Service>): ServiceAction | undefined {
  if (own === undefined) return { verb: 'create', service: wanted }
  const labels = { ...own.metadata.labels, ...wanted.metadata.labels }
  const same =
    own.spec?.type === wanted.spec?.type &&
    own.spec?.externalName === wanted.spec?.externalName &&
    isDeepStrictEqual(labels, own.metadata.labels ?? {})
  if (same) return undefined
  return {
    verb: 'replace',
    service: { ...own, metadata: { ...own.metadata, labels }, ...(wanted.spec && { spec: wanted.spec }) },
  }
}
