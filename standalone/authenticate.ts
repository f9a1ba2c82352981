// Who sends a request: a bearer token, or nobody; and whom they act as.
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { hashOf } from './object.ts'
import { authorize, impersonation, refusal } from './rbac.ts'
import type { VerifyToken } from './reviews.ts'
import { forbidden, unauthorized } from './status.ts'
import type { Store } from './store.ts'
import { type Tokens, tokenIssuer } from './tokens.ts'
import { administrator, anonymous, parseServiceAccount, serviceAccountUser, type User } from './user.ts'

/** Knows the administrator's token and those that the server signed. */
export function tokenVerifier(adminToken: string, tokens: Tokens): VerifyToken {
  const adminHash = Buffer.from(hashOf(adminToken))
  return async (token, audiences) => {
    if (!timingSafeEqual(Buffer.from(hashOf(token)), adminHash)) return tokens.verify(token, audiences)
    return audiences.includes(tokenIssuer)
      ? { user: administrator, audiences: [tokenIssuer] }
      : { problem: 'token audiences are not among the requested ones' }
  }
}

export async function authenticate(
  headers: IncomingHttpHeaders,
  { verifyToken, store }: { verifyToken: VerifyToken; store: Store },
): Promise<User> {
  const { authorization } = headers
  const user = authorization === undefined ? anonymous : await bearer(authorization, verifyToken)
  const asUser = headers['impersonate-user']
  return typeof asUser === 'string' ? impersonate(store, user, asUser, headers) : user
}

async function bearer(authorization: string, verifyToken: VerifyToken): Promise<User> {
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
  const verification = token === undefined ? undefined : await verifyToken(token, [tokenIssuer])
  if (verification === undefined || 'problem' in verification) throw unauthorized()
  return verification.user
}

function impersonate(store: Store, user: User, asUser: string, headers: IncomingHttpHeaders): User {
  const asGroups = [headers['impersonate-group'] ?? []].flat().flatMap(group => group.split(/,\s*/))
  const wanted = [
    impersonation(asUser),
    ...asGroups.map(name => ({ resource: 'groups', namespace: '', name })),
  ]
  for (const target of wanted) {
    const access = { verb: 'impersonate', group: '', subresource: '', ...target }
    if (authorize(store, user, access).allowed) continue
    throw forbidden({ group: '', plural: target.resource }, target.name, refusal(user, access))
  }
  if (asUser === anonymous.username) return anonymous
  const account = parseServiceAccount(asUser)
  if (account !== undefined && asGroups.length === 0)
    return serviceAccountUser(account.namespace, account.name)
  return { username: asUser, groups: [...new Set([...asGroups, 'system:authenticated'])] }
}
