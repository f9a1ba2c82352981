// target: which Connector a request names, and where at the tool it goes. Spec: proxy.md, "Doors" and "Strictness".
import type { Address } from './address.ts'
import { ConnectorsError } from './errors.ts'
import type { ObjectKey } from './object.ts'

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
 * Refuses a path that the tool could read as another one than the proxy decided on: dot segments and encoded
 * dots, slashes, backslashes or NUL, raw backslashes, path parameters on dot segments, broken escapes. Empty
 * segments are refused while they could hide the start of a segment; all else travels byte for byte.
 */
export function checkPath(path: string): void {
  const refuse = (why: string) =>
    new ConnectorsError('INVALID', 'PathRefused', `Cannot forward this path as it is written: ${why}`)
  if (!path.startsWith('/')) throw refuse('it does not start with a slash')
  if (path.includes('\\')) throw refuse('it holds a backslash')
  if (path.includes('//')) throw refuse('it holds an empty segment ("//")')
  if (!path.includes('%') && !path.includes('/.')) return
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw refuse('it holds a "%" without two hexadecimal digits')
  if (/%(?:2f|5c|00)/i.test(path)) throw refuse('it holds an encoded slash, backslash or NUL')
  if (/%25(?:2e|2f|5c)/i.test(path)) throw refuse('it holds a doubly encoded dot or slash')
  if (/\/(?:\.|%2e){1,2}(?:[/;]|%3b|$)/i.test(path)) throw refuse('it holds a "." or ".." segment')
}

/** The route of `rest` (path below the Connector) at the tool: appended to the address's prefix. */
export function routeTo(address: Address, rest: string, query: string): Route {
  const path = `${address.prefix}${rest}`
  return { upstream: address, target: `${path === '' ? '/' : path}${query}` }
}
