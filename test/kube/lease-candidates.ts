// Candidates for one Lease, each with a clock of its own, and the API server that keeps it.
import { KubeApiError } from '../../kube/client/api-error.ts'
import type { Lease } from '../../kube/object/objects.ts'
import {
  createLeaderElection,
  type LeaderElection,
  type LeaderElectionOptions,
} from '../../kube/work/leader-election.ts'
import { createManualClock, type ManualClock } from '../runtime/manual-clock.ts'

export const leaseMs = 10_000
const place = { namespace: 'system', name: 'controller' }

export function leaseOf(spec: Lease['spec'], version = 1): Lease {
  return { metadata: { ...place, resourceVersion: String(version) }, ...(spec && { spec }) }
}

/** What an API server does with one Lease. */
export class LeaseStore {
  lease: Lease | undefined
  version = 0
  /** `name verb` of each write that was asked for. */
  readonly writes: string[] = []
  /** Throws instead of answering, before or after the Lease was written. */
  failing: 'never' | 'before' | 'after' = 'never'
  /** Before each answer to the one of that name. */
  delay: (name: string) => Promise<void> = async () => {}

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity
  }

  write(spec: Lease['spec']): Lease {
    this.lease = leaseOf(spec, ++this.version)
    return this.lease
  }

  clientOf(name: string): LeaderElectionOptions['client'] {
    const answer = async (lease: Lease | undefined) => {
      if (this.failing !== 'never') throw refusal('UNAVAILABLE')
      return lease as never
    }
    const write = (verb: string, isFree: () => boolean, given: unknown) => {
      this.writes.push(`${name} ${verb}`)
      if (this.failing === 'before') throw refusal('UNAVAILABLE')
      if (!isFree()) throw refusal('CONFLICT')
      return answer(this.write((given as Lease).spec))
    }
    return {
      find: async () => {
        await this.delay(name)
        return this.failing === 'after' ? (this.lease as never) : answer(this.lease)
      },
      create: async (_, given) => {
        await this.delay(name)
        return write('create', () => this.lease === undefined, given)
      },
      replace: async (_, given) => {
        await this.delay(name)
        if (this.lease === undefined) throw refusal('NOT_FOUND')
        const { resourceVersion } = given.metadata
        return write('replace', () => this.lease?.metadata.resourceVersion === resourceVersion, given)
      },
    }
  }
}

function refusal(code: 'CONFLICT' | 'NOT_FOUND' | 'UNAVAILABLE'): KubeApiError {
  return new KubeApiError({ code, reason: code, message: `Cannot write: ${code}` }, { status: 0 })
}

export interface Candidate {
  readonly election: LeaderElection
  readonly clock: ManualClock
  readonly errors: unknown[]
  /** Time goes on, and nothing in the process happens. */
  freeze(ms: number): void
  isLeading(): boolean
  /** Whether `lead` was told to end. */
  isEnded(): boolean
  /** What `run` came to. */
  outcome(): string
  stop(): Promise<void>
}

export function candidate(store: LeaseStore, name: string, lead?: () => Promise<void>): Candidate {
  // Clocks of different machines have nothing in common.
  const clock = createManualClock(name.charCodeAt(0) * 1e9)
  const errors: unknown[] = []
  let frozenMs = name.charCodeAt(0) * 1e6
  const election = createLeaderElection({
    client: store.clientOf(name),
    clock: { ...clock, monotonicMs: () => clock.monotonicMs() + frozenMs },
    lease: place,
    identity: name,
    leaseMs,
    onError: error => errors.push(error),
  })
  const end = new AbortController()
  let outcome = 'runs'
  let leading: AbortSignal | undefined
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  const running = election
    .run(
      ({ signal }) => {
        leading = signal
        return lead?.() ?? untilAborted(signal)
      },
      { signal: end.signal },
    )
    .then(
      () => {
        outcome = 'ended'
      },
      (error: { reason?: string; message: string }) => {
        outcome = error.reason ?? error.message
      },
    )
  return {
    election,
    clock,
    errors,
    freeze(ms) {
      frozenMs += ms
    },
    isLeading() {
      try {
        election.assertLeading()
        return leading !== undefined
      } catch {
        return false
      }
    },
    isEnded: () => leading?.aborted === true,
    outcome: () => outcome,
    async stop() {
      end.abort()
      await running
    },
  }
}

/** Moves all clocks in steps, and looks after each. */
export async function pass(ms: number, candidates: readonly Candidate[], look = () => {}): Promise<void> {
  for (let passed = 0; passed < ms; passed += 250) {
    for (const { clock } of candidates) await clock.advance(250)
    look()
  }
}
