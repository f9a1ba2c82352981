// The proxy's server: the reverse door on the HTTP/1.1 data path, and the health door beside it.
import type { AccessReviewer } from '../kube/access-review.ts'
import type { Clock } from '../kube/clock.ts'
import type { TokenReviewer } from '../kube/token-review.ts'
import { type HealthServer, startHealthServer } from '../runtime/health.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { dial } from '../upstream/dial.ts'
import { DialError } from '../upstream/dial-error.ts'
import { TrustStore } from '../upstream/trust.ts'
import type { AuditSink } from './audit.ts'
import { CallerSlots } from './caller-slots.ts'
import type { ProxyConfig } from './config.ts'
import { ConnectorIndex, type ToolOrigin } from './connector-index.ts'
import type { Answer, Dial } from './http1/decision.ts'
import type { Failure } from './http1/failure.ts'
import { createHttp1Server, type Http1Server } from './http1/server.ts'
import { registerProxyMetrics, type UseRecord } from './proxy-metrics.ts'
import { statusAnswer } from './refuse.ts'
import { createReverseDoor } from './reverse.ts'
import type { ClusterSources } from './sources.ts'

export type ProxyServerOptions = {
  readonly config: ProxyConfig
  readonly sources: ClusterSources
  readonly tokens: TokenReviewer
  readonly access: AccessReviewer
  readonly clock: Clock
  readonly metrics: Metrics
  readonly audit: AuditSink
  readonly stopping: AbortSignal
}

export type ProxyServer = {
  /** Base URL of the reverse proxy. */
  readonly url: string
  /** Base URL of the health door. */
  readonly metricsUrl: string
  /** Drains. */
  close(): Promise<void>
}

export async function startProxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const { config, clock, metrics, sources } = options
  const server: Http1Server<ToolOrigin> = createHttp1Server({
    decide: createReverseDoor({
      index: new ConnectorIndex({ ...sources, clusterDomain: config['cluster-domain'] }),
      tokens: options.tokens,
      access: options.access,
      slots: new CallerSlots(config['requests-per-caller']),
      requireProxyPermission: config['enable-connector-proxy-permissions'],
      audit: options.audit,
      record: use => record(use),
      now: () => clock.now(),
    }),
    dial: createDial(config),
    formatFailure,
    clock,
  })
  const record: (use: UseRecord) => void = registerProxyMetrics(metrics, {
    connections: () => server.connectionCount,
    idleUpstreams: () => server.idleUpstreamCount,
  })
  const health: HealthServer = await startHealthServer({
    ...config['metrics-address'],
    checks: { cluster: sources.unready },
    metrics,
    stopping: options.stopping,
  })
  const { port } = await server.listen(config.listen)
  return {
    url: `http://${urlHost(config.listen.host)}:${port}`,
    metricsUrl: `http://${urlHost(health.host)}:${health.port}`,
    async close() {
      await server.close({ timeoutMs: config['drain-timeout'] })
      await health.close()
    },
  }
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function createDial({ connectTo }: ProxyConfig): Dial<ToolOrigin> {
  const trust = new TrustStore({ capacity: 64 })
  return ({ address }, { signal }) =>
    dial(address, {
      signal,
      connectTo,
      trust: trust.context([]),
      // The address is the Connector's own.
      policy: 'own',
      connectTimeoutMs: 10_000,
    })
}

/** What the data path could not do, as the client reads it. */
function formatFailure(failure: Failure): Answer {
  if (failure.cause instanceof DialError) {
    const { reason, message } = failure.cause
    return statusAnswer(failure.status, { reason, message })
  }
  return statusAnswer(failure.status, failure)
}
