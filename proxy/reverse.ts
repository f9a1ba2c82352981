// The reverse door: one decision a request, in the order of proxy.md. What is known from memory waits for nothing.
import { randomUUID } from 'node:crypto'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { routeTo } from '../connector/target.ts'
import type { AccessReviewer } from '../kube/access-review.ts'
import type { KubeUser, TokenReviewer } from '../kube/token-review.ts'
import { type AuditSink, auditLine } from './audit.ts'
import { authenticate } from './authenticate.ts'
import { authorize, forbidden, mayList, see } from './authorize.ts'
import type { CallerSlots } from './caller-slots.ts'
import type { ConnectorIndex, ToolOrigin } from './connector-index.ts'
import type { Decide, Decision, ExchangeRecord } from './http1/decision.ts'
import { findHeader } from './http1/headers.ts'
import type { RequestHead } from './http1/request-head.ts'
import { type Identified, identify } from './identify.ts'
import { outgoingHeaders, requestIdHeader } from './outgoing.ts'
import { refusalFrom } from './refuse.ts'
import { rewriteResponseHeaders } from './response.ts'

export type ReverseDoorOptions = {
  readonly index: ConnectorIndex
  readonly tokens: TokenReviewer
  readonly access: AccessReviewer
  readonly slots: CallerSlots
  readonly requireProxyPermission: boolean
  readonly audit: AuditSink
  readonly record: (use: {
    readonly connector: string
    readonly status: number
    readonly addedMs: number
  }) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Of a caller's own id, as much is recorded. */
const maxRequestId = 128

/** What is known of a request so far, for its audit line. */
type Use = {
  readonly head: RequestHead
  readonly requestId: string
  caller: KubeUser | undefined
  connector: ObjectKey | undefined
  refusal: string | undefined
  release: (() => void) | undefined
}

export function createReverseDoor(options: ReverseDoorOptions): Decide<ToolOrigin> {
  const { index, tokens, slots } = options

  function decide(head: RequestHead): Decision<ToolOrigin> | Promise<Decision<ToolOrigin>> {
    const requestId = findHeader(head.headers, requestIdHeader)?.slice(0, maxRequestId) ?? randomUUID()
    const use: Use = {
      head,
      requestId,
      caller: undefined,
      connector: undefined,
      refusal: undefined,
      release: undefined,
    }
    try {
      const identified = identify(head, hostname => index.byHost(hostname))
      use.connector = identified.key
      const user = authenticate(tokens, findHeader(head.headers, 'authorization'))
      if (user instanceof Promise) return admitLater(use, identified, user)
      const waiting = admit(use, identified, user)
      return waiting === undefined ? forward(use, identified) : admitLater(use, identified, user)
    } catch (error) {
      return refuse(use, error)
    }
  }

  /** Undefined when the caller may go on at once. */
  function admit(use: Use, { key }: Identified, user: KubeUser): undefined | Promise<undefined> {
    use.caller = user
    if (!index.has(key)) return refuseUnknown(user, key)
    return authorize(user, key, options)
  }

  async function admitLater(
    use: Use,
    identified: Identified,
    user: KubeUser | Promise<KubeUser>,
  ): Promise<Decision<ToolOrigin>> {
    try {
      await admit(use, identified, await user)
      return forward(use, identified)
    } catch (error) {
      return refuse(use, error)
    }
  }

  /** 404 only for those who may list Connectors there: a name is information. */
  async function refuseUnknown(user: KubeUser, key: ObjectKey): Promise<never> {
    if (!(await mayList(user, key.namespace, options.access))) throw forbidden(user, key, see(key))
    throw new ConnectorsError(
      'NOT_FOUND',
      'ConnectorNotFound',
      `Cannot use Connector "${key.namespace}/${key.name}": connector "${key.name}" not found`,
    )
  }

  function forward(use: Use, { key, rest, base }: Identified): Decision<ToolOrigin> {
    const { address, injected, origin, traces } = index.find(key)
    use.release = slots.take(use.caller?.username ?? '')
    const route = routeTo(address, rest.path, rest.query)
    return {
      kind: 'relay',
      origin,
      target: route.target,
      host: route.upstream.host,
      headers: outgoingHeaders(use.head, { injected, requestId: use.requestId }),
      upgrade: true,
      rewriteResponse: response => ({
        kind: 'pass',
        headers: rewriteResponseHeaders(response.headers, { address, base, traces }),
      }),
      rewriteTrailers: trailers => rewriteResponseHeaders(trailers, { address, base, traces }),
      onEnd: record => end(use, record),
    }
  }

  function refuse(use: Use, error: unknown): Decision<ToolOrigin> {
    use.refusal = error instanceof ConnectorsError ? error.reason : 'InternalError'
    return { ...refusalFrom(error), onEnd: record => end(use, record) }
  }

  function end(use: Use, record: ExchangeRecord): void {
    use.release?.()
    const { head, connector, requestId, caller, refusal } = use
    const query = head.path.indexOf('?')
    const entry = {
      requestId,
      method: head.method,
      host: head.authority.hostname,
      path: query < 0 ? head.path : head.path.slice(0, query),
      caller,
      connector,
      refusal,
    }
    options.audit(auditLine(entry, record, options.now()))
    options.record({
      // A name counts only once its Connector was used: anybody may ask for any name.
      connector:
        use.release === undefined || connector === undefined
          ? ''
          : `${connector.namespace}/${connector.name}`,
      status: record.status,
      addedMs: record.durationMs - record.upstreamMs,
    })
  }

  return decide
}
