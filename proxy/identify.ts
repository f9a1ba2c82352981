// identify: which Connector a request names, by its Host or by its path. Spec: proxy.md, "Doors".
import { ConnectorsError } from '../connector/errors.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import { canonicalPath } from '../connector/path.ts'
import { parsePathForm, type RequestTarget, requestTarget } from '../connector/target.ts'
import type { IncomingRequest } from '../http/message/request.ts'

export type Identified = {
  /** Undefined for a host that could be a Connector's, and is not. */
  readonly key: ObjectKey | undefined
  /** The Connector as the client named it, for messages. */
  readonly subject: string
  readonly isByHost: boolean
  /** The namespace that the client named. */
  readonly namespace: string
  /** Path below the Connector, and the query. */
  readonly rest: RequestTarget
  /** The path below the Connector as decisions read it. */
  readonly path: string
  /** How the client spelled it; answers that name the tool's address are rewritten to this. */
  readonly base: { readonly host: string; readonly path: string }
}

export type HostNames = {
  /** Which Connector was allocated a host name. */
  readonly find: (hostname: string) => ObjectKey | undefined
  /** Whether a host name has the form of those that are allocated. */
  readonly isOurs: (hostname: string) => boolean
}

/** Whether a Connector of the name exists must not show here: nobody knows yet who asks. */
export function identify(request: IncomingRequest, hosts: HostNames): Identified {
  if (request.form !== 'origin') {
    const why = 'this is a reverse proxy; the request must name a path, not another host'
    throw new ConnectorsError('UNSUPPORTED', 'ForwardUnsupported', `Cannot forward this request: ${why}`)
  }
  const target = requestTarget(request.path)
  const { hostname } = request.authority
  const byPath = parsePathForm(target.path)
  if (byPath === undefined) return byHost(request, target, hosts)
  const { key, rest } = byPath
  const named = hosts.isOurs(hostname) ? hosts.find(hostname) : key
  if (named?.namespace !== key.namespace || named.name !== key.name) {
    throw new ConnectorsError(
      'INVALID',
      'ConnectorAmbiguous',
      'Cannot tell which Connector is meant: the Host and the path name different ones',
    )
  }
  return {
    key,
    subject: `Connector "${objectKey(key)}"`,
    isByHost: hosts.isOurs(hostname),
    namespace: key.namespace,
    rest: { path: rest, query: target.query },
    path: canonicalPath(rest),
    base: { host: hostText(request), path: target.path.slice(0, target.path.length - rest.length) },
  }
}

function byHost(request: IncomingRequest, target: RequestTarget, hosts: HostNames): Identified {
  const { hostname } = request.authority
  const path = canonicalPath(target.path)
  if (!hosts.isOurs(hostname)) {
    throw new ConnectorsError(
      'NOT_FOUND',
      'ConnectorNotNamed',
      'Cannot tell which Connector is meant: neither the Host nor the path names one',
    )
  }
  const key = hosts.find(hostname)
  return {
    key,
    subject: `the Connector of host "${hostname}"`,
    isByHost: true,
    namespace: hostname.split('.')[1] ?? '',
    rest: target,
    path,
    base: { host: hostText(request), path: '' },
  }
}

function hostText({ authority: { hostname, port } }: IncomingRequest): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  return port === undefined ? host : `${host}:${port}`
}
