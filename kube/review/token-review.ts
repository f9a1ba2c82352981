// Who holds a token: TokenReview for our audiences, cached by the token's hash.
import { hash } from 'node:crypto'
import type { Sensitive } from '../../connector/sensitive.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { KubeClient } from '../client/client.ts'
import { tokenReviews } from '../object/resources.ts'
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
  /**
   * `payer`: whose budget pays for asking about a token that was not seen lately. Throws UNAVAILABLE when the API
   * server cannot be asked and no kept allow may serve, LIMIT when the payer asks too much.
   */
  check(
    token: Sensitive,
    options: { readonly key?: string; readonly payer: string; readonly signal?: AbortSignal | undefined },
  ): Promise<TokenVerdict>
}

export interface ReviewerOptions {
  readonly client: Pick<KubeClient, 'review'>
  readonly clock: Clock
  /** How long an expired allow serves while the API server cannot be asked. */
  readonly graceMs: number
}

const longestToken = 16 * 1024

/** New tokens come with new pods: a hundred at once from one address are many. */
const lanes = {
  total: 64,
  perPayer: 8,
  waitingPerPayer: 64,
  waitMs: 2000,
  rate: { burst: 128, perSecond: 32 },
}

/** The name of a token in caches: its hash, so that no cache holds a token. */
export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64url')
}

export function createTokenReviewer(
  options: ReviewerOptions & { readonly audiences: readonly string[] },
): TokenReviewer {
  const { client, clock, graceMs, audiences } = options
  const cache = new ReviewCache<TokenVerdict>({ clock, graceMs, lanes, ...reviewDefaults })

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
    async check(token, { key = tokenKey(token.reveal()), payer, signal }) {
      const known = cache.cached(key)
      if (known !== undefined) return known
      const claims = parseClaims(token.reveal())
      if (claims === undefined) return { allowed: false, reason: 'Malformed' }
      if (claims.notAfterMs !== undefined && clock.now() >= claims.notAfterMs) {
        return { allowed: false, reason: 'Expired' }
      }
      // A ServiceAccount's token says for whom it is: one for others cannot pass, and costs no call.
      if (
        claims.audiences !== undefined &&
        !claims.audiences.some(name => (audiences as readonly unknown[]).includes(name))
      ) {
        return { allowed: false, reason: 'WrongAudience' }
      }
      return cache.check(key, {
        ask: () => ask(token, claims.notAfterMs),
        payer,
        ownerOf: ownerOfVerdict,
        signal,
      })
    },
  }
}

function ownerOfVerdict(verdict: TokenVerdict): string {
  return verdict.allowed ? tenantOf(verdict.user.username) : ''
}

/** The namespace of a ServiceAccount, whose editors may make any number of accounts; otherwise the user name. */
export function tenantOf(username: string): string {
  return serviceAccountNamespace(username) ?? username
}

/** Undefined for a user that is not a ServiceAccount. */
export function serviceAccountNamespace(username: string): string | undefined {
  const [system, kind, namespace] = username.split(':')
  return system === 'system' && kind === 'serviceaccount' ? namespace : undefined
}

type Claims = {
  readonly notAfterMs: number | undefined
  /** Undefined for a token of another kind than those that kubelet mounts, or of a cluster that names none. */
  readonly audiences: readonly unknown[] | undefined
}

/**
 * What a ServiceAccount token says of itself, unverified: enough to refuse without a call, never to allow.
 * Undefined for what cannot be one.
 */
function parseClaims(token: string): Claims | undefined {
  if (token.length > longestToken || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null) return undefined
    const isAccounts = typeof claims['kubernetes.io'] === 'object' && Array.isArray(claims.aud)
    return {
      notAfterMs: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined,
      audiences: isAccounts ? claims.aud : undefined,
    }
  } catch {
    return undefined
  }
}
