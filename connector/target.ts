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

/** A reader that decodes more often than this is none that we know. */
const maxDecodings = 3

/**
 * Refuses a path that some reader could take for another one than the proxy decided on: one that holds a dot
 * segment, a backslash or a NUL, or starts with an empty segment, however often it is decoded and whether or not
 * `;` ends a segment. All else travels byte for byte: `%2F` in a project's name and `//` in the middle are harmless.
 */
export function checkPath(path: string): void {
  if (!path.startsWith('/')) throw pathRefused('it does not start with a slash')
  checkView(path)
  if (!path.includes('%')) return
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw pathRefused('it holds a "%" without two hexadecimal digits')
  let view = path
  for (let decodings = 0; ; decodings++) {
    const decoded = decodedOnce(view)
    if (decoded === view) return
    if (decodings === maxDecodings) throw pathRefused('it is encoded too often')
    view = decoded
    checkView(view)
  }
}

function checkView(path: string): void {
  if (path.startsWith('//')) throw pathRefused('it starts with an empty segment ("//")')
  if (path.includes('\\')) throw pathRefused('it holds a backslash')
  if (path.includes('\0')) throw pathRefused('it holds a NUL')
  if (!path.includes('/.') && !path.includes('\xc0') && !path.includes('\xe0')) return
  if (/\/\.{1,2}(?:[/;?#\s]|$)/.test(path)) throw pathRefused('it holds a "." or ".." segment')
  // Forms of "." and "/" that are too long for UTF-8, and that old decoders take all the same.
  if (/\xc0[\xae\xaf]|\xe0\x80[\xae\xaf]/.test(path)) throw pathRefused('it holds an overlong encoding')
}

/** One character per byte. */
function decodedOnce(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function pathRefused(why: string): ConnectorsError {
  return new ConnectorsError('INVALID', 'PathRefused', `Cannot forward this path as it is written: ${why}`)
}

/** The route of `rest` (path below the Connector) at the tool: appended to the address's prefix. */
export function routeTo(address: Address, rest: string, query: string): Route {
  const path = `${address.prefix}${rest}`
  return { upstream: address, target: `${path === '' ? '/' : path}${query}` }
}
