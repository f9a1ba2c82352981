// The head of what comes back: addresses of the tool become the proxy's, and the injected credential never passes.
// Spec: proxy.md, "Doors" (Location and cookies) and "What comes back".
import type { Address } from '../../connector/address.ts'
import { defaultPort } from '../../connector/address.ts'
import type { HeaderList } from '../../http/message/headers.ts'
import { carriesTrace, type Traces } from './traces.ts'

export type ReturnPath = {
  /** The Connector's address. */
  readonly address: Address
  /** The request's target at the tool, against which relative references stand. */
  readonly target: string
  /** Host and path prefix by which the client reached the proxy. */
  readonly base: { readonly host: string; readonly path: string }
  readonly traces: Traces
}

export function rewriteResponseHeaders(headers: HeaderList, way: ReturnPath): HeaderList {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    const value = rewriteValue(name, headers[at + 1] as string, way)
    if (value === undefined) continue
    const { texts } = way.traces
    if (!carriesTrace(value, texts) && !carriesTrace(name, texts)) kept.push(name, value)
  }
  return kept
}

function rewriteValue(name: string, value: string, way: ReturnPath): string | undefined {
  switch (name.length) {
    case 7:
      // Another port of the host that the client sees: not the tool's any more.
      return name.toLowerCase() === 'alt-svc' ? undefined : value
    case 8:
      return name.toLowerCase() === 'location' ? rewriteLocation(value, way) : value
    case 10:
      return name.toLowerCase() === 'set-cookie' ? rewriteCookie(value, way) : value
    case 16:
      return name.toLowerCase() === 'content-location' ? rewriteLocation(value, way) : value
    default:
      return value
  }
}

const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:[/?#\\]|$)/i

/**
 * A URL below the tool's address as the client can follow it through the proxy. One outside of it stays, or becomes
 * absolute where the client would otherwise look for it at the proxy.
 */
export function rewriteLocation(location: string, way: ReturnPath): string {
  const { address, base } = way
  const isAbsolute = /^(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(location)
  const isPlain = !isAbsolute && !dotSegment.test(location)
  if (isPlain && !location.startsWith('/')) return location
  const origin = `${address.scheme}://${address.host}`
  if (isPlain) {
    const rest = belowPrefix(location, address.prefix)
    return rest === undefined ? origin + location : `${base.path}${rest}`
  }
  // Dots could lead out of the Connector's path at the proxy, to another Connector: resolved here, as at the tool.
  const url = URL.parse(location, `${origin}${way.target}`)
  if (url === null || !isOriginOf(url, address)) return location
  const path = `${url.pathname}${url.search}${url.hash}`
  const rest = belowPrefix(path, address.prefix)
  if (rest === undefined) return isAbsolute ? location : origin + path
  return isAbsolute ? `http://${base.host}${base.path}${rest}` : `${base.path}${rest}`
}

function isOriginOf(url: URL, address: Address): boolean {
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const port = url.port === '' ? defaultPort(scheme) : Number(url.port)
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  return (
    `${scheme}:` === url.protocol &&
    scheme === address.scheme &&
    port === address.port &&
    hostname === address.hostname
  )
}

/** What follows the prefix, when it ends at a segment's end. */
function belowPrefix(path: string, prefix: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined
  const rest = path.slice(prefix.length)
  return rest === '' || /^[/?#]/.test(rest) ? rest : undefined
}

/** Domain goes (the cookie becomes the proxy host's own), Path gets the proxy's prefix, so no other Connector sees it. */
function rewriteCookie(cookie: string, { address, base }: ReturnPath): string {
  const [pair = '', ...attributes] = cookie.split(';')
  let hasPath = false
  const kept = attributes.flatMap(attribute => {
    const [name = '', value = ''] = attribute.split('=').map(part => part.trim())
    if (name.toLowerCase() === 'domain') return []
    if (name.toLowerCase() !== 'path') return [attribute]
    hasPath = true
    const rest = belowPrefix(value, address.prefix) ?? '/'
    return [` Path=${base.path}${rest === '' ? '/' : rest}`]
  })
  if (!hasPath && base.path !== '') kept.push(` Path=${base.path}/`)
  return [pair, ...kept].join(';')
}
