// Switches for tests: answers that a real server gives on a bad day.
import { conflict, expired, type Named, StatusError } from './status.ts'
import type { Store } from './store.ts'
import type { Watches } from './watch.ts'

export interface RequestFacts {
  /** As in RBAC: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string
  /** The plural; '' for paths that are no resource. */
  readonly resource: string
  readonly group: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  readonly path: string
}

export interface Fault {
  /** Which requests; a field that is absent matches all. */
  readonly match?: Partial<RequestFacts>
  /** How many of them; all until it is removed when absent. */
  readonly times?: number
  readonly answer?: 409 | 410 | 429 | 500 | 503
  /** For 429 and 503. */
  readonly retryAfterSeconds?: number
  /** Cuts the connection without an answer. */
  readonly reset?: boolean
  /** Holds the request until this settles; then it goes on (or gets the answer). */
  readonly until?: Promise<unknown>
}

export class Faults {
  readonly #faults = new Map<Fault, number>()
  readonly #watches: Watches
  readonly #store: Store

  constructor({ watches, store }: { watches: Watches; store: Store }) {
    this.#watches = watches
    this.#store = store
  }

  /** Puts a fault in place; what it returns takes it away again. */
  inject(fault: Fault): () => void {
    this.#faults.set(fault, fault.times ?? Number.POSITIVE_INFINITY)
    return () => {
      this.#faults.delete(fault)
    }
  }

  /** Ends open watches (of `plural.group`, or all) as a server does that is restarted. */
  closeWatches(resource?: string): void {
    this.#watches.end(resource)
  }

  /** Ends open watches with the 410 event, and forgets the changes so far: older revisions get 410 too. */
  expireWatches(resource?: string): void {
    this.#store.forgetHistory()
    this.#watches.end(resource, expired('The resourceVersion for the provided watch is too old.'))
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#watches.size
  }

  /** The fault that a request runs into, counted. */
  take(facts: RequestFacts): Fault | undefined {
    for (const [fault, left] of this.#faults) {
      const matches = Object.entries(fault.match ?? {}).every(
        ([field, wanted]) => facts[field as keyof RequestFacts] === wanted,
      )
      if (!matches) continue
      if (left <= 1) this.#faults.delete(fault)
      else this.#faults.set(fault, left - 1)
      return fault
    }
    return undefined
  }
}

/** The refusal that a fault stands for. */
export function faultError(fault: Fault, named: Named, name: string): StatusError | undefined {
  switch (fault.answer) {
    case undefined:
      return undefined
    case 409:
      return conflict(named, name)
    case 410:
      return expired('The resourceVersion for the provided watch is too old.')
    case 429:
      return new StatusError(429, 'TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: fault.retryAfterSeconds ?? 1,
      })
    case 503:
      return new StatusError(
        503,
        'ServiceUnavailable',
        'the server is currently unable to handle the request',
        {
          retryAfterSeconds: fault.retryAfterSeconds ?? 1,
        },
      )
    default:
      return new StatusError(500, 'InternalError', 'Internal error occurred: a fault was injected')
  }
}
