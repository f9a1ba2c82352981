// target: which Connector a request names, and where at the tool it goes. Spec: proxy.md, "Doors" and "Strictness".
import type { Address } from './address.ts'
import type { ObjectKey } from './object.ts'
import { pathRefused } from './path.ts'

/** An origin-form request target, cut at the first `?`. */
export type RequestTarget = {
  readonly path: string
  /** With its `?`, or empty. */
  readonly query: string
}

/** Where a request goes: the tool's origin and the target to send, byte for byte. */
export type Route = {
  readonly upstream: Address
  readonly target: string
}

export function requestTarget(target: string): RequestTarget {
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark) }
}

const pathFormSyntax =
  /^\/namespaces\/([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\/connectors\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(\/.*)?$/

/** The Connector that a path names (`/namespaces/<ns>/connectors/<name>/<rest>`), and the rest of the path. */
export function parsePathForm(path: string): { readonly key: ObjectKey; readonly rest: string } | undefined {
  if (!path.startsWith('/namespaces/')) return undefined
  const match = pathFormSyntax.exec(path)
  const [, namespace, name, rest] = match ?? []
  if (namespace === undefined || name === undefined) return undefined
  return { key: { namespace, name }, rest: rest ?? '' }
}

/**
 * The route of `rest` (path below the Connector) at the tool: appended to the address's prefix. Throws INVALID for a
 * rest that begins with an empty segment: some readers take what follows for a host, also behind a proxy that takes
 * the prefix off.
 */
export function routeTo(address: Address, rest: string, query: string): Route {
  if (/^\/(?:[\\/]|%(?:25)*(?:2f|5c))/i.test(rest))
    throw pathRefused('it starts with an empty segment ("//")')
  const path = `${address.prefix}${rest}`
  return { upstream: address, target: `${path === '' ? '/' : path}${query}` }
}
