// The controller of one kind: which changes concern which of its keys, and what is done about a key. Each folder of a
// kind has its own; main holds the list.
import { hasCode, isNamespaceEnding } from '../kube/client/api-error.ts'
import type { KubeClient } from '../kube/client/client.ts'
import type { EventRecorder } from '../kube/work/event-recorder.ts'
import type { Handled, Queue } from '../kube/work/queue.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { aborted } from '../runtime/shutdown.ts'
import type { Builtins } from './builtins/read.ts'
import type { CheckResults } from './checks/results.ts'
import type { SendCheck } from './checks/send-check.ts'
import type { ControllerConfig } from './config.ts'
import type { Watches } from './watches.ts'

export type KindController = {
  /** As the log and the metrics name it. */
  readonly kind: string
  /** Filled by the changes that its maker follows. */
  readonly queue: Queue
  reconcile(key: string, options: { readonly signal: AbortSignal }): Promise<Handled>
  /** The owner of a check was answered; others than its own are to be ignored. */
  onAnswer?(owner: string): void
  /** A lead begins: what is not there sends no change. */
  begin?(): void
}

export type KindContext = {
  readonly config: ControllerConfig
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly events: Pick<EventRecorder, 'record'>
  readonly watches: Watches
  readonly builtins: Builtins
  readonly results: CheckResults
  readonly sendCheck: SendCheck
}

export type RunOptions = {
  readonly log: Log
  readonly signal: AbortSignal
  /** Nothing is decided before the objects are known. */
  readonly after: Promise<void>
}

const workers = 8

/** Handles what the queues hold until `signal` is aborted. */
export async function runKindControllers(
  controllers: readonly KindController[],
  { log, signal, after }: RunOptions,
): Promise<void> {
  for (const controller of controllers) controller.begin?.()
  await Promise.race([after, aborted(signal)])
  const run = ({ kind, queue, reconcile }: KindController) =>
    queue.run({
      workers,
      signal,
      handle: reconcile,
      onError({ key, error, retryMs }) {
        // Somebody else wrote first: the news is on its way, and nothing is wrong.
        if (hasCode(error, 'CONFLICT') || isNamespaceEnding(error)) return
        log.warn('cannot reconcile', { kind, key, retryMs: Math.round(retryMs), error })
      },
    })
  await Promise.all(controllers.map(run))
}

/** RFC 3339, in seconds as the API writes times. */
export function timestamp(clock: Pick<Clock, 'now'>): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`
}
