// The proxy's table of contents: what it is made of, and how it begins and ends.
import { createFeatureFlags } from '../cluster/feature-flags.ts'
import { createOwnAddresses } from '../cluster/own-addresses.ts'
import { createAccessReviewer } from '../kube/access-review.ts'
import type { KubeClient } from '../kube/client.ts'
import { createTokenReviewer } from '../kube/token-review.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { createMetrics } from '../runtime/metrics.ts'
import { logSeldom } from '../runtime/seldom.ts'
import { aborted } from '../runtime/shutdown.ts'
import type { AuditSink } from './audit.ts'
import { Authenticator } from './authenticate.ts'
import type { ProxyConfig } from './config.ts'
import { createSealingKeyring } from './sealing-keyring.ts'
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
  const ending = new AbortController()
  const server = await startProxyServer({
    config,
    sources: { ...sources, unready },
    ownAddresses,
    authenticator: new Authenticator({
      tokens: createTokenReviewer({ client, clock, graceMs, audiences: config.tokenAudiences }),
      keyring,
      acceptsUnsealed: config.unsealedTokens,
      clock,
    }),
    access: createAccessReviewer({ client, clock, graceMs }),
    clock,
    metrics: createMetrics({ process: true }),
    log,
    audit: options.audit,
    stopping: signal,
  })
  const run = Promise.all(
    [sources, ownAddresses, keyring].map(followed => followed.run({ signal: ending.signal })),
  )
  log.info('proxy serves', { url: server.url, metrics: server.metricsUrl })
  return { url: server.url, metricsUrl: server.metricsUrl, ended: end() }

  async function end(): Promise<void> {
    await aborted(signal)
    await server.close()
    // Until the last transfer has ended, a deleted Connector must still be noticed.
    ending.abort()
    await run
    log.info('proxy ended')
  }
}
