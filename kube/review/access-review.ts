// May a user do a thing: SubjectAccessReview, cached by user and thing.
import { hash } from 'node:crypto'
import type { AccessQuestion } from '../../connector/access.ts'
import { subjectAccessReviews } from '../object/resources.ts'
import { ReviewCache, reviewDefaults, reviewTimeoutMs } from './review-cache.ts'
import { type KubeUser, type ReviewerOptions, tenantOf } from './token-review.ts'

export interface AccessVerdict {
  readonly allowed: boolean
}

export interface AccessReviewer {
  /** The answer without waiting, when it is known. */
  cached(user: KubeUser, access: AccessQuestion): AccessVerdict | undefined
  /** Throws UNAVAILABLE when the API server cannot be asked and no kept allow may serve. */
  check(
    user: KubeUser,
    access: AccessQuestion,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<AccessVerdict>
}

/** A use asks two questions, and a volume of sixteen Connectors thirty-two. */
const lanes = {
  total: 64,
  perPayer: 32,
  waitingPerPayer: 512,
  waitMs: 2000,
  rate: { burst: 512, perSecond: 128 },
}

export function createAccessReviewer({ client, clock, graceMs }: ReviewerOptions): AccessReviewer {
  // Twice the tokens' entries: a use asks two questions.
  const maxEntries = 2 * reviewDefaults.maxEntries
  const cache = new ReviewCache<AccessVerdict>({ clock, graceMs, lanes, ...reviewDefaults, maxEntries })
  const keys = new WeakMap<KubeUser, string>()

  function keyOf(user: KubeUser, access: AccessQuestion): string {
    let key = keys.get(user)
    if (key === undefined) {
      key = userKey(user)
      keys.set(user, key)
    }
    const { verb, group, resource, subresource = '', namespace, name } = access
    return `${key}\n${verb}\n${group}\n${resource}\n${subresource}\n${namespace}\n${name}`
  }

  async function ask(user: KubeUser, access: AccessQuestion): Promise<AccessVerdict> {
    const { username, uid, groups, extra } = user
    const spec = { user: username, uid, groups, extra, resourceAttributes: { version: '*', ...access } }
    const { status } = await client.review(subjectAccessReviews, spec, { timeoutMs: reviewTimeoutMs })
    return { allowed: status?.allowed === true && status.denied !== true }
  }

  return {
    cached: (user, access) => cache.cached(keyOf(user, access)),
    check: (user, access, { signal } = {}) => {
      const payer = tenantOf(user.username)
      return cache.check(keyOf(user, access), {
        ask: () => ask(user, access),
        payer,
        ownerOf: () => payer,
        signal,
      })
    },
  }
}

function userKey({ username, uid, groups, extra }: KubeUser): string {
  const sorted = Object.keys(extra)
    .sort()
    .map(name => [name, extra[name]])
  return hash('sha256', JSON.stringify([username, uid, groups, sorted]), 'base64url')
}

/** A ServiceAccount as the API server would describe it after checking its token. */
export function serviceAccountUser(namespace: string, name: string): KubeUser {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid: '',
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {},
  }
}
