// CallerSlots: what one caller has under way, by kind. Bounded for a caller and, at four times as much, for its
// account, so that one pod cannot take the proxy for itself, nor an account by having many pods.
import { ConnectorsError } from '../connector/errors.ts'
import type { Payer } from './caller.ts'

/** `left`: requests whose client has ended its side. They no longer stand in the way of the caller's others. */
export type SlotKind = 'request' | 'tunnel' | 'left'

export type SlotLimits = Readonly<Record<SlotKind, number>>

export type Slot = {
  /** The client has ended its side. Where too many have already, the slot stays what it was. */
  leave(): void
  /** May be called again. */
  release(): void
}

const pods = 4

const words = {
  request: 'requests are under way',
  tunnel: 'tunnels are open',
  left: 'requests wait for tools whose clients have gone',
} satisfies Record<SlotKind, string>

type Counts = Record<SlotKind, number>

export class CallerSlots {
  readonly #limits: SlotLimits
  /** Of those alone who have any. */
  readonly #callers = new Map<string, Counts>()
  readonly #accounts = new Map<string, Counts>()

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  /** Throws LIMIT when the caller, or its account, has too many of that kind. */
  take(payer: Payer, first: 'request' | 'tunnel'): Slot {
    const problem = this.#problem(payer, first)
    if (problem !== undefined) throw tooMany(payer.account, problem)
    let held: SlotKind | undefined = first
    this.#count(payer, first, 1)
    return {
      leave: () => {
        if (held === undefined || this.#problem(payer, 'left') !== undefined) return
        this.#count(payer, held, -1)
        this.#count(payer, 'left', 1)
        held = 'left'
      },
      release: () => {
        if (held !== undefined) this.#count(payer, held, -1)
        held = undefined
      },
    }
  }

  #problem({ caller, account }: Payer, kind: SlotKind): string | undefined {
    const limit = this.#limits[kind]
    if ((this.#callers.get(caller)?.[kind] ?? 0) >= limit) return `${limit} ${words[kind]}`
    const whole = limit * pods
    const isFull = (this.#accounts.get(account)?.[kind] ?? 0) >= whole
    return isFull ? `${whole} ${words[kind]} in all of its pods` : undefined
  }

  #count({ caller, account }: Payer, kind: SlotKind, change: 1 | -1): void {
    countIn(this.#callers, caller, kind, change)
    countIn(this.#accounts, account, kind, change)
  }
}

function countIn(all: Map<string, Counts>, key: string, kind: SlotKind, change: 1 | -1): void {
  let counts = all.get(key)
  if (counts === undefined) {
    counts = { request: 0, tunnel: 0, left: 0 }
    all.set(key, counts)
  }
  counts[kind] += change
  if (counts.request + counts.tunnel + counts.left === 0) all.delete(key)
}

function tooMany(account: string, why: string): ConnectorsError {
  return new ConnectorsError('LIMIT', 'TooManyRequests', `Cannot serve another request of ${account}: ${why}`)
}
