// authenticate: who calls, by the token on the request, and for which Connectors the token is. A sealed token is opened
// once in a while; the token inside is asked about like any other. Spec: proxy.md, "Authentication and authorization";
// access.md, "A volume's token is sealed".
import { ConnectorsError } from '../connector/errors.ts'
import { Sensitive } from '../connector/sensitive.ts'
import { tooManyReviews } from '../kube/review/review-cache.ts'
import {
  type KubeUser,
  type TokenReviewer,
  type TokenVerdict,
  tenantOf,
  tokenKey,
} from '../kube/review/token-review.ts'
import type { MaybePromise } from '../runtime/and-then.ts'
import { BoundedMap } from '../runtime/bounded-map.ts'
import type { Clock } from '../runtime/clock.ts'
import { FairLanes } from '../runtime/fair-lanes.ts'
import { isSealed, openSeal, type ParsedSeal, parseSeal, type SealContent } from '../seal/sealed-token.ts'
import type { SealingKeyring } from './sealing-keyring.ts'

/** Who calls. The same object for as long as the review of its token serves. */
export type Identity = {
  readonly user: KubeUser
  /** `namespace/name` of the Connectors that its token was sealed for; undefined for a token that is not sealed. */
  readonly scope: ReadonlySet<string> | undefined
}

/** A token as it was presented. */
export type Presented = {
  readonly token: Sensitive
  /** Its name in caches: its hash. */
  readonly key: string
}

export type AuthenticatorOptions = {
  readonly tokens: TokenReviewer
  readonly keyring: Pick<SealingKeyring, 'find' | 'has'>
  readonly acceptsUnsealed: boolean
  readonly clock: Clock
}

type OpenedSeal = {
  /** Of the key that opened it. */
  readonly kid: string
  /** Of the token inside. */
  readonly key: string
  readonly scope: ReadonlySet<string>
  verdict: TokenVerdict | undefined
  identity: Identity | undefined
}

/** Opening takes a tenth of a millisecond of the one thread; new seals come with new pods. */
const lanes = {
  total: 16,
  perPayer: 4,
  waitingPerPayer: 64,
  waitMs: 2000,
  rate: { burst: 128, perSecond: 32 },
}
const maxOpened = 10_000
const maxFailed = 2500
const failedMs = 5000

export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #lanes: FairLanes
  readonly #opened = new BoundedMap<OpenedSeal>(maxOpened, { perOwner: maxOpened / 4 })
  /** Until when a seal that did not open is refused without trying again. */
  readonly #failed = new BoundedMap<number>(maxFailed)
  readonly #identities = new WeakMap<TokenVerdict, Identity>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#lanes = new FairLanes({ clock: options.clock, refusal: tooManyReviews, ...lanes })
  }

  /**
   * At once for a token that was seen lately. `peer` pays for one that was not. Throws UNAUTHENTICATED, UNAVAILABLE
   * when the API server cannot be asked, LIMIT when the peer brings too many new tokens.
   */
  authenticate(presented: Presented | undefined, peer: string): MaybePromise<Identity> {
    if (presented === undefined) throw refusal('TokenMissing', 'it carries no ServiceAccount token')
    const { tokens, acceptsUnsealed } = this.#options
    const { token, key } = presented
    const cached = this.#cached(key)
    if (cached !== undefined) return cached
    if (isSealed(token.reveal())) return this.#openAndCheck(presented, peer)
    if (!acceptsUnsealed) throw refusal('TokenUnsealed', 'its token is not one of a volume')
    return tokens.check(token, { key, payer: peer }).then(verdict => this.#unsealed(verdict))
  }

  #cached(key: string): Identity | undefined {
    const { tokens, acceptsUnsealed } = this.#options
    const opened = this.#opened.get(key)
    // A key that was dropped opens nothing any more, not even what it has opened.
    if (opened !== undefined && this.#options.keyring.has(opened.kid)) {
      const verdict = tokens.cached(opened.key)
      return verdict && identityOf(opened, verdict)
    }
    const verdict = acceptsUnsealed ? tokens.cached(key) : undefined
    return verdict && this.#unsealed(verdict)
  }

  #unsealed(verdict: TokenVerdict): Identity {
    const existing = this.#identities.get(verdict)
    if (existing !== undefined) return existing
    const identity = { user: userOf(verdict), scope: undefined }
    this.#identities.set(verdict, identity)
    return identity
  }

  async #openAndCheck({ token, key }: Presented, peer: string): Promise<Identity> {
    const seal = this.#parse(token, key)
    const content = await this.#lanes.run(peer, () => this.#open(seal, key))
    const inner = tokenKey(content.token.reveal())
    const verdict = await this.#options.tokens.check(content.token, { key: inner, payer: peer })
    const opened: OpenedSeal = {
      kid: seal.header.kid,
      key: inner,
      scope: content.connectors,
      verdict: undefined,
      identity: undefined,
    }
    const identity = identityOf(opened, verdict)
    this.#opened.set(key, opened, tenantOf(identity.user.username))
    return identity
  }

  /** Everything that can be refused without a key. */
  #parse(token: Sensitive, key: string): ParsedSeal {
    const { clock } = this.#options
    const isKnownBad = (this.#failed.get(key) ?? 0) > clock.monotonicMs()
    const seal = isKnownBad ? undefined : parseSeal(token.reveal())
    if (seal === undefined) throw notValid()
    if (seal.header.exp * 1000 <= clock.now()) throw refusal('TokenExpired', 'its token has expired')
    return seal
  }

  async #open(seal: ParsedSeal, key: string): Promise<SealContent> {
    const privateKey = await this.#options.keyring.find(seal.header.kid)
    const content = privateKey && openSeal(seal, privateKey)
    if (content !== undefined) return content
    this.#failed.set(key, this.#options.clock.monotonicMs() + failedMs)
    throw notValid()
  }
}

function identityOf(opened: OpenedSeal, verdict: TokenVerdict): Identity {
  if (opened.verdict !== verdict || opened.identity === undefined) {
    opened.identity = { user: userOf(verdict), scope: opened.scope }
    opened.verdict = verdict
  }
  return opened.identity
}

function userOf(verdict: TokenVerdict): KubeUser {
  if (verdict.allowed) return verdict.user
  const why = {
    Malformed: 'its token is not a ServiceAccount token',
    Expired: 'its token has expired',
    NotAuthenticated: 'its token is not valid here',
    WrongAudience: 'its token is for another audience',
  }[verdict.reason]
  throw refusal(`Token${verdict.reason}`, why)
}

function notValid(): ConnectorsError {
  return refusal('TokenNotAuthenticated', 'its token is not valid here')
}

function refusal(reason: string, why: string): ConnectorsError {
  return new ConnectorsError('UNAUTHENTICATED', reason, `Cannot authenticate this request: ${why}`)
}

/** The token of a header, under the name that caches know it by. */
export function presentedToken(token: string | undefined): Presented | undefined {
  return token === undefined ? undefined : { token: new Sensitive(token), key: tokenKey(token) }
}
