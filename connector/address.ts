// Addresses: where a tool is, and where its Connector is reached through the proxy.
// Spec: resources.md, "Connector.status" and "Controller behaviour"; proxy.md, "Doors".
import type { Connector } from './connector.ts'
import type { ConnectorClass } from './connector-class.ts'
import { proxyResolver } from './connector-class.ts'
import { ConnectorsError } from './errors.ts'
import type { ObjectKey } from './object.ts'

/** A tool's address in its one normal form: no default port, no trailing slash on the prefix. */
export type Address = {
  readonly scheme: 'http' | 'https'
  /** Lower case; an IPv6 address stands without brackets. */
  readonly hostname: string
  readonly port: number
  /** `host[:port]` as a Host header writes it. */
  readonly host: string
  /** `` for a root address, else `/a/b`. */
  readonly prefix: string
}

// What an address may be written with. Quotes, spaces and the like never reach a rendered file or a request.
const addressSyntax = /^https?:\/\/[A-Za-z0-9.\-_:[\]]+(\/[A-Za-z0-9\-._~%!$&'()*+,;=:@/]*)?$/i

export function parseAddress(text: string, field: string): Address {
  const refuse = (why: string) =>
    new ConnectorsError(
      'INVALID',
      'AddressInvalid',
      `Cannot use ${field} "${shown(text)}" as an address: ${why}`,
    )
  if (!/^https?:\/\//i.test(text)) throw refuse('it must start with http:// or https://')
  if (/^[a-z]+:\/\/[^/?#]*@/i.test(text))
    throw refuse('it must not hold user information; the credential belongs in a Secret')
  if (/[?#]/.test(text)) throw refuse('it must not hold a query or a fragment')
  if (!addressSyntax.test(text) || !URL.canParse(text)) throw refuse('it is not a valid URL')
  const url = new URL(text)
  const path = text.replace(/^https?:\/\/[^/]*/i, '')
  if (/(^|\/)(\.|%2e){1,2}([/;]|$)|%2f|%5c|\/\//i.test(path)) {
    throw refuse('its path must not hold "..", ".", "//" or encoded slashes')
  }
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const hostname = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port === '' ? defaultPort(scheme) : Number(url.port)
  return { scheme, hostname, port, host: url.host, prefix: path.replace(/\/+$/, '') }
}

/** One line without user information and query: an address that is refused for them must not be repeated with them. */
function shown(text: string): string {
  return text
    .replace(/^([a-z]+:\/\/)?.*@/is, '$1[redacted]@')
    .replace(/[?#].*$/s, '')
    .replace(/[^\x20-\x7e]+/g, ' ')
}

export function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80
}

export function formatAddress(address: Address): string {
  return `${address.scheme}://${address.host}${address.prefix}`
}

const maxLabelLength = 63

/**
 * The name of the Service that stands for a Connector: `c-<name>`. A name that makes no DNS label (dots, more
 * than 61 characters) is mapped and cut, and told apart by eight hexadecimal digits of its 64-bit FNV-1a hash.
 */
export function proxyServiceName(connectorName: string): string {
  const plain = `c-${connectorName}`
  if (plain.length <= maxLabelLength && !connectorName.includes('.')) return plain
  const stem = plain
    .replaceAll('.', '-')
    .slice(0, maxLabelLength - 9)
    .replace(/-+$/, '')
  return `${stem}-${fnv1a(connectorName)}`
}

function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  return (hash >> 32n).toString(16).padStart(8, '0')
}

export type ProxyExposure = {
  readonly clusterDomain: string
  /** Port of the class's proxy Service. */
  readonly port: number
  /** Base URL where the proxy is reached from outside the cluster; then every address has the path form. */
  readonly exposedUrl?: string
}

/** What the controller publishes in `status.proxy.httpAddress.url`. */
export function proxyAddress(
  connector: Connector,
  connectorClass: ConnectorClass,
  exposure: ProxyExposure,
): string {
  const { namespace, name } = connector.metadata
  const path = pathForm({ namespace, name })
  if (exposure.exposedUrl !== undefined) return exposure.exposedUrl.replace(/\/+$/, '') + path
  const port = exposure.port === 80 ? '' : `:${exposure.port}`
  const host = `http://${proxyServiceName(name)}.${namespace}.svc.${exposure.clusterDomain}${port}`
  return proxyResolver(connectorClass) === 'path' ? host + path : host
}

/** The path under which a Connector is reached on any host that serves the proxy. */
export function pathForm(key: ObjectKey): string {
  return `/namespaces/${key.namespace}/connectors/${key.name}`
}

export function apiPath(key: ObjectKey): string {
  return `/connectors/v1alpha1/${key.namespace}/${key.name}/path`
}
