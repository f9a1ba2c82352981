// Lookups: names asked of the system's resolver. It answers on few threads, and a name server that is silent keeps one
// for many seconds: owners of addresses take turns, slow ones among themselves, and one name is asked once however
// many wait for it.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { BoundedMap } from '../../runtime/bounded-map.ts'
import type { Clock } from '../../runtime/clock.ts'
import { FairLanes, type LaneLimits } from '../../runtime/fair-lanes.ts'
import { DialError } from './dial-error.ts'

export type LookupsOptions = {
  readonly clock: Clock
  /** Asks the system; another one in tests of what a slow resolver does. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

export type LookupFor = {
  /** Who named the host: a namespace. */
  readonly owner: string
  /** What messages call the host. */
  readonly target: string
}

/** Together fewer than the threads there are (UV_THREADPOOL_SIZE in the launcher), which others need as well. */
const quickLanes: LaneLimits = { total: 8, perPayer: 2, waitingPerPayer: 1024, waitMs: 10_000 }
const slowLanes: LaneLimits = { total: 4, perPayer: 1, waitingPerPayer: 256, waitMs: 10_000 }
/** An owner whose look-up took longer is a slow one for a while. */
const quickMs = 2000
const slowForMs = 600_000

/** An answer serves for so long: what moves must be found. */
const keepMs = 5000
const maxKnown = 4096

export class Lookups {
  readonly #options: LookupsOptions
  readonly #quick: FairLanes
  readonly #slow: FairLanes
  readonly #known = new BoundedMap<{ readonly addresses: readonly string[]; readonly untilMs: number }>(
    maxKnown,
  )
  readonly #running = new Map<string, Promise<readonly string[]>>()
  readonly #slowUntilMs = new BoundedMap<number>(maxKnown)

  constructor(options: LookupsOptions) {
    this.#options = options
    const refusal = () => new Error('too many hosts are being looked up')
    this.#quick = new FairLanes({ clock: options.clock, refusal, ...quickLanes })
    this.#slow = new FairLanes({ clock: options.clock, refusal, ...slowLanes })
  }

  /** At least one address. Throws DialError. */
  async find(host: string, { owner, target }: LookupFor): Promise<readonly string[]> {
    if (isIP(host) > 0) return [host]
    const known = this.#known.get(host)
    if (known !== undefined && known.untilMs > this.#options.clock.monotonicMs()) return known.addresses
    try {
      return await (this.#running.get(host) ?? this.#start(host, owner))
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      const why =
        code === undefined || code === 'EAI_AGAIN' ? 'looking up the host failed for now' : 'no such host'
      throw new DialError('NameNotFound', target, why, { cause: error })
    }
  }

  #start(host: string, owner: string): Promise<readonly string[]> {
    const isSlow = (this.#slowUntilMs.get(owner) ?? 0) > this.#options.clock.monotonicMs()
    const lanes = isSlow ? this.#slow : this.#quick
    const running = lanes.run(owner, () => this.#ask(host, owner)).finally(() => this.#running.delete(host))
    this.#running.set(host, running)
    return running
  }

  async #ask(host: string, owner: string): Promise<readonly string[]> {
    const { clock, resolve = systemAddresses } = this.#options
    const askedMs = clock.monotonicMs()
    try {
      const addresses = await resolve(host)
      this.#known.set(host, { addresses, untilMs: clock.monotonicMs() + keepMs })
      return addresses
    } finally {
      const nowMs = clock.monotonicMs()
      if (nowMs - askedMs > quickMs) this.#slowUntilMs.set(owner, nowMs + slowForMs)
    }
  }
}

async function systemAddresses(host: string): Promise<readonly string[]> {
  const entries = await lookup(host, { all: true, order: 'verbatim' })
  return entries.map(entry => entry.address)
}
