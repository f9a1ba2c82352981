// The proxy's server: the reverse door on the HTTP/1.1 data path, and the health door beside it.
import { randomUUID } from 'node:crypto'
import { ConnectorsError } from '../connector/errors.ts'
import type { AccessReviewer } from '../kube/access-review.ts'
import type { TokenReviewer } from '../kube/token-review.ts'
import type { Clock } from '../runtime/clock.ts'
import { formatAddress } from '../runtime/flags.ts'
import { type HealthServer, startHealthServer } from '../runtime/health.ts'
import type { Log } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { logSeldom } from '../runtime/seldom.ts'
import { dial } from '../upstream/dial.ts'
import { TrustStore } from '../upstream/trust.ts'
import { type AuditSink, auditLine } from './audit.ts'
import { CallerSlots } from './caller-slots.ts'
import type { ProxyConfig } from './config.ts'
import { ConnectorIndex, type ToolOrigin } from './connector-index.ts'
import type { Answer, Dial } from './http1/decision.ts'
import type { Failure } from './http1/failure.ts'
import type { RequestHead } from './http1/request-head.ts'
import { createHttp1Server, type Http1Server } from './http1/server.ts'
import { registerProxyMetrics, type UseRecord } from './proxy-metrics.ts'
import { refusalAnswer, refusalOfFailure } from './refuse.ts'
import { createReverseDoor } from './reverse.ts'
import type { ClusterSources } from './sources.ts'

export type ProxyServerOptions = {
  readonly config: ProxyConfig
  readonly sources: ClusterSources
  readonly tokens: TokenReviewer
  readonly access: AccessReviewer
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Log
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
  const { config, clock, metrics, sources, log } = options
  const server: Http1Server = createHttp1Server({
    decide: createReverseDoor({
      index: new ConnectorIndex({ ...sources, clusterDomain: config['cluster-domain'] }),
      tokens: options.tokens,
      access: options.access,
      slots: new CallerSlots(config['requests-per-caller']),
      requireProxyPermission: () => sources.features.isOn('enable-connector-proxy-permissions'),
      audit: options.audit,
      record: use => record(use),
      unready: sources.unready,
      // An API server that is down fails every request.
      onError: logSeldom({
        write: log.error,
        message: 'a request failed in the proxy',
        clock,
        quietMs: 10_000,
        kindOf: () => 'any',
      }),
      clock,
    }),
    dial: createDial(config),
    formatFailure: (failure, head) => formatFailure(failure, head, options),
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
  const { port } = await server.listen(config.listen).catch(async error => {
    await health.close()
    throw addressUnavailable(config, error)
  })
  return {
    url: `http://${formatAddress({ host: config.listen.host || '::', port })}`,
    metricsUrl: health.url,
    async close() {
      await server.close({ timeoutMs: config['drain-timeout'] })
      await health.close()
    },
  }
}

function addressUnavailable({ listen }: ProxyConfig, error: NodeJS.ErrnoException): ConnectorsError {
  const message = `Cannot listen on "${formatAddress(listen)}" for requests: ${error.code ?? 'failed'}`
  return new ConnectorsError('UNAVAILABLE', 'AddressUnavailable', message, { cause: error })
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

/** What the data path could not do, as the client reads it. What it could not even read is recorded here. */
function formatFailure(
  failure: Failure,
  head: RequestHead | undefined,
  { audit, clock, log }: Pick<ProxyServerOptions, 'audit' | 'clock' | 'log'>,
): Answer {
  const { status, cause } = failure
  if (status === 500) log.error('a request failed in the proxy', { error: cause })
  if (head === undefined) {
    const none = { method: undefined, host: undefined, path: undefined }
    const entry = {
      ...none,
      requestId: randomUUID(),
      caller: undefined,
      connector: undefined,
      refusal: undefined,
    }
    const end = { status, failure, outcome: 'answered', bytesIn: 0, bytesOut: 0, durationMs: 0 } as const
    audit(auditLine(entry, end, clock.now()))
  }
  return refusalAnswer(refusalOfFailure(failure), head?.path ?? '')
}
