// One process of several acts: the one that holds a Lease. A holder stops before its Lease can have ended, measured
// by its own clock from before it asked; the others wait for as long as they themselves have seen it unchanged. So
// no two clocks are ever compared.
import type { ObjectKey } from '../../connector/object.ts'
import type { Clock } from '../../runtime/clock.ts'
import { hasCode, KubeApiError } from '../client/api-error.ts'
import type { KubeClient } from '../client/client.ts'
import { type Lease, refKey } from '../object/objects.ts'
import { leases } from '../object/resources.ts'

export interface LeaderElection {
  /** False from when another may lead, also in a process that was frozen and woke a moment ago. */
  readonly isLeading: boolean
  /** Throws when not leading. */
  assertLeading(): void
  /**
   * Waits for the Lease, then calls `lead`, and gives the Lease back when that has ended. Rejects with UNAVAILABLE
   * when the Lease was lost: what this process knows is to be learned anew.
   */
  run(
    lead: (options: { readonly signal: AbortSignal }) => Promise<void>,
    options: { readonly signal: AbortSignal },
  ): Promise<void>
}

export interface LeaderElectionOptions {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'replace'>
  readonly clock: Clock
  readonly lease: ObjectKey
  /** Of this process, and of no other that ever was. */
  readonly identity: string
  /** For how long after its last sign of life a holder is believed to act. */
  readonly leaseMs: number
  /** Told of what goes wrong between here and the API server; the next attempt follows by itself. */
  readonly onError: (error: unknown) => void
}

/** Of a process that has no others beside it. */
export const soleLeader: LeaderElection = {
  isLeading: true,
  assertLeading() {},
  run: (lead, options) => lead(options),
}

/** A version of the Lease, and since when it is known: monotonic milliseconds. */
export interface Sighting {
  readonly lease: Lease
  readonly sinceMs: number
}

export type LeaseDecision =
  | { readonly act: 'create' | 'take' | 'renew' }
  | { readonly act: 'wait'; readonly untilMs: number }

