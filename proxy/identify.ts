// identify: which Connector a request names, by its Host or by its path. Spec: proxy.md, "Doors".
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { checkPath, parsePathForm, type RequestTarget, requestTarget } from '../connector/target.ts'
import type { RequestHead } from './http1/request-head.ts'

export type Identified = {
  readonly key: ObjectKey
  /** Path below the Connector, and the query. */
  readonly rest: RequestTarget
  /** How the client spelled it; answers that name the tool's address are rewritten to this. */
  readonly base: { readonly host: string; readonly path: string }
}

/** Which Connector was allocated a host name. */
export type HostLookup = (hostname: string) => ObjectKey | undefined

export function identify(head: RequestHead, lookup: HostLookup): Identified {
  if (head.form !== 'origin') {
    const why = 'this is a reverse proxy; the request must name a path, not another host'
    throw new ConnectorsError('UNSUPPORTED', 'ForwardUnsupported', `Cannot forward this request: ${why}`)
  }
  const target = requestTarget(head.path)
  checkPath(target.path)
  const byHost = lookup(head.authority.hostname)
  const byPath = parsePathForm(target.path)
  if (byHost === undefined && byPath === undefined) {
    throw new ConnectorsError(
      'NOT_FOUND',
      'ConnectorNotNamed',
      'Cannot tell which Connector is meant: neither the Host nor the path names one',
    )
  }
  if (byPath === undefined) {
    return { key: byHost as ObjectKey, rest: target, base: { host: hostText(head), path: '' } }
  }
  const { key, rest } = byPath
  if (byHost !== undefined && (byHost.namespace !== key.namespace || byHost.name !== key.name)) {
    throw new ConnectorsError(
      'INVALID',
      'ConnectorAmbiguous',
      'Cannot tell which Connector is meant: the Host and the path name different ones',
    )
  }
  if (rest !== '') checkPath(rest)
  const path = target.path.slice(0, target.path.length - rest.length)
  return { key, rest: { path: rest, query: target.query }, base: { host: hostText(head), path } }
}

function hostText({ authority: { hostname, port } }: RequestHead): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  return port === undefined ? host : `${host}:${port}`
}
