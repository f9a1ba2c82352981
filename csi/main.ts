// The CSI driver's table of contents: what it is made of, and how it begins and ends.
import { createFeatureFlags } from '../cluster/feature-flags.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { createAccessReviewer } from '../kube/review/access-review.ts'
import { createEventRecorder } from '../kube/work/event-recorder.ts'
import manifest from '../package.json' with { type: 'json' }
import type { Clock } from '../runtime/clock.ts'
import { startHealthServer } from '../runtime/health.ts'
import type { Log } from '../runtime/log.ts'
import { createMetrics } from '../runtime/metrics.ts'
import { aborted } from '../runtime/shutdown.ts'
import { throttledLog } from '../runtime/throttle.ts'
import type { CsiConfig } from './config.ts'
import { registerCsiMetrics } from './csi-metrics.ts'
import { createIdentity, driverName } from './grpc/identity.ts'
import { createNode } from './grpc/node.ts'
import { createRegistration } from './grpc/registration.ts'
import { startCsiServer } from './grpc/server.ts'
import { createVolumeSources } from './sources.ts'

export type RunningCsiDriver = {
  /** Base URL of the health door. */
  readonly metricsUrl: string
  /** Resolves when the driver has ended, after `signal` was aborted. */
  readonly ended: Promise<void>
}

/** Serves once it listens; its readiness says when it knows the cluster. Ends with `signal`; volumes stay. */
export async function startCsiDriver(
  config: CsiConfig,
  options: {
    readonly client: KubeClient
    readonly clock: Clock
    readonly log: Log
    readonly signal: AbortSignal
  },
): Promise<RunningCsiDriver> {
  const { client, clock, log, signal } = options
  const seldom = (message: string) => throttledLog({ write: log.warn, message, clock, quietMs: 60_000 })
  const onError = seldom('cannot follow the cluster')
  const features = createFeatureFlags({
    client,
    clock,
    configMap: config.configMap,
    defaults: {
      'enable-connector-proxy-permissions': config.requireProxyPermission,
      'enable-multi-connector': config.multiConnector,
    },
    onChange: said => log.info('feature flags changed', { ...said }),
    onProblem: problem => log.warn('feature flag ignored', { problem }),
    onError,
  })
  const sources = createVolumeSources({
    client,
    clock,
    features,
    systemNamespace: config.systemNamespace,
    onError,
  })
  const events = createEventRecorder({
    client,
    clock,
    component: driverName,
    instance: config.nodeName,
    onError: seldom('cannot write an event'),
  })
  // No grace: a mount that is not allowed for certain can wait, and a refresh keeps what it has.
  const access = createAccessReviewer({ client, clock, graceMs: 0 })
  const metrics = createMetrics({ process: true })
  const record = registerCsiMetrics(metrics)
  const registration = createRegistration({ endpoint: config.kubeletEndpoint, log })
  const { registrationDir } = config
  const checks = { cluster: sources.unready }
  const health = await startHealthServer({
    ...config.metricsAddress,
    checks: registrationDir === '' ? checks : { ...checks, kubelet: registration.unready },
    metrics,
    stopping: signal,
  })
  const servers: { close(): Promise<void> }[] = [health]
  try {
    const server = await startCsiServer(config.endpoint, {
      identity: createIdentity({ version: manifest.version, unready: sources.unready }),
      node: createNode({ config, version: manifest.version, sources, access, clock, events, log, record }),
    })
    servers.unshift(server)
    // Kubelet calls the driver as soon as it finds it.
    if (registrationDir !== '') servers.unshift(await registration.start(registrationDir))
  } catch (error) {
    for (const server of servers) await server.close()
    throw error
  }
  const following = new AbortController()
  const running = [sources.run({ signal: following.signal }), events.run({ signal: following.signal })]
  log.info('csi driver serves', { endpoint: config.endpoint, metrics: health.url })
  return { metricsUrl: health.url, ended: end() }

  async function end(): Promise<void> {
    await aborted(signal)
    const doors = servers.slice(0, -1)
    for (const door of doors) await door.close()
    following.abort()
    await Promise.all(running)
    await health.close()
    log.info('csi driver ended')
  }
}
