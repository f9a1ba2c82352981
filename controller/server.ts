// The controller's side door: health and metrics.
import type { EventRecorder } from '../kube/work/event-recorder.ts'
import type { LeaderElection } from '../kube/work/leader-election.ts'
import type { Address } from '../runtime/flags.ts'
import { type HealthServer, startHealthServer } from '../runtime/health.ts'
import { createMetrics, type Metrics } from '../runtime/metrics.ts'
import type { KindController } from './kind-controller.ts'
import type { Watches } from './watches.ts'

export type ServerOptions = {
  readonly address: Address
  readonly watches: Watches
  readonly controllers: readonly KindController[]
  readonly events: Pick<EventRecorder, 'dropped'>
  readonly election: Pick<LeaderElection, 'isLeading'>
  readonly isSynced: () => boolean
  readonly signal: AbortSignal
}

export function startServer(options: ServerOptions): Promise<HealthServer> {
  const { address, isSynced, signal } = options
  const metrics = createMetrics({ process: true })
  describeState(metrics, options)
  const checks = { caches: () => (isSynced() ? undefined : 'the objects are not all known yet') }
  return startHealthServer({ ...address, checks, metrics, stopping: signal })
}

function describeState(
  metrics: Metrics,
  {
    watches,
    controllers,
    events,
    election,
  }: Pick<ServerOptions, 'watches' | 'controllers' | 'events' | 'election'>,
): void {
  metrics.gauge({
    name: 'connectors_leading',
    help: '1 for the one controller that acts, 0 for one that stands by',
    read: () => (election.isLeading ? 1 : 0),
  })
  metrics.gauge({
    name: 'connectors_connectors',
    help: 'Connectors by class, readiness and its reason',
    labels: ['class', 'ready', 'reason'],
    read: () => connectorCounts(watches),
  })
  metrics.gauge({
    name: 'connectors_queue_depth',
    help: 'Objects that wait to be looked at',
    labels: ['queue'],
    read: () => controllers.map(({ kind, queue }) => [queue.depth, kind] as const),
  })
  metrics.gauge({
    name: 'connectors_events_dropped',
    help: 'Events that were not told since the start, because too many waited',
    read: () => events.dropped,
  })
}

function connectorCounts(watches: Watches): Iterable<readonly [number, ...string[]]> {
  const counts = new Map<string, { count: number; readonly labels: readonly string[] }>()
  for (const { spec, status } of watches.connectors.list()) {
    const ready = status?.conditions?.find(condition => condition.type === 'Ready')
    const labels = [spec.connectorClassName ?? '', ready?.status ?? 'Unknown', ready?.reason ?? '']
    const entry = counts.get(labels.join(' ')) ?? { count: 0, labels }
    counts.set(labels.join(' '), { ...entry, count: entry.count + 1 })
  }
  return [...counts.values()].map(({ count, labels }) => [count, ...labels] as const)
}
