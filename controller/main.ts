// The controller's table of contents: what it is made of, and how it begins and ends. It keeps Connectors, their
// classes and the grants of their scopes true.
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createFeatureFlags } from '../cluster/feature-flags.ts'
import { createOwnAddresses } from '../cluster/own-addresses.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { permitWrites } from '../kube/client/write-permit.ts'
import { resourceInterfaces } from '../kube/object/resources.ts'
import { createEventRecorder, type EventRecorder } from '../kube/work/event-recorder.ts'
import { createLeaderElection, type LeaderElection, soleLeader } from '../kube/work/leader-election.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { throttledLog } from '../runtime/throttle.ts'
import { createReach } from '../tool/dial/resolve.ts'
import { TrustStore } from '../tool/dial/trust.ts'
import { createBuiltinsController } from './builtins/controller.ts'
import { readBuiltins } from './builtins/read.ts'
import { CheckResults } from './checks/results.ts'
import { createSendCheck } from './checks/send-check.ts'
import type { ControllerConfig } from './config.ts'
import { createConnectorController } from './connector/controller.ts'
import { createConnectorClassController } from './connector-class/controller.ts'
import { type KindController, runKindControllers } from './kind-controller.ts'
import { createScopeGrantsController } from './scope-grants/controller.ts'
import { createSealingKeysController } from './sealing-keys/controller.ts'
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

/** Works once it knows the cluster, which its readiness says, and leads. Ends with `signal`, or when it leads no more. */
export async function startController(
  config: ControllerConfig,
  { client, clock, log, signal }: ControllerOptions,
): Promise<RunningController> {
  const { systemNamespace } = config.proxy
  const builtins = await readBuiltins(config.builtins, { systemNamespace })
  const seldom = (message: string) => throttledLog({ write: log.warn, message, clock, quietMs: 60_000 })
  const onError = seldom('cannot follow the cluster')
  const election = electionOf(config, { client, clock, log })
  const writing = permitWrites(client, election.assertLeading)
  const recorder = createEventRecorder({
    client: writing,
    clock,
    component: 'connectors-controller',
    instance: hostname(),
    // A change of a class is told on each of its Connectors, and none of them may miss it.
    maxPending: 20_000,
    onError: seldom('cannot write an event'),
  })
  const events: Pick<EventRecorder, 'record'> = {
    // What all see, the leader tells.
    record: occurrence => election.isLeading && recorder.record(occurrence),
  }
  const features = createFeatureFlags({
    client,
    clock,
    configMap: config.configMap,
    defaults: {},
    onChange: said => log.info('feature flags changed', { ...said }),
    onProblem: problem => log.warn('feature flag ignored', { problem }),
    onError,
  })
  const watches = createWatches({ client, clock, systemNamespace, builtins, onError })
  const results = new CheckResults({
    clock,
    intervalMs: config.probeIntervalMs,
    concurrency: config.probeConcurrency,
    concurrencyPerHost: 2,
    onResult: owner => {
      for (const controller of controllers) controller.onAnswer?.(owner)
    },
    onError: error => log.error('cannot run a check', { error }),
  })
  const trust = new TrustStore({ capacity: 1 })
  const ownAddresses = createOwnAddresses({ client, clock, systemNamespace, onError })
  const { allowLoopback, deny, allow, connectTo } = config
  const reach = createReach({ allowLoopback, deny, allow, isOwn: ownAddresses.has }, { clock })
  const sendCheck = createSendCheck({ clock, trust: () => trust.context([]), connectTo, reach })
  const sinks = { client: writing, events, results, sendCheck }
  const context = { config, clock, log, watches, builtins, ...sinks }
  const controllers: readonly KindController[] = [
    createBuiltinsController(context),
    createConnectorController(context),
    createConnectorClassController(context),
    createScopeGrantsController(context),
  ]

  const sealingKeys = createSealingKeysController({
    client: writing,
    clock,
    log,
    systemNamespace,
    onError,
    ...config.sealingKeys,
  })

  const synced = Promise.withResolvers<void>()
  let isSynced = false
  const onSynced = () => {
    isSynced = true
    synced.resolve()
  }
  const failed = new AbortController()
  const stopping = AbortSignal.any([signal, failed.signal])
  const server = await startServer({
    address: config.metricsAddress,
    watches,
    controllers,
    events: recorder,
    election,
    isSynced: () => isSynced && features.isSynced && ownAddresses.isSynced,
    signal: stopping,
  })
  log.info('controller started', { metrics: server.url })
  return { metricsUrl: server.url, ended: run() }

  async function run(): Promise<void> {
    const followsInterfaces = [...builtins.values()].some(({ resource }) => resource === resourceInterfaces)
    const running = [
      runWatches(watches, { clock, signal: stopping, followsInterfaces, onSynced }),
      features.run({ signal: stopping }),
      ownAddresses.run({ signal: stopping }),
      sealingKeys.follow({ signal: stopping }),
      election.run(lead, { signal: stopping }),
    ]
    try {
      await Promise.all(running)
    } finally {
      failed.abort()
      await Promise.allSettled(running)
      await server.close()
      log.info('controller ended')
    }
  }

  async function lead(leading: { readonly signal: AbortSignal }): Promise<void> {
    log.info('controller leads')
    await Promise.all([
      runKindControllers(controllers, { log, after: synced.promise, ...leading }),
      results.run(leading),
      recorder.run(leading),
      sealingKeys.run(leading),
    ])
  }
}

function electionOf(
  { leaderElect, leaseMs, proxy }: ControllerConfig,
  { client, clock, log }: Omit<ControllerOptions, 'signal'>,
): LeaderElection {
  if (!leaderElect) return soleLeader
  return createLeaderElection({
    client,
    clock,
    lease: { namespace: proxy.systemNamespace, name: 'connectors-controller-manager' },
    identity: `${hostname()}_${randomUUID()}`,
    leaseMs,
    onError: throttledLog({ write: log.warn, message: 'cannot reach the lease', clock, quietMs: 60_000 }),
  })
}