export function decideLease(
  sighting: Sighting | undefined,
  {
    identity,
    nowMs,
    leaseMs,
  }: { readonly identity: string; readonly nowMs: number; readonly leaseMs: number },
): LeaseDecision {
  if (sighting === undefined) return { act: 'create' }
  const { holderIdentity, leaseDurationSeconds } = sighting.lease.spec ?? {}
  if (holderIdentity === identity) return { act: 'renew' }
  if (!holderIdentity) return { act: 'take' }
  // The holder's own promise counts, which may be another version's.
  const untilMs = sighting.sinceMs + (leaseDurationSeconds ? leaseDurationSeconds * 1000 : leaseMs)
  return nowMs < untilMs ? { act: 'wait', untilMs } : { act: 'take' }
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const { client, clock, lease: ref, identity, leaseMs, onError } = options
  const renewMs = leaseMs / 5
  // What was sent in the last moment needs time to arrive.
  const trustMs = leaseMs - renewMs
  let sighting: Sighting | undefined
  /** While a deleted Lease's holder may act: it will have stopped then, or made the Lease anew. */
  let deletedUntilMs = Number.NEGATIVE_INFINITY
  /** The sighting is what our last write was answered with: the next one needs no reading before it. */
  let isOwnWrite = false
  let leadsUntilMs = Number.NEGATIVE_INFINITY

  const isLeading = () => clock.monotonicMs() < leadsUntilMs
  const leftOf = (untilMs: number) => Math.max(1, untilMs - clock.monotonicMs())

  function see(lease: Lease | undefined): void {
    if (lease === undefined) {
      const { holderIdentity } = sighting?.lease.spec ?? {}
      if (sighting && holderIdentity && holderIdentity !== identity)
        deletedUntilMs = sighting.sinceMs + leaseMs
      sighting = undefined
    } else if (lease.metadata.resourceVersion !== sighting?.lease.metadata.resourceVersion) {
      sighting = { lease, sinceMs: clock.monotonicMs() }
    }
  }

  /** Writes the Lease where it may be had. Returns until when it is held, or when to look again. */
  async function attempt({
    untilMs,
    signal,
  }: {
    readonly untilMs: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly heldUntilMs: number } | { readonly againMs: number }> {
    if (isOwnWrite) {
      try {
        return await write('renew', { untilMs, signal })
      } catch (error) {
        if (!isConflict(error) && !hasCode(error, 'NOT_FOUND')) throw error
      }
    }
    see(await client.find(leases, ref, { signal, timeoutMs: leftOf(untilMs) }))
    const nowMs = clock.monotonicMs()
    if (sighting === undefined && nowMs < deletedUntilMs) return { againMs: deletedUntilMs }
    const decision = decideLease(sighting, { identity, nowMs, leaseMs })
    if (decision.act === 'wait') return { againMs: decision.untilMs }
    return write(decision.act, { untilMs, signal })
  }

  async function write(
    act: 'create' | 'take' | 'renew',
    { untilMs, signal }: { readonly untilMs: number; readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly heldUntilMs: number }> {
    const startedMs = clock.monotonicMs()
    const call = { signal, timeoutMs: leftOf(untilMs) }
    const renewTime = microTime(clock.now())
    const seconds = Math.ceil(leaseMs / 1000)
    const ours = { holderIdentity: identity, leaseDurationSeconds: seconds, renewTime }
    isOwnWrite = false
    if (sighting === undefined) {
      const spec = { ...ours, acquireTime: renewTime, leaseTransitions: 0 }
      see(await client.create(leases, { metadata: ref, spec }, call))
    } else {
      const { lease } = sighting
      const transitions = (lease.spec?.leaseTransitions ?? 0) + 1
      const taken = act === 'take' ? { acquireTime: renewTime, leaseTransitions: transitions } : {}
      // Refused when anybody wrote it since it was read.
      see(await client.replace(leases, { ...lease, spec: { ...lease.spec, ...ours, ...taken } }, call))
    }
    isOwnWrite = true
    return { heldUntilMs: startedMs + trustMs }
  }

  async function acquire(signal: AbortSignal): Promise<void> {
    for (;;) {
      const startedMs = clock.monotonicMs()
      let againMs = startedMs + renewMs
      try {
        const outcome = await attempt({ untilMs: startedMs + leaseMs, signal })
        if ('heldUntilMs' in outcome) {
          leadsUntilMs = outcome.heldUntilMs
          if (isLeading()) return
        } else {
          againMs = Math.min(againMs, outcome.againMs)
        }
      } catch (error) {
        signal.throwIfAborted()
        if (!isConflict(error)) onError(error)
      }
      await clock.sleep(leftOf(againMs), { signal })
    }
  }

  /** Renews until `signal` is aborted. False when the Lease is another's, or can be. */
  async function keep(signal: AbortSignal): Promise<boolean> {
    // Counted from the start of the write before: an API server that takes its time must not cost twice.
    let nextMs = leadsUntilMs - trustMs + renewMs
    for (;;) {
      await clock.sleep(leftOf(Math.min(nextMs, leadsUntilMs)), { signal }).catch(() => {})
      if (signal.aborted) return true
      if (!isLeading()) return false
      nextMs = clock.monotonicMs() + renewMs
      try {
        // Not ended by the signal: whether it was written must be known when the Lease is given back.
        const outcome = await attempt({ untilMs: leadsUntilMs })
        // A Lease that is ours again after we may have lost it is another one.
        if (!('heldUntilMs' in outcome) || !isLeading()) return false
        leadsUntilMs = outcome.heldUntilMs
      } catch (error) {
        if (!isConflict(error)) onError(error)
      }
    }
  }

  /** So that the next one need not wait for the end of a Lease that nobody holds. */
  async function release(): Promise<void> {
    leadsUntilMs = Number.NEGATIVE_INFINITY
    if (sighting === undefined) return
    const { lease } = sighting
    const spec = {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: microTime(clock.now()),
    }
    try {
      await client.replace(leases, { ...lease, spec }, { timeoutMs: renewMs })
    } catch (error) {
      if (!isConflict(error)) onError(error)
    }
  }

  return {
    get isLeading() {
      return isLeading()
    },
    assertLeading() {
      if (!isLeading()) throw notLeading('write as leader', ref)
    },
    async run(lead, { signal }) {
      try {
        await acquire(signal)
      } catch (error) {
        if (signal.aborted) return
        throw error
      }
      const lost = new AbortController()
      const ended = new AbortController()
      const leading = lead({ signal: AbortSignal.any([signal, lost.signal]) }).finally(() => ended.abort())
      // It is waited for below, and may fail before.
      leading.catch(() => {})
      const isKept = await keep(ended.signal)
      if (!isKept) {
        leadsUntilMs = Number.NEGATIVE_INFINITY
        lost.abort(notLeading('go on as leader', ref))
        await leading
        throw notLeading('go on as leader', ref)
      }
      try {
        await leading
      } finally {
        await release()
      }
    },
  }
}

function notLeading(what: string, lease: ObjectKey): KubeApiError {
  const message = `Cannot ${what}: Lease "${refKey(lease)}" is held by another or may have ended`
  return new KubeApiError({ code: 'UNAVAILABLE', reason: 'NotLeading', message }, { status: 0 })
}

/** Another one wrote first. */
function isConflict(error: unknown): boolean {
  return hasCode(error, 'CONFLICT')
}

/** The API's times with fractions have six digits of them. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
