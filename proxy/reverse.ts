// The reverse door: one decision a request, in the order of proxy.md. What is known from memory waits for nothing.
import { randomUUID } from 'node:crypto'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { routeTo } from '../connector/target.ts'
import type { AccessReviewer } from '../kube/access-review.ts'
import { KubeApiError } from '../kube/api-error.ts'
import type { KubeUser, TokenReviewer } from '../kube/token-review.ts'
import type { Clock } from '../runtime/clock.ts'
import { type AuditSink, auditLine } from './audit.ts'
import { authenticate } from './authenticate.ts'
import { authorize, mayList, mayNotSee } from './authorize.ts'
import type { CallerSlots } from './caller-slots.ts'
import { parseCallerToken } from './caller-token.ts'
import { type ConnectorIndex, connectorNotFound, type ToolOrigin } from './connector-index.ts'
import type { Answer, Decide, Decision, ExchangeRecord, ResponseVerdict } from './http1/decision.ts'
import { findHeader } from './http1/headers.ts'
import type { RequestHead } from './http1/request-head.ts'
import type { ResponseHead } from './http1/response-head.ts'
import { type Identified, identify } from './identify.ts'
import { isLfsAnswer, isLfsBatch, lfsAnswerHeaders, maxBatchBytes, rewriteLfsBatch } from './lfs.ts'
import { outgoingHeaders, requestIdHeader } from './outgoing.ts'
import type { UseRecord } from './proxy-metrics.ts'
import { refusalAnswer, refusalOf } from './refuse.ts'
import { carriesTrace, type ReturnPath, rewriteResponseHeaders } from './response.ts'

export type ReverseDoorOptions = {
  readonly index: ConnectorIndex
  readonly tokens: TokenReviewer
  readonly access: AccessReviewer
  readonly slots: CallerSlots
  /** As of now: it can be switched while the proxy runs. */
  readonly requireProxyPermission: () => boolean
  /** What of the cluster is not known yet, if anything. */
  readonly unready: () => string | undefined
  readonly audit: AuditSink
  readonly record: (use: UseRecord) => void
  /** Learns of failures that are the proxy's or the API server's, not the client's. */
  readonly onError: (error: unknown) => void
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
}

/** What is known of a request so far, for its audit line. */
type Use = {
  readonly head: RequestHead
  readonly requestId: string
  readonly startedMs: number
  decidedMs: number
  hasWaited: boolean
  caller: KubeUser | undefined
  connector: ObjectKey | undefined
  refusal: string | undefined
  release: (() => void) | undefined
}

type Asked = Identified & { readonly token: string }

