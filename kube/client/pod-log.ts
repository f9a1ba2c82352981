// What a container of a Pod writes, as it comes.
import type { ObjectRef } from '../object/objects.ts'
import { pods } from '../object/resources.ts'
import type { Call, Caller, CallOptions } from './api-call.ts'

export interface PodLogQuery extends Pick<CallOptions, 'signal'> {
  readonly container: string
}

/** Ends with the container. Refused with INVALID while the container has not started. */
export async function* podLog(
  { open }: Pick<Caller, 'open'>,
  pod: ObjectRef,
  { container, signal }: PodLogQuery,
): AsyncGenerator<Buffer> {
  const call: Call = {
    verb: 'read the log of',
    method: 'GET',
    resource: pods,
    ref: pod,
    subresource: 'log',
    query: new URLSearchParams({ container, follow: 'true' }),
    signal,
    // The headers come with the first line of the container, however long that takes.
    timeoutMs: 24 * 60 * 60 * 1000,
    repeatable: true,
  }
  const answer = await open(call)
  try {
    yield* answer.chunks
  } finally {
    answer.close()
  }
}
