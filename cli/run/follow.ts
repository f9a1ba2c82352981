// Following a TaskRun or PipelineRun to its end: what its steps write, and how it ended.
import { ConnectorsError } from '../../connector/errors.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { type ObjectRef, refKey } from '../../kube/object/objects.ts'
import type { Resource } from '../../kube/object/resources.ts'
import { type PipelineRun, type RunResult, type TaskRun, taskRuns } from '../../kube/object/tekton.ts'
import type { Clock } from '../../runtime/clock.ts'
import { oneLine } from '../output.ts'
import { type Child, childrenOf, labelOf } from './label.ts'
import { followSteps } from './steps.ts'

export type FollowOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Takes whole lines, without their end; others wrote them. */
  readonly write: (line: string) => void
}

export type Outcome = {
  readonly succeeded: boolean
  readonly reason: string
  readonly message: string
  readonly results: readonly RunResult[]
}

const pollMs = 500
// An API server that restarts is back by then.
const patienceMs = 60_000

/** Rejects when `signal` is aborted; the run goes on then. */
export async function followRun(
  resource: Resource<TaskRun> | Resource<PipelineRun>,
  ref: ObjectRef,
  options: FollowOptions,
): Promise<Outcome> {
  const { client, clock, signal } = options
  // What still writes of a run that cannot be followed any more would only add to the reason.
  const failed = new AbortController()
  const taskSignal = AbortSignal.any([signal, failed.signal])
  const followed = new Map<string, Promise<void>>()
  const find = () => client.find(resource as Resource<TaskRun & PipelineRun>, ref, { signal })
  try {
    for (;;) {
      const run = await patiently(find, options)
      if (run === undefined) throw deletedError(resource, ref)
      for (const child of childrenOf(run)) {
        if (followed.has(child.name)) continue
        const taskOptions = { ...options, signal: taskSignal, child }
        followed.set(child.name, followTaskRun({ namespace: ref.namespace, name: child.name }, taskOptions))
      }
      const outcome = outcomeOf(run)
      if (outcome !== undefined) {
        await Promise.all(followed.values())
        signal.throwIfAborted()
        return outcome
      }
      await clock.sleep(pollMs, { signal })
    }
  } catch (error) {
    failed.abort()
    await Promise.all(followed.values())
    throw error
  }
}

function deletedError({ kind }: Pick<Resource, 'kind'>, ref: ObjectRef): ConnectorsError {
  const message = `Cannot follow ${kind} "${refKey(ref)}" to its end: it was deleted`
  return new ConnectorsError('NOT_FOUND', 'RunDeleted', message)
}

function outcomeOf({ status }: TaskRun | PipelineRun): Outcome | undefined {
  const condition = status?.conditions?.find(({ type }) => type === 'Succeeded')
  if (condition === undefined || condition.status === 'Unknown') return undefined
  const { reason, message = '' } = condition
  return { succeeded: condition.status === 'True', reason, message, results: status?.results ?? [] }
}

/** Never rejects: what cannot be shown of one task is no reason to leave the others. */
async function followTaskRun(
  ref: ObjectRef,
  options: FollowOptions & { readonly child: Child },
): Promise<void> {
  const { client, clock, signal, write, child } = options
  let label = labelOf(child)
  // A retry has a Pod of its own.
  const seen = new Set<string>()
  try {
    for (;;) {
      const taskRun = await patiently(() => client.find(taskRuns, ref, { signal }), options)
      if (taskRun === undefined) return
      label = labelOf(child, taskRun)
      const podName = taskRun.status?.podName
      const outcome = outcomeOf(taskRun)
      if (podName && !seen.has(podName)) {
        seen.add(podName)
        await followSteps({ namespace: ref.namespace, name: podName }, { ...options, label })
      } else if (outcome === undefined) await clock.sleep(pollMs, { signal })
      else {
        // A PipelineRun only counts the tasks that failed.
        if (label !== '' && !outcome.succeeded) {
          write(oneLine(`[${label}] failed: ${outcome.reason}: ${outcome.message}`))
        }
        return
      }
    }
  } catch (error) {
    if (signal.aborted) return
    write(`[${label || ref.name}] ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function patiently<T>(
  read: () => Promise<T>,
  { clock, signal }: Pick<FollowOptions, 'clock' | 'signal'>,
): Promise<T> {
  const untilMs = clock.monotonicMs() + patienceMs
  for (;;) {
    try {
      return await read()
    } catch (error) {
      signal.throwIfAborted()
      const isPassing = error instanceof ConnectorsError && ['UNAVAILABLE', 'TIMEOUT'].includes(error.code)
      if (!isPassing || clock.monotonicMs() > untilMs) throw error
      await clock.sleep(pollMs, { signal })
    }
  }
}
