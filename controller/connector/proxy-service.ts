// ProxyServiceReady: the Service that stands for a Connector, and the address that its status publishes.
// Spec: resources.md, "Controller behaviour".
import { defaultPort, proxyAddress } from '../../connector/address.ts'
import type { Finding } from '../../connector/condition.ts'
import type { Connector } from '../../connector/connector.ts'
import { type ConnectorClass, hasProxy } from '../../connector/connector-class.ts'
import type { Service } from '../../kube/object/objects.ts'
import { conflictMessage, isOwned, type ServiceAction, serviceAction } from './stand-in.ts'

export type ProxySettings = {
  readonly clusterDomain: string
  readonly systemNamespace: string
  readonly exposedUrl?: string
}

export type ProxyServiceDecision = {
  readonly finding: Finding
  readonly url: string | undefined
  readonly action: ServiceAction | undefined
}

export type ProxyServiceInput = {
  readonly connector: Connector
  readonly connectorClass: ConnectorClass | undefined
  readonly service: Service | undefined
  readonly serviceRefusal: string | undefined
  /** Why nothing can be said of the Connector, where that is so; always where there is no class. */
  readonly blocked: Finding | undefined
}

export function decideProxyService(input: ProxyServiceInput, settings: ProxySettings): ProxyServiceDecision {
  const { connector, connectorClass, service, serviceRefusal, blocked } = input
  if (connectorClass === undefined) return waiting(input)
  const own = service !== undefined && isOwned(service, connector) ? service : undefined
  const { ref } = connectorClass.spec.proxy ?? {}
  if (ref === undefined) {
    return blocked === undefined ? decideWithoutService(connectorClass, own) : waiting(input)
  }
  if (service !== undefined && own === undefined) {
    return decided('False', 'ProxyAddressConflict', conflictMessage(service, connector))
  }
  const target = `${ref.name}.${ref.namespace ?? settings.systemNamespace}.svc.${settings.clusterDomain}`
  const action = serviceAction(own, { connector, target })
  // While nothing else can be said, what is there is kept from leading elsewhere, and what is not is not made.
  const kept = own && action
  if (blocked !== undefined) return { ...waiting(input), action: kept }
  const resolved = connectorClass.status?.proxy?.httpAddress?.url
  if (resolved === undefined) return { ...unresolved(connectorClass), action: kept }
  if (serviceRefusal !== undefined) return decided('False', 'ProxyServiceNotFound', serviceRefusal)
  const { port } = new URL(resolved)
  const exposure = { ...settings, port: port === '' ? defaultPort('http') : Number(port) }
  const url = proxyAddress(connector, connectorClass, exposure)
  return decided('True', 'AddressAllocated', '', { url, action })
}

/** The class may come back, and the Connector be mended: what was allocated stays, so that nobody else takes its name. */
function waiting({ connector, blocked }: ProxyServiceInput): ProxyServiceDecision {
  const url = connector.status?.proxy?.httpAddress?.url
  return decided('Unknown', blocked?.reason ?? '', blocked?.message ?? '', { url })
}

/** The class has no proxy, or one with an address that is published as it is. */
function decideWithoutService(
  connectorClass: ConnectorClass,
  own: Service | undefined,
): ProxyServiceDecision {
  const action = own && ({ verb: 'delete', service: own } as const)
  if (!hasProxy(connectorClass)) return decided('True', 'NonProxy', 'The class has no proxy', { action })
  const url = connectorClass.status?.proxy?.httpAddress?.url
  return url === undefined
    ? unresolved(connectorClass)
    : decided('True', 'AddressAllocated', '', { url, action })
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
