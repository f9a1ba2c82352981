// What comes back: addresses of the tool become the proxy's, and the injected credential never passes.
// Spec: proxy.md, "Doors" (Location and cookies) and "What comes back".
import type { Address } from '../connector/address.ts'
import { defaultPort } from '../connector/address.ts'
import type { HeaderList } from './http1/headers.ts'

export type ReturnPath = {
  /** The Connector's address. */
  readonly address: Address
  /** Host and path prefix by which the client reached the proxy. */
  readonly base: { readonly host: string; readonly path: string }
  /** Texts that must not pass, from `credentialTraces`. */
  readonly traces: readonly string[]
}

/** Shorter ones occur by chance, and such a password protects nothing. */
const shortestTrace = 6

/** The spellings in which an injected credential could come back. */
export function credentialTraces(
  injected: readonly string[],
  secretValues: readonly string[],
): readonly string[] {
  const bare = injected.map(value => value.slice(value.indexOf(' ') + 1))
  const texts = [...bare, ...secretValues].flatMap(text => [text, encodeURIComponent(text)])
  return [...new Set(texts)].filter(text => text.length >= shortestTrace)
}

export function rewriteResponseHeaders(headers: HeaderList, way: ReturnPath): HeaderList {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    const value = rewriteValue(name, headers[at + 1] as string, way)
    if (!carriesTrace(value, way.traces) && !carriesTrace(name, way.traces)) kept.push(name, value)
  }
  return kept
}

function rewriteValue(name: string, value: string, way: ReturnPath): string {
  switch (name.length) {
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

export function carriesTrace(text: string, traces: readonly string[]): boolean {
  for (const trace of traces) if (text.includes(trace)) return true
  return false
}

/** A URL below the tool's address as the client can follow it through the proxy; any other one as it is. */
export function rewriteLocation(location: string, { address, base }: ReturnPath): string {
  if (location.startsWith('/') && !location.startsWith('//')) {
    const rest = belowPrefix(location, address.prefix)
    return rest === undefined ? location : `${base.path}${rest}`
  }
  const isRelative = !/^(?:[a-z][a-z0-9+.-]*:)?\/\//i.test(location)
  if (isRelative) return location
  const url = URL.parse(location.startsWith('//') ? `${address.scheme}:${location}` : location)
  if (url === null || !isOriginOf(url, address)) return location
  const rest = belowPrefix(`${url.pathname}${url.search}${url.hash}`, address.prefix)
  return rest === undefined ? location : `http://${base.host}${base.path}${rest}`
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
  if (!hasPath) kept.push(` Path=${base.path}/`)
  return [pair, ...kept].join(';')
}
