// CallerSlots: what one caller has under way, by kind. Bounded for a caller and, at four times as much, for its
// account, so that one pod cannot take the proxy for itself, nor an account by having many pods.
import { ConnectorsError } from '../../connector/errors.ts'
import type { Payer } from './payer.ts'

/** `left`: requests whose client has ended its side. They no longer stand in the way of the caller's others. */
export type SlotKind = 'request' | 'tunnel' | 'left'

export type SlotLimits = Readonly<Record<SlotKind, number>>

const pods = 4

const words = {
  request: 'requests are under way',
  tunnel: 'tunnels are open',
  left: 'requests wait for tools whose clients have gone',
} satisfies Record<SlotKind, string>

export class CallerSlots {
  readonly #callerLimits: SlotLimits
  readonly #accountLimits: SlotLimits
  readonly #callers = new Map<string, Tally>()
  readonly #accounts = new Map<string, Tally>()

  constructor(limits: SlotLimits) {
    this.#callerLimits = limits
    this.#accountLimits = {
      request: limits.request * pods,
      tunnel: limits.tunnel * pods,
      left: limits.left * pods,
    }
  }

  /** Throws LIMIT when the caller, or its account, has too many of that kind. */
  take({ caller, account }: Payer, kind: 'request' | 'tunnel'): Slot {
    const own = this.#callers.get(caller) ?? new Tally(this.#callers, caller, this.#callerLimits)
    const whole = this.#accounts.get(account) ?? new Tally(this.#accounts, account, this.#accountLimits)
    if (!own.hasRoom(kind)) throw tooMany(account, `${this.#callerLimits[kind]} ${words[kind]}`)
    if (!whole.hasRoom(kind)) {
      throw tooMany(account, `${this.#accountLimits[kind]} ${words[kind]} in all of its pods`)
    }
    return new Slot(kind, own, whole)
  }
}

export class Slot {
  readonly #own: Tally
  readonly #whole: Tally
  #kind: SlotKind | undefined

  constructor(kind: SlotKind, own: Tally, whole: Tally) {
    this.#kind = kind
    this.#own = own
    this.#whole = whole
    own.change(kind, 1)
    whole.change(kind, 1)
  }

  /** The client has ended its side. Where too many have already, the slot stays what it was. */
  leave(): void {
    const isMoved = this.#kind !== undefined && this.#own.hasRoom('left') && this.#whole.hasRoom('left')
    if (isMoved) this.#become('left')
  }

  /** May be called again. */
  release(): void {
    this.#become(undefined)
  }

  #become(kind: SlotKind | undefined): void {
    for (const tally of [this.#own, this.#whole]) {
      if (kind !== undefined) tally.change(kind, 1)
      if (this.#kind !== undefined) tally.change(this.#kind, -1)
    }
    this.#kind = kind
  }
}

/** How much somebody has under way; among the others for as long as that is anything. */
class Tally {
  readonly #all: Map<string, Tally>
  readonly #name: string
  readonly #limits: SlotLimits
  readonly #counts = { request: 0, tunnel: 0, left: 0 }

  constructor(all: Map<string, Tally>, name: string, limits: SlotLimits) {
    this.#all = all
    this.#name = name
    this.#limits = limits
  }

  hasRoom(kind: SlotKind): boolean {
    return this.#counts[kind] < this.#limits[kind]
  }

  change(kind: SlotKind, change: 1 | -1): void {
    const counts = this.#counts
    const before = counts.request + counts.tunnel + counts.left
    counts[kind] += change
    if (before === 0) this.#all.set(this.#name, this)
    else if (before + change === 0) this.#all.delete(this.#name)
  }
}

function tooMany(account: string, why: string): ConnectorsError {
  return new ConnectorsError('LIMIT', 'TooManyRequests', `Cannot serve another request of ${account}: ${why}`)
}
