// The proxy's server: the reverse door on the HTTP/1.1 data path, and the health door beside it.
import { randomUUID } from 'node:crypto'
import { ConnectorIndex } from '../cluster/connector-index.ts'
import type { OwnAddresses } from '../cluster/own-addresses.ts'
import { ConnectorsError } from '../connector/errors.ts'
import { createHttp1Server, type Http1Server } from '../http/h1/server.ts'
import type { Failure } from '../http/message/failure.ts'
import type { Answer, Dial } from '../http/message/ports.ts'
import type { IncomingRequest } from '../http/message/request.ts'
import type { AccessReviewer } from '../kube/access-review.ts'
import type { Clock } from '../runtime/clock.ts'
import { formatAddress } from '../runtime/flags.ts'
import { type HealthServer, startHealthServer } from '../runtime/health.ts'
import type { Log } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { logSeldom } from '../runtime/seldom.ts'
import { dial } from '../tool/dial/dial.ts'
import { createReach } from '../tool/dial/resolve.ts'
import { TrustStore } from '../tool/dial/trust.ts'
import { type AuditSink, auditLine } from './audit.ts'
import type { Authenticator } from './authenticate.ts'
import { CallerSlots } from './caller-slots.ts'
import { CollectedBodies } from './collected-bodies.ts'
import type { ProxyConfig } from './config.ts'
import { registerProxyMetrics, type UseRecord } from './proxy-metrics.ts'
import { asksAsGit, refusalAnswer, refusalOfFailure } from './refuse.ts'
import { Rejections } from './rejections.ts'
import { RequestRecorder } from './request-record.ts'
import { createReverseDoor } from './reverse.ts'
import type { ClusterSources } from './sources.ts'
import { StrangerLines } from './strangers.ts'
import type { ToolOrigin } from './tool-origin.ts'

export type ProxyServerOptions = {
  readonly config: ProxyConfig
  readonly sources: ClusterSources
  readonly ownAddresses: Pick<OwnAddresses, 'has'>
  readonly authenticator: Authenticator
  readonly access: AccessReviewer
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Log
  readonly audit: AuditSink
  readonly stopping: AbortSignal
}

/** For the look-up, the connection and the TLS handshake. */
export const connectTimeoutMs = 10_000

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
  const strangers = new StrangerLines({ write: options.audit, clock })
  const audit = (line: string, stranger?: string) =>
    stranger === undefined ? options.audit(line) : strangers.write(line, stranger)
  const server: Http1Server = createHttp1Server({
    decide: createReverseDoor({
      index: new ConnectorIndex({ ...sources, clusterDomain: config.clusterDomain }),
      authenticator: options.authenticator,
      access: options.access,
      slots: new CallerSlots({
        request: config.requestsPerCaller,
        tunnel: config.tunnelsPerCaller,
        left: config.requestsPerCaller,
      }),
      bodies: new CollectedBodies({ totalBytes: 32 * 1024 * 1024, perCaller: 8 }),
      rejections: new Rejections(clock),
      recorder: new RequestRecorder({ audit, record: use => record(use), clock }),
      requireProxyPermission: () => sources.features.isOn('enable-connector-proxy-permissions'),
      streamMaxMs: config.streamMaxMs,
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
    dial: createDial(options),
    formatFailure: (failure, request, peer) => formatFailure(failure, { request, peer, audit, clock, log }),
    clock,
  })
  const record: (use: UseRecord) => void = registerProxyMetrics(metrics, {
    connections: () => server.connectionCount,
    idleUpstreams: () => server.idleUpstreamCount,
  })
  const health: HealthServer = await startHealthServer({
    ...config.metricsAddress,
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
      await server.close({ timeoutMs: config.drainTimeoutMs })
      strangers.tell()
      await health.close()
    },
  }
}

function addressUnavailable({ listen }: ProxyConfig, error: NodeJS.ErrnoException): ConnectorsError {
  const message = `Cannot listen on "${formatAddress(listen)}" for requests: ${error.code ?? 'failed'}`
  return new ConnectorsError('UNAVAILABLE', 'AddressUnavailable', message, { cause: error })
}

function createDial({
  config,
  ownAddresses,
  clock,
}: Pick<ProxyServerOptions, 'config' | 'ownAddresses' | 'clock'>): Dial<ToolOrigin> {
  const { allowLoopback, deny, allow, connectTo } = config
  const trust = new TrustStore({ capacity: 64 })
  const reach = createReach({ allowLoopback, deny, allow, isOwn: ownAddresses.has }, { clock })
  return ({ address, namespace }, { signal }) =>
    dial(address, {
      signal,
      connectTo,
      reach,
      owner: namespace,
      trust: trust.context([]),
      // The address is the Connector's own.
      policy: 'own',
      connectTimeoutMs,
    })
}

/** What the data path could not do, as the client reads it. What it could not even read is recorded here. */
function formatFailure(
  failure: Failure,
  {
    request,
    peer,
    audit,
    clock,
    log,
  }: Pick<ProxyServerOptions, 'clock' | 'log'> & {
    readonly request: IncomingRequest | undefined
    readonly peer: string
    readonly audit: (line: string, stranger: string) => void
  },
): Answer {
  const { status, cause } = failure
  if (status === 500) log.error('a request failed in the proxy', { error: cause })
  if (request === undefined) {
    const none = { method: undefined, host: undefined, path: undefined }
    const entry = {
      ...none,
      peer,
      requestId: randomUUID(),
      caller: undefined,
      connector: undefined,
      refusal: undefined,
    }
    const end = { status, failure, outcome: 'answered', bytesIn: 0, bytesOut: 0, durationMs: 0 } as const
    audit(auditLine(entry, end, clock.now()), peer)
  }
  return refusalAnswer(refusalOfFailure(failure), request !== undefined && asksAsGit(request))
}