export function createReverseDoor(options: ReverseDoorOptions): Decide<ToolOrigin> {
  const { index, tokens, slots, clock } = options

  function decide(head: RequestHead): Decision<ToolOrigin> | Promise<Decision<ToolOrigin>> {
    const use = begin(head)
    try {
      const identified = identify(head, hostname => index.byHost(hostname))
      use.connector = identified.key
      const token = parseCallerToken(findHeader(head.headers, 'authorization'))
      const user = authenticate(tokens, token)
      const asked = { ...identified, token: token ?? '' }
      const waiting =
        user instanceof Promise ? user.then(known => admit(use, asked, known)) : admit(use, asked, user)
      return waiting === undefined ? forward(use, asked) : forwardLater(use, asked, waiting)
    } catch (error) {
      return refuse(use, error)
    }
  }

  function begin(head: RequestHead): Use {
    const startedMs = clock.monotonicMs()
    return {
      head,
      requestId: requestIdOf(head),
      startedMs,
      decidedMs: startedMs,
      hasWaited: false,
      caller: undefined,
      connector: undefined,
      refusal: undefined,
      release: undefined,
    }
  }

  /** Undefined when the caller may go on at once. */
  function admit(use: Use, { key }: Identified, user: KubeUser): undefined | Promise<undefined> {
    use.caller = user
    if (!index.has(key)) return refuseUnknown(user, key)
    const requireProxyPermission = options.requireProxyPermission()
    return authorize(user, key, { access: options.access, requireProxyPermission })
  }

  async function forwardLater(
    use: Use,
    asked: Asked,
    admitted: Promise<undefined>,
  ): Promise<Decision<ToolOrigin>> {
    use.hasWaited = true
    try {
      await admitted
      return forward(use, asked)
    } catch (error) {
      return refuse(use, error)
    }
  }

  /** 404 only for those who may list Connectors there: a name is information. */
  async function refuseUnknown(user: KubeUser, key: ObjectKey): Promise<never> {
    if (options.unready() === undefined && !(await mayList(user, key.namespace, options.access))) {
      throw mayNotSee(user, key)
    }
    throw connectorNotFound(key)
  }

  function forward(use: Use, { key, rest, base, token }: Asked): Decision<ToolOrigin> {
    const { address, injected, origin, traces } = index.find(key)
    use.release = slots.take(use.caller?.username ?? '')
    const { target, upstream } = routeTo(address, rest.path, rest.query)
    const way = { address, target, base, traces }
    const readsAnswer = isLfsBatch(use.head.method, rest.path)
    const { requestId } = use
    const headers = outgoingHeaders(use.head, { injected, requestId, callerToken: token, readsAnswer })
    use.decidedMs = clock.monotonicMs()
    return {
      kind: 'relay',
      origin,
      target,
      host: upstream.host,
      headers,
      upgrade: true,
      rewriteResponse: response => {
        // The reason phrase is the tool's to choose, and passes as it is.
        if (carriesTrace(response.reasonPhrase, traces)) return withhold(use, credentialInAnswer())
        const answered = rewriteResponseHeaders(response.headers, way)
        if (readsAnswer && isLfsAnswer(answered))
          return lfsVerdict(use, { ...response, headers: answered }, way)
        return { kind: 'pass', headers: answered }
      },
      rewriteTrailers: trailers => rewriteResponseHeaders(trailers, way),
      onEnd: record => end(use, record),
    }
  }

  function lfsVerdict(use: Use, { status, headers }: ResponseHead, way: ReturnPath): ResponseVerdict {
    const rewrite = (body: Buffer): Answer => {
      try {
        const text = rewriteLfsBatch(body, headers, way)
        return { kind: 'answer', status, headers: lfsAnswerHeaders(headers), body: text }
      } catch (error) {
        return withhold(use, error)
      }
    }
    return { kind: 'collect', limitBytes: maxBatchBytes, rewrite }
  }

  /** In place of what the tool answered. */
  function withhold(use: Use, error: unknown): Answer {
    const refusal = { ...refusalOf(error), status: 502 }
    use.refusal = refusal.reason
    return refusalAnswer(refusal, use.head.path)
  }

  function refuse(use: Use, error: unknown): Decision<ToolOrigin> {
    const refusal = refusalOf(isUnknownYet(error) ? notReady(options.unready() ?? '') : error)
    if (error instanceof KubeApiError || !(error instanceof ConnectorsError)) options.onError(error)
    use.refusal = refusal.reason
    use.decidedMs = clock.monotonicMs()
    return { ...refusalAnswer(refusal, use.head.path), onEnd: record => end(use, record) }
  }

  /** What is not there may only not have been read yet. */
  function isUnknownYet(error: unknown): boolean {
    const isUnknown = error instanceof ConnectorsError && unknownReasons.has(error.reason)
    return isUnknown && options.unready() !== undefined
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
    options.audit(auditLine(entry, record, clock.now()))
    // A name counts only once its Connector was used: anybody may ask for any name.
    const isUsed = use.release !== undefined && connector !== undefined
    options.record({
      connector: isUsed ? `${connector.namespace}/${connector.name}` : '',
      status: record.status,
      decisionMs: use.decidedMs - use.startedMs,
      isFromCache: !use.hasWaited,
    })
  }

  return decide
}

/** A caller's own id is kept if it is short and plain; anything else could be anything. */
function requestIdOf(head: RequestHead): string {
  const given = findHeader(head.headers, requestIdHeader) ?? ''
  return /^[\w.:/@+=-]{1,128}$/.test(given) ? given : randomUUID()
}

const unknownReasons: ReadonlySet<string> = new Set([
  'ConnectorNotNamed',
  'ConnectorNotFound',
  'ConnectorClassNotFound',
  'SecretNotFound',
])

function notReady(why: string): ConnectorsError {
  return new ConnectorsError('UNAVAILABLE', 'NotReady', `Cannot serve this request yet: ${why}`)
}

function credentialInAnswer(): ConnectorsError {
  return new ConnectorsError(
    'UNAVAILABLE',
    'CredentialInAnswer',
    "Cannot pass the tool's answer on: it repeats the Connector's credential",
  )
}
