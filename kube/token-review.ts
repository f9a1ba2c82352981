// Who holds a token: TokenReview for our audiences, cached by the token's hash.
import { hash } from 'node:crypto'
import type { Sensitive } from '../connector/sensitive.ts'
import type { Clock } from '../runtime/clock.ts'
import type { KubeClient } from './client.ts'
import { tokenReviews } from './resources.ts'
import { ReviewCache, reviewDefaults, reviewTimeoutMs } from './review-cache.ts'

/** A user as RBAC knows it. */
export interface KubeUser {
  readonly username: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export type TokenVerdict =
  | {
      readonly allowed: true
      readonly user: KubeUser
      /** Expiry by the token's own claim. */
      readonly notAfterMs: number | undefined
    }
  | {
      readonly allowed: false
      readonly reason: 'Malformed' | 'Expired' | 'NotAuthenticated' | 'WrongAudience'
    }

export interface TokenReviewer {
  /** The answer without waiting, when it is known. `key` is `tokenKey(token)`. */
  cached(key: string): TokenVerdict | undefined
  /** Throws UNAVAILABLE when the API server cannot be asked and no kept allow may serve. */
  check(
    token: Sensitive,
    options?: { readonly key?: string; readonly signal?: AbortSignal | undefined },
  ): Promise<TokenVerdict>
}

export interface ReviewerOptions {
  readonly client: Pick<KubeClient, 'review'>
  readonly clock: Clock
  /** How long an expired allow serves while the API server cannot be asked. */
  readonly graceMs: number
}

const longestToken = 16 * 1024

/** The name of a token in caches: its hash, so that no cache holds a token. */
export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64url')
}

export function createTokenReviewer(
  options: ReviewerOptions & { readonly audiences: readonly string[] },
): TokenReviewer {
  const { client, clock, graceMs, audiences } = options
  const cache = new ReviewCache<TokenVerdict>({ clock, graceMs, ...reviewDefaults })

  async function ask(token: Sensitive, notAfterMs: number | undefined): Promise<TokenVerdict> {
    const spec = { token: token.reveal(), audiences }
    const { status } = await client.review(tokenReviews, spec, { timeoutMs: reviewTimeoutMs })
    if (status?.authenticated !== true || !status.user?.username) {
      return { allowed: false, reason: 'NotAuthenticated' }
    }
    // An API server that ignores audiences answers none: its yes would be about tokens for itself.
    if (!status.audiences?.some(audience => audiences.includes(audience))) {
      return { allowed: false, reason: 'WrongAudience' }
    }
    const { username, uid = '', groups = [], extra = {} } = status.user
    return { allowed: true, notAfterMs, user: { username, uid, groups, extra } }
  }

  return {
    cached: key => cache.cached(key),
    async check(token, { key = tokenKey(token.reveal()), signal } = {}) {
      const known = cache.cached(key)
      if (known !== undefined) return known
      const claims = parseClaims(token.reveal())
      if (claims === undefined) return { allowed: false, reason: 'Malformed' }
      if (claims.notAfterMs !== undefined && clock.now() >= claims.notAfterMs) {
        return { allowed: false, reason: 'Expired' }
      }
      return cache.check(key, { ask: () => ask(token, claims.notAfterMs), signal })
    },
  }
}

/**
 * What a ServiceAccount token says of itself, unverified: enough to refuse without a call, never to allow.
 * Undefined for what cannot be one.
 */
function parseClaims(token: string): { readonly notAfterMs: number | undefined } | undefined {
  if (token.length > longestToken || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null) return undefined
    return { notAfterMs: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined }
  } catch {
    return undefined
  }
}
