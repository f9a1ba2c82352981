// The controller's table of contents: what it is made of, and how it begins and ends. It keeps Connectors, their
// classes and the grants of their scopes true.
import { hostname } from 'node:os'
import type { KubeClient } from '../kube/client.ts'
import { createEventRecorder } from '../kube/event-recorder.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { TrustStore } from '../upstream/trust.ts'
import { CheckResults } from './check-results.ts'
import type { ControllerConfig } from './config.ts'
import { createReconcilers, runReconcilers } from './reconcile.ts'
import { createQueues, routeAnswer, routeChanges, routeSecret } from './route-changes.ts'
import { createSendCheck } from './send-check.ts'
import { startServer } from './server.ts'
import { createWatches, runWatches } from './watches.ts'

export type RunningController = {
  /** Base URL of /healthz, /readyz and /metrics. */
  readonly metricsUrl: string
  /** Resolves when all work has ended, after `signal` was aborted. */
  readonly ended: Promise<void>
}

export type ControllerOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Works once it knows the cluster, which its readiness says. Ends with `signal`. */
export async function startController(
  config: ControllerConfig,
  { client, clock, log, signal }: ControllerOptions,
): Promise<RunningController> {
  const { systemNamespace } = config.proxy
  const onError = (error: unknown) => log.warn('cannot follow the cluster', { error })
  const events = createEventRecorder({
    client,
    clock,
    component: 'connectors-controller',
    instance: hostname(),
    // A change of a class is told on each of its Connectors, and none of them may miss it.
    maxPending: 20_000,
    onError: error => log.warn('cannot write an event', { error }),
  })
  const queues = createQueues({ clock, maxBackoffMs: config.probeIntervalMs })
  const onSecret = (key: string) => routeSecret(watches, queues, key)
  const watches = createWatches({ client, clock, systemNamespace, onError, onSecret })
  const results = new CheckResults({
    clock,
    intervalMs: config.probeIntervalMs,
    concurrency: config.probeConcurrency,
    concurrencyPerHost: 2,
    onResult: owner => routeAnswer(queues, owner),
    onError: error => log.error('cannot run a check', { error }),
  })
  const trust = new TrustStore({ capacity: 1 })
  const sendCheck = createSendCheck({ clock, trust: () => trust.context([]), connectTo: config.connectTo })
  const reconcilers = createReconcilers({ config, client, clock, log, events, watches, results, sendCheck })
  routeChanges(watches, queues, { events })

  const synced = Promise.withResolvers<void>()
  let isSynced = false
  const onSynced = () => {
    isSynced = true
    synced.resolve()
  }
  const server = await startServer({
    address: config.metricsAddress,
    watches,
    queues,
    events,
    isSynced: () => isSynced,
    signal,
  })
  const running = [
    runWatches(watches, { clock, signal, onSynced }),
    runReconcilers(reconcilers, queues, { log, signal, after: synced.promise }),
    results.run({ signal }),
    events.run({ signal }),
  ]
  log.info('controller started', { metrics: server.url })
  return { metricsUrl: server.url, ended: end() }

  async function end(): Promise<void> {
    await Promise.all(running)
    await server.close()
    log.info('controller ended')
  }
}
