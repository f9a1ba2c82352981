// What is told of an exchange when it has ended, once.
import { type Failure, internalFailure } from '../message/failure.ts'
import type { Answer, AnswerDecision, Outcome } from '../message/ports.ts'
import type { ExchangeClient } from './exchange-client.ts'
import type { RequestHead } from './parse/request-head.ts'
import type { ServerContext } from './server-context.ts'

export interface ExchangeEnd {
  readonly outcome: Outcome
  readonly failure: Failure | undefined
  /** Of the answer, as far as it went; 0 for none. */
  readonly status: number
  readonly bytesOut: number
}

/** Ends that must not read as the status that the answer began with; 499 is what other proxies write as well. */
const endStatus: Partial<Record<Outcome, number>> = { 'client-aborted': 499, 'server-closed': 503 }

export class ExchangeReport {
  /** Who is told. */
  decision: Pick<AnswerDecision, 'onEnd'> | undefined
  readonly #head: RequestHead
  readonly #client: Pick<ExchangeClient, 'body' | 'connection'>
  readonly #context: Pick<ServerContext, 'clock' | 'answerTo'>
  readonly startedAt: number

  constructor(
    head: RequestHead,
    client: Pick<ExchangeClient, 'body' | 'connection'>,
    context: Pick<ServerContext, 'clock' | 'answerTo'>,
  ) {
    this.#head = head
    this.#client = client
    this.#context = context
    this.startedAt = context.clock.monotonicMs()
  }

  /** What to answer when even telling the end fails. */
  tell({ outcome, failure, status, bytesOut }: ExchangeEnd): Answer | undefined {
    const { body, connection } = this.#client
    try {
      this.decision?.onEnd?.({
        status: failure?.status ?? endStatus[outcome] ?? status,
        outcome,
        failure,
        bytesIn: body.bytes,
        bytesOut,
        durationMs: this.#context.clock.monotonicMs() - this.startedAt,
      })
      return undefined
    } catch (error) {
      return this.#context.answerTo(internalFailure(error), this.#head, connection.peer).answer
    }
  }
}

/** How an exchange ended that failed. */
export const outcomeOf = (failure: Failure): Outcome => {
  if (failure.status === 504 || failure.status === 408) return 'timeout'
  return failure.status === 502 ? 'upstream-failed' : 'answered'
}
