// The proxy's table of contents: what it is made of, and how it begins and ends.
import { ConnectorIndex } from '../cluster/connector-index.ts'
import { createFeatureFlags } from '../cluster/feature-flags.ts'
import { createOwnAddresses } from '../cluster/own-addresses.ts'
import { createHttp1Server } from '../http/h1/server.ts'
import type { KubeClient } from '../kube/client/client.ts'
import { createAccessReviewer } from '../kube/review/access-review.ts'
import { createTokenReviewer } from '../kube/review/token-review.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { createMetrics } from '../runtime/metrics.ts'
import { aborted } from '../runtime/shutdown.ts'
import { throttledLog } from '../runtime/throttle.ts'
import type { AuditSink } from './audit.ts'
import { Authenticator } from './authenticate.ts'
import { CallerSlots } from './caller-slots.ts'
import { CollectedBodies } from './collected-bodies.ts'
import type { ProxyConfig } from './config.ts'
import { registerConnectionMetrics, registerUseMetrics } from './proxy-metrics.ts'
import { Rejections } from './rejections.ts'
import { RequestRecorder } from './request-record.ts'
import { createReverseDoor } from './reverse.ts'
import { createSealingKeyring } from './sealing-keyring.ts'
import { type ProxyServer, startProxyServer } from './server.ts'
import { createClusterSources } from './sources.ts'
import { StrangerLines } from './strangers.ts'
import { createToolOrigins } from './tool-origins.ts'
import { createFormatFailure } from './unserved.ts'

export type RunningProxy = Pick<ProxyServer, 'url' | 'metricsUrl'> & {
  /** Resolves when the proxy has ended, after `signal` was aborted. */
  readonly ended: Promise<void>
}

/** Serves once it listens; its readiness says when it knows the cluster. Ends with `signal`. */
export async function startProxy(
  config: ProxyConfig,
  options: {
    readonly client: KubeClient
    readonly clock: Clock
    readonly log: Log
    readonly audit: AuditSink
    readonly signal: AbortSignal
  },
): Promise<RunningProxy> {
  const { client, clock, log, signal } = options
  const onError = throttledLog({
    write: log.warn,
    message: 'cannot follow the cluster',
    clock,
    quietMs: 60_000,
  })
  const features = createFeatureFlags({
    client,
    clock,
    configMap: config.configMap,
    defaults: { 'enable-connector-proxy-permissions': config.requireProxyPermission },
    onChange: said => log.info('feature flags changed', { ...said }),
    onProblem: problem => log.warn('feature flag ignored', { problem }),
    onError,
  })
  const { systemNamespace, authGraceMs: graceMs } = config
  const following = { client, clock, systemNamespace, onError }
  const ownAddresses = createOwnAddresses(following)
  const keyring = createSealingKeyring(following)
  const sources = createClusterSources({ client, clock, features, onError })
  const unready = () => {
    if (!ownAddresses.isSynced) return 'its own addresses are not known yet'
    return sources.unready() ?? (keyring.isSynced ? undefined : 'the keys of sealed tokens are not known yet')
  }
  const authenticator = new Authenticator({
    tokens: createTokenReviewer({ client, clock, graceMs, audiences: config.tokenAudiences }),
    keyring,
    acceptsUnsealed: config.unsealedTokens,
    clock,
  })
  const strangers = new StrangerLines({ write: options.audit, clock })
  const audit = (line: string, stranger?: string) =>
    stranger === undefined ? options.audit(line) : strangers.write(line, stranger)
  const metrics = createMetrics({ process: true })
  const http = createHttp1Server({
    decide: createReverseDoor({
      index: new ConnectorIndex({ ...sources, clusterDomain: config.clusterDomain }),
      authenticator,
      access: createAccessReviewer({ client, clock, graceMs }),
      slots: new CallerSlots({
        request: config.requestsPerCaller,
        tunnel: config.tunnelsPerCaller,
        left: config.requestsPerCaller,
      }),
      bodies: new CollectedBodies({ totalBytes: 32 * 1024 * 1024, perCaller: 8 }),
      rejections: new Rejections(clock),
      origins: createToolOrigins(config, { ownAddresses, clock }),
      recorder: new RequestRecorder({ audit, record: registerUseMetrics(metrics), clock }),
      requireProxyPermission: () => features.isOn('enable-connector-proxy-permissions'),
      streamMaxMs: config.streamMaxMs,
      unready,
      onError: logOfAny({ log, clock }),
      clock,
    }),
    formatFailure: createFormatFailure({ audit, clock, log }),
    clock,
  })
  registerConnectionMetrics(metrics, http)
  const server = await startProxyServer({ config, http, unready, metrics, stopping: signal })
  const ending = new AbortController()
  const run = Promise.all(
    [sources, ownAddresses, keyring].map(followed => followed.run({ signal: ending.signal })),
  )
  log.info('proxy serves', { url: server.url, metrics: server.metricsUrl })
  return { url: server.url, metricsUrl: server.metricsUrl, ended: end() }

  async function end(): Promise<void> {
    await aborted(signal)
    await server.close()
    strangers.tell()
    // Until the last transfer has ended, a deleted Connector must still be noticed.
    ending.abort()
    await run
    log.info('proxy ended')
  }
}

/** An API server that is down fails every request. */
function logOfAny({ log, clock }: { readonly log: Log; readonly clock: Clock }): (error: unknown) => void {
  return throttledLog({
    write: log.error,
    message: 'a request failed in the proxy',
    clock,
    quietMs: 10_000,
    kindOf: () => 'any',
  })
}
