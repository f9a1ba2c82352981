// The proxy's table of contents: what it is made of, and how it begins and ends.
import { createAccessReviewer } from '../kube/access-review.ts'
import type { KubeClient } from '../kube/client.ts'
import { createFeatureFlags } from '../kube/feature-flags.ts'
import { createTokenReviewer } from '../kube/token-review.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { createMetrics } from '../runtime/metrics.ts'
import { logSeldom } from '../runtime/seldom.ts'
import type { AuditSink } from './audit.ts'
import type { ProxyConfig } from './config.ts'
import { type ProxyServer, startProxyServer } from './server.ts'
import { createClusterSources } from './sources.ts'

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
  const onError = logSeldom({ write: log.warn, message: 'cannot follow the cluster', clock, quietMs: 60_000 })
  const features = createFeatureFlags({
    client,
    clock,
    configMap: config['config-map'],
    defaults: { 'enable-connector-proxy-permissions': config['enable-connector-proxy-permissions'] },
    onChange: said => log.info('feature flags changed', { ...said }),
    onProblem: problem => log.warn('feature flag ignored', { problem }),
    onError,
  })
  const sources = createClusterSources({ client, clock, features, onError })
  const graceMs = config['auth-grace']
  const following = new AbortController()
  const server = await startProxyServer({
    config,
    sources,
    tokens: createTokenReviewer({ client, clock, graceMs, audiences: config['token-audiences'] }),
    access: createAccessReviewer({ client, clock, graceMs }),
    clock,
    metrics: createMetrics({ process: true }),
    log,
    audit: options.audit,
    stopping: signal,
  })
  const run = sources.run({ signal: following.signal })
  log.info('proxy serves', { url: server.url, metrics: server.metricsUrl })
  return { url: server.url, metricsUrl: server.metricsUrl, ended: end() }

  async function end(): Promise<void> {
    if (!signal.aborted)
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
    await server.close()
    // Until the last transfer has ended, a deleted Connector must still be noticed.
    following.abort()
    await run
    log.info('proxy ended')
  }
}
