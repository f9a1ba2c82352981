// What the call to a tool tells the exchange that it belongs to.
import type { Failure } from '../../message/failure.ts'
import type { Answer, Outcome } from '../../message/ports.ts'
import type { RequestHead } from '../parse/request-head.ts'

export interface CallListener {
  readonly head: RequestHead
  fail(failure: Failure): void
  /** The connection is gone; `isUntouched`: before any byte of an answer. */
  lost(isUntouched: boolean, error: Error | undefined): void
  /** The verdict on the response is an answer in its place. */
  replaced(answer: Answer): void
  /** The connection to the tool speaks another protocol from now on. */
  upgraded(): void
  completed(closesClient: boolean, outcome: Outcome): void
}
