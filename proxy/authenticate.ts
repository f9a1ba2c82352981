// authenticate: who calls, by the token on the request. Spec: proxy.md, "Authentication and authorization".
import { ConnectorsError } from '../connector/errors.ts'
import { Sensitive } from '../connector/sensitive.ts'
import { type KubeUser, type TokenReviewer, type TokenVerdict, tokenKey } from '../kube/token-review.ts'

/** At once for a token that was seen lately: the hot path waits for nothing. */
export function authenticate(tokens: TokenReviewer, token: string | undefined): KubeUser | Promise<KubeUser> {
  if (token === undefined) throw refusal('TokenMissing', 'it carries no ServiceAccount token')
  const key = tokenKey(token)
  const known = tokens.cached(key)
  if (known !== undefined) return userOf(known)
  return tokens.check(new Sensitive(token), { key }).then(userOf)
}

function userOf(verdict: TokenVerdict): KubeUser {
  if (verdict.allowed) return verdict.user
  const why = {
    Malformed: 'its token is no ServiceAccount token',
    Expired: 'its token has expired',
    NotAuthenticated: 'its token is not valid here',
    WrongAudience: 'its token is for another audience',
  }[verdict.reason]
  throw refusal(`Token${verdict.reason}`, why)
}

function refusal(reason: string, why: string): ConnectorsError {
  return new ConnectorsError('UNAUTHENTICATED', reason, `Cannot authenticate this request: ${why}`)
}
