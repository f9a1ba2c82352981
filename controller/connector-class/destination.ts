// From a class's `ref` and `uri` to the URL that its status publishes. Spec: resources.md, "ConnectorClass.spec".
import type { Destination } from '../../connector/connector-class.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import type { ObjectKey } from '../../connector/object.ts'
import type { Service } from '../../kube/object/objects.ts'

/** The Service that a destination names, or undefined for one that is an URL alone. */
export function destinationService(
  destination: Destination | undefined,
  systemNamespace: string,
): ObjectKey | undefined {
  const ref = destination?.ref
  return ref === undefined ? undefined : { namespace: ref.namespace ?? systemNamespace, name: ref.name }
}

export type DestinationInput = {
  readonly destination: Destination
  readonly service: Service | undefined
  readonly systemNamespace: string
  /** Of several ports, the first one that speaks it; else the first. */
  readonly preferredScheme: 'http' | 'https'
}

/** Throws with a reason for the class's condition: DestinationInvalid, ServiceNotFound. */
export function resolveDestination(input: DestinationInput): string {
  const { destination, service, systemNamespace, preferredScheme } = input
  const { ref, uri } = destination
  const key = destinationService(destination, systemNamespace)
  if (ref === undefined || key === undefined) return absoluteUrl(uri ?? '')
  const kind = ref.kind ?? 'Service'
  if (kind !== 'Service') throw invalid(`ref "${ref.name}"`, `its kind is ${kind}, it must be Service`)
  if (service === undefined) {
    const message = `Service ${key.name} not found in namespace ${key.namespace}`
    throw new ConnectorsError('NOT_FOUND', 'ServiceNotFound', message)
  }
  const ports = (service.spec?.ports ?? []).map(port => ({ scheme: schemeOf(port), number: port.port }))
  const port = ports.find(({ scheme }) => scheme === preferredScheme) ?? ports[0]
  if (port === undefined) throw invalid(`Service "${key.name}"`, 'it has no port')
  const usual = port.scheme === 'https' ? 443 : 80
  const suffix = port.number === usual ? '' : `:${port.number}`
  return `${port.scheme}://${key.name}.${key.namespace}.svc${suffix}${relativePath(uri ?? '')}`
}

function schemeOf(port: { readonly name?: string; readonly port: number }): 'http' | 'https' {
  return port.name === 'https' || port.port === 443 ? 'https' : 'http'
}

function absoluteUrl(uri: string): string {
  const url = URL.parse(uri)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw invalid(`uri "${uri}"`, 'without a ref it must be an absolute http or https URL')
  }
  if (url.username !== '' || url.password !== '') throw invalid('uri', 'it holds user information')
  return uri.replace(/\/+$/, '')
}

function relativePath(uri: string): string {
  if (uri === '') return ''
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri) || uri.startsWith('//')) {
    throw invalid(`uri "${uri}"`, 'beside a ref it must be a path')
  }
  return `/${uri.replace(/^\/+/, '').replace(/\/+$/, '')}`
}

function invalid(object: string, current: string): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'DestinationInvalid',
    `Cannot use ${object} as a destination: ${current}`,
  )
}
