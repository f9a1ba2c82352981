// The proxy's server: the data path, and health and metrics beside it.
import { ConnectorsError } from '../connector/errors.ts'
import type { Http1Server } from '../http/h1/server.ts'
import { formatAddress } from '../runtime/flags.ts'
import { startHealthServer } from '../runtime/health.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { ProxyConfig } from './config.ts'

export type ProxyServerOptions = {
  readonly config: Pick<ProxyConfig, 'listen' | 'metricsAddress' | 'drainTimeoutMs'>
  readonly http: Http1Server
  /** What of the cluster is not known yet, if anything. */
  readonly unready: () => string | undefined
  readonly metrics: Metrics
  readonly stopping: AbortSignal
}

export type ProxyServer = {
  /** Base URL of the reverse proxy. */
  readonly url: string
  /** Base URL of health and metrics. */
  readonly metricsUrl: string
  /** Drains. */
  close(): Promise<void>
}

export async function startProxyServer(options: ProxyServerOptions): Promise<ProxyServer> {
  const { config, http, metrics, unready, stopping } = options
  const checks = { cluster: unready }
  const health = await startHealthServer({ ...config.metricsAddress, checks, metrics, stopping })
  const { port } = await http.listen(config.listen).catch(async error => {
    await health.close()
    throw addressUnavailable(config, error)
  })
  return {
    url: `http://${formatAddress({ host: config.listen.host || '::', port })}`,
    metricsUrl: health.url,
    async close() {
      await http.close({ timeoutMs: config.drainTimeoutMs })
      await health.close()
    },
  }
}

function addressUnavailable(
  { listen }: Pick<ProxyConfig, 'listen'>,
  error: NodeJS.ErrnoException,
): ConnectorsError {
  const message = `Cannot listen on "${formatAddress(listen)}" for requests: ${error.code ?? 'failed'}`
  return new ConnectorsError('UNAVAILABLE', 'AddressUnavailable', message, { cause: error })
}
