// The reverse door: one decision a request, in the order of proxy.md. What is known from memory waits for nothing.
import { type ConnectorIndex, connectorNotFound } from '../cluster/connector-index.ts'
import { accessQuestions, accessRefusal } from '../connector/access.ts'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { findHeader } from '../http/message/headers.ts'
import type { AnswerDecision, ConnectionContext, Decide, Decision } from '../http/message/ports.ts'
import type { IncomingRequest } from '../http/message/request.ts'
import { KubeApiError } from '../kube/client/api-error.ts'
import type { AccessReviewer } from '../kube/review/access-review.ts'
import type { KubeUser } from '../kube/review/token-review.ts'
import { andThen, attempt, type MaybePromise } from '../runtime/and-then.ts'
import type { Clock } from '../runtime/clock.ts'
import { hopHeader } from '../tool/hop.ts'
import { type Authenticator, type Identity, type Presented, presentedToken } from './authenticate.ts'
import { authorize, mayList } from './authorize.ts'
import { type Payer, payerOf } from './caller.ts'
import type { CallerSlots } from './caller-slots.ts'
import { parseCallerToken } from './caller-token.ts'
import type { CollectedBodies } from './collected-bodies.ts'
import { type Identified, identify } from './identify.ts'
import { asksAsGit, refusalAnswer, refusalOf } from './refuse.ts'
import type { Rejections } from './rejections.ts'
import { ToolRelay, type Use } from './relay.ts'
import { checkOverrides } from './request-overrides.ts'
import type { RequestRecord, RequestRecorder } from './request-record.ts'
import { isTokenReview, maxReviewBytes, reviewToken } from './token-review.ts'
import type { ToolOrigins } from './tool-origins.ts'

