// What the connections of one server share.
import type { Clock } from '../../runtime/clock.ts'
import type { Failure } from '../message/failure.ts'
import type { Limits } from '../message/limits.ts'
import type { Answer, Decide } from '../message/ports.ts'
import type { BufferPool } from '../socket/buffer-pool.ts'
import type { RequestHead } from './parse/request-head.ts'
import type { UpstreamPool } from './upstream/pool.ts'

/** The answer to a failure; where formatting it failed in turn, `failure` is that. */
export interface FailureAnswer {
  readonly answer: Answer
  readonly failure: Failure
}

export interface ServerContext {
  readonly decide: Decide
  /** Never throws. */
  readonly answerTo: (failure: Failure, head: RequestHead | undefined, peer: string) => FailureAnswer
  readonly limits: Limits
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly buffers: BufferPool
  readonly upstreams: UpstreamPool
  /** Coarse time of the last sweep: good enough for idle connections, free for each event. */
  sweptAt: number
  isDraining: boolean
}
