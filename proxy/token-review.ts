// POST /v1/token-review: for a proxy that is not ours, whose callers hold sealed tokens. It says who presents a token
// and whether they may use a Connector, and never the token inside. Spec: access.md, "A volume's token is sealed".
import { ConnectorsError } from '../connector/errors.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import { requestTarget } from '../connector/target.ts'
import type { Answer } from '../http/message/ports.ts'
import type { IncomingRequest } from '../http/message/request.ts'
import type { AccessReviewer } from '../kube/review/access-review.ts'
import { type Authenticator, type Identity, presentedToken } from './authenticate.ts'
import { authorize } from './authorize.ts'
import { payerOf } from './caller.ts'
import type { RequestRecord } from './request-record.ts'

/** A token of 16 KiB and a name. */
export const maxReviewBytes = 20 * 1024

export function isTokenReview({ method, path }: IncomingRequest): boolean {
  return method === 'POST' && requestTarget(path).path === '/v1/token-review'
}

export type TokenReviewOptions = {
  readonly authenticator: Authenticator
  readonly access: AccessReviewer
  readonly requireProxyPermission: () => boolean
}

/**
 * `{authenticated, allowed, user?, reason?}`: a token that is bad, or may not be used for this Connector, is an answer
 * and not a failure. Throws INVALID for a body that is not a question, UNAVAILABLE and LIMIT like any use.
 */
export async function reviewToken(
  body: Buffer,
  record: RequestRecord,
  options: TokenReviewOptions,
): Promise<Answer> {
  const { token, connector } = parseQuestion(body)
  record.connector = connector
  let identity: Identity | undefined
  try {
    identity = await options.authenticator.authenticate(presentedToken(token), record.peer)
    record.caller = payerOf(identity.user)
    const subject = `Connector "${objectKey(connector)}"`
    const requireProxyPermission = options.requireProxyPermission()
    await authorize(identity, connector, { access: options.access, requireProxyPermission, subject })
    return answered({ authenticated: true, allowed: true, user: identity.user })
  } catch (error) {
    const isNo =
      error instanceof ConnectorsError && (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN')
    if (!isNo) throw error
    record.refusal = error.reason
    const who =
      identity === undefined ? { authenticated: false } : { authenticated: true, user: identity.user }
    return answered({ ...who, allowed: false, reason: error.reason })
  }
}

function answered(review: Readonly<Record<string, unknown>>): Answer {
  const headers = ['Content-Type', 'application/json', 'Cache-Control', 'no-store']
  return { kind: 'answer', status: 200, headers, body: `${JSON.stringify(review)}\n` }
}

function parseQuestion(body: Buffer): { readonly token: string; readonly connector: ObjectKey } {
  const refuse = (why: string) =>
    new ConnectorsError('INVALID', 'ReviewInvalid', `Cannot review this token: ${why}`)
  let question: unknown
  try {
    question = JSON.parse(body.toString())
  } catch {
    throw refuse('the body is not JSON')
  }
  const { token, connector } = (question ?? {}) as { readonly token?: unknown; readonly connector?: unknown }
  const [, namespace = '', name = ''] =
    /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/.exec(String(connector)) ?? []
  if (typeof token !== 'string' || token === '') throw refuse('the member "token" must be a token')
  if (name === '') throw refuse('the member "connector" must be "namespace/name"')
  return { token, connector: { namespace, name } }
}