export type ReverseDoorOptions = {
  readonly index: ConnectorIndex
  readonly authenticator: Authenticator
  readonly access: AccessReviewer
  readonly slots: CallerSlots
  readonly bodies: CollectedBodies
  readonly rejections: Rejections
  readonly origins: ToolOrigins
  readonly recorder: RequestRecorder
  /** As of now: it can be switched while the proxy runs. */
  readonly requireProxyPermission: () => boolean
  /** What of the cluster is not known yet, if anything. */
  readonly unready: () => string | undefined
  /** How long what runs may outlive the expiry of its token. */
  readonly streamMaxMs: number
  /** Learns of failures that are the proxy's or the API server's, not the client's. */
  readonly onError: (error: unknown) => void
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export function createReverseDoor(options: ReverseDoorOptions): Decide {
  const { index, authenticator, access, recorder, clock } = options
  const hosts = {
    find: (hostname: string) => index.byHost(hostname),
    isOurs: (hostname: string) => index.isOurs(hostname),
  }
  /** Requests of one connection mostly carry the same token: it is taken apart once. */
  const presented = new WeakMap<ConnectionContext, { authorization: string; token: Presented | undefined }>()

  const relaying = { ...options, check }

  function decide(request: IncomingRequest, connection: ConnectionContext): MaybePromise<Decision> {
    const record = recorder.begin(request, connection.peer)
    const decision = attempt(
      () => decideUse(record, connection),
      error => refuse(record, error),
    )
    record.hasWaited = decision instanceof Promise
    return decision
  }

  function decideUse(record: RequestRecord, connection: ConnectionContext): MaybePromise<Decision> {
    const { request } = record
    if (isTokenReview(request) && !index.isOurs(request.authority.hostname)) return decideReview(record)
    const identified = identify(request, hosts)
    record.connector = identified.key
    checkLoop(request)
    checkOverrides(request)
    const token = presentedOn(request, connection)
    return andThen(authenticator.authenticate(token, connection.peer), identity => {
      const payer = payerOf(identity.user)
      record.caller = payer
      if (!connection.claim(payer)) throw tooManyConnections(payer)
      return andThen(admit(identified, identity), key => {
        const connector = index.require(key)
        if (identified.isByHost) index.checkService(key)
        const use = { record, identified, identity, payer, key, connector, presented: token as Presented }
        return andThen(connector.inject(request), injection => new ToolRelay({ ...use, injection }, relaying))
      })
    })
  }

  function decideReview(record: RequestRecord): Decision {
    return {
      kind: 'read',
      limitBytes: maxReviewBytes,
      answer: async body => {
        try {
          return await reviewToken(body, record, options)
        } catch (error) {
          return refuse(record, error)
        }
      },
      onEnd: end => recorder.end(record, end),
    }
  }

  function presentedOn(request: IncomingRequest, connection: ConnectionContext): Presented | undefined {
    const authorization = findHeader(request.headers, 'authorization') ?? ''
    const last = presented.get(connection)
    if (last?.authorization === authorization) return last.token
    const token = presentedToken(parseCallerToken(authorization))
    presented.set(connection, { authorization, token })
    return token
  }

  /** The Connector that is meant, once it is clear that it may be used. */
  function admit(identified: Identified, identity: Identity): MaybePromise<ObjectKey> {
    const { key, subject } = identified
    if (key === undefined) return refuseUnknown(identified, identity.user)
    const requireProxyPermission = options.requireProxyPermission()
    return attempt(
      () => andThen(authorize(identity, key, { access, requireProxyPermission, subject }), () => key),
      error => refuseUnless(key, identity.user, error),
    )
  }

  /** 404 only for those who may list Connectors there: a name is information. */
  async function refuseUnless(key: ObjectKey, user: KubeUser, error: unknown): Promise<never> {
    if (!index.has(key) && (await mayKnow(user, key.namespace))) throw connectorNotFound(key)
    throw error
  }

  async function refuseUnknown({ subject, namespace }: Identified, user: KubeUser): Promise<never> {
    if (await mayKnow(user, namespace)) {
      throw new ConnectorsError('NOT_FOUND', 'ConnectorNotFound', `Cannot use ${subject}: there is none`)
    }
    const requireProxyPermission = options.requireProxyPermission()
    const missing = accessQuestions({ namespace, name: '' }, { requireProxyPermission })
    throw accessRefusal(user.username, missing, subject)
  }

  /** Also while the proxy does not know the cluster: then the answer is that, whoever asks. */
  async function mayKnow(user: KubeUser, namespace: string): Promise<boolean> {
    return options.unready() !== undefined || mayList(user, namespace, access)
  }

  /** Throws what a new request like this one would be refused for; one whose token has expired may take its time. */
  async function check(use: Use): Promise<void> {
    const { record, identified, identity, key, connector, presented: token } = use
    if (index.require(key).originKey !== connector.originKey) throw connectorNotFound(key)
    let current = identity
    try {
      current = await authenticator.authenticate(token, record.peer)
    } catch (error) {
      if (!(error instanceof ConnectorsError) || error.reason !== 'TokenExpired') throw error
      record.expiredMs ??= clock.monotonicMs()
      if (clock.monotonicMs() - record.expiredMs > options.streamMaxMs) throw error
    }
    const requireProxyPermission = options.requireProxyPermission()
    await authorize(current, key, { access, requireProxyPermission, subject: identified.subject })
  }

  function refuse(record: RequestRecord, error: unknown): AnswerDecision {
    const refusal = refusalOf(isUnknownYet(error) ? notReady(options.unready() ?? '') : error)
    if (error instanceof KubeApiError || !(error instanceof ConnectorsError)) options.onError(error)
    record.refusal = refusal.reason
    recorder.decided(record)
    return { ...refusalAnswer(refusal, asksAsGit(record.request)), onEnd: end => recorder.end(record, end) }
  }

  /** What is not there may only not have been read yet. */
  function isUnknownYet(error: unknown): boolean {
    const isUnknown = error instanceof ConnectorsError && unknownReasons.has(error.reason)
    return isUnknown && options.unready() !== undefined
  }

  return decide
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

/** What the proxy has sent comes back to it: each round would cost as much as the one before. */
function checkLoop({ headers }: IncomingRequest): void {
  if (findHeader(headers, hopHeader) === undefined) return
  throw new ConnectorsError(
    'CONFLICT',
    'LoopDetected',
    'Cannot forward this request: the proxy itself has sent it, so the address of a Connector leads back here',
  )
}

function tooManyConnections({ account }: Payer): ConnectorsError {
  return new ConnectorsError(
    'LIMIT',
    'TooManyConnections',
    `Cannot serve another connection of ${account}: too many are busy`,
  )
}
