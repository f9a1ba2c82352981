// What the call to a tool tells the exchange that it belongs to.
import type { Answer, Origin, Outcome, Relay } from './decision.ts'
import type { Failure } from './failure.ts'
import type { RequestHead } from './request-head.ts'

export type Redirection<O extends Origin> = Answer | Relay<O>

export interface CallOwner<O extends Origin> {
  readonly head: RequestHead
  readonly isOver: boolean
  fail(failure: Failure): void
  /** The connection is gone; `isUntouched`: before any byte of an answer. */
  lost(isUntouched: boolean, error: Error | undefined): void
  /** The verdict on the response is something else in its place. */
  redirected(decide: () => Redirection<O> | Promise<Redirection<O>>): void
  completed(closesClient: boolean, outcome: Outcome): void
  /** Runs a step after a wait, unless the exchange has ended. */
  later(step: () => void): void
}
