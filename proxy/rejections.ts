// Rejections: how often a tool may answer 401 before its Connector is spared. Tools lock an account out after so many
// wrong passwords, and a lock-out hits everybody who uses the Connector.
import { ConnectorsError } from '../connector/errors.ts'
import { objectKey } from '../connector/object.ts'
import type { Clock } from '../runtime/clock.ts'
import type { UsableConnector } from '../tool/usable-connector.ts'
import type { Payer } from './caller.ts'

/** Of one credential: a changed Secret or Connector begins anew. */
type Credential = {
  /** Whether the tool answered anything but 401 since. */
  isAccepted: boolean
  /** Answers of 401 without another in between. */
  inARow: number
  /** Who got them; two are enough to know that it is not one caller's doing. */
  readonly tenants: Set<string>
  nextTryMs: number
  readonly accounts: Map<string, { count: number; readonly untilMs: number }>
}

/** Until then a rejection may be a path that the credential is not good for. */
const rejectionsBeforePause = 3
const rejectionsBeforeDoubt = 20
const firstPauseMs = 1000
const longestPauseMs = 60_000
const perAccount = 30
const windowMs = 60_000
const maxAccounts = 1000

export class Rejections {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #credentials = new WeakMap<UsableConnector, Credential>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /**
   * Throws UNAVAILABLE while a credential that the tool has only rejected is spared, LIMIT for an account that alone
   * brings too many rejections. One request after each pause goes through, to see.
   */
  check(connector: UsableConnector, { account }: Payer): void {
    const credential = this.#credentials.get(connector)
    if (credential === undefined) return
    const nowMs = this.#clock.monotonicMs()
    const own = credential.accounts.get(account)
    if (own !== undefined && own.untilMs > nowMs && own.count >= perAccount) throw tooMany(account)
    if (credential.isAccepted || credential.inARow < rejectionsBeforePause) return
    if (nowMs < credential.nextTryMs) throw rejected(connector)
    credential.nextTryMs = nowMs + pauseMs(credential.inARow)
  }

  /** What the tool answered to a request with the credential. */
  answered(connector: UsableConnector, { account, tenant }: Payer, status: number): void {
    const known = this.#credentials.get(connector)
    if (status !== 401) {
      if (known === undefined) this.#credentials.set(connector, newCredential(true))
      else accept(known)
      return
    }
    const credential = known ?? newCredential(false)
    this.#credentials.set(connector, credential)
    const nowMs = this.#clock.monotonicMs()
    credential.inARow++
    if (credential.tenants.size < 2) credential.tenants.add(tenant)
    if (credential.inARow >= rejectionsBeforeDoubt && credential.tenants.size > 1)
      credential.isAccepted = false
    credential.nextTryMs = nowMs + pauseMs(credential.inARow)
    count(credential, account, nowMs)
  }
}

function newCredential(isAccepted: boolean): Credential {
  return { isAccepted, inARow: 0, tenants: new Set(), nextTryMs: 0, accounts: new Map() }
}

function accept(credential: Credential): void {
  if (credential.isAccepted && credential.inARow === 0) return
  credential.isAccepted = true
  credential.inARow = 0
  credential.tenants.clear()
}

function pauseMs(inARow: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(16, inARow - rejectionsBeforePause))
}

function count({ accounts }: Credential, account: string, nowMs: number): void {
  const own = accounts.get(account)
  if (own !== undefined && own.untilMs > nowMs) {
    own.count++
    return
  }
  if (accounts.size >= maxAccounts) {
    for (const [name, { untilMs }] of accounts) if (untilMs <= nowMs) accounts.delete(name)
  }
  if (accounts.size < maxAccounts) accounts.set(account, { count: 1, untilMs: nowMs + windowMs })
}

function rejected({ connector }: UsableConnector): ConnectorsError {
  return new ConnectorsError(
    'UNAVAILABLE',
    'CredentialRejected',
    `Cannot use Connector "${objectKey(connector.metadata)}": the tool rejects its credential (401), ` +
      'and it is tried again only now and then, so that the tool does not lock it out',
  )
}

function tooMany(account: string): ConnectorsError {
  return new ConnectorsError(
    'LIMIT',
    'TooManyRejections',
    `Cannot serve another request of ${account}: the tool answered ${perAccount} of them with 401 within a minute`,
  )
}
