// What Prometheus learns of the proxy. Spec: proxy.md, "Record".
import type { Counter, Family, Histogram, Metrics } from '../runtime/metrics.ts'

export type UseRecord = {
  readonly connector: string
  readonly status: number
  /** From the request's head read to the decision. */
  readonly decisionMs: number
  /** Whether who may do it was known, without asking the API server. */
  readonly isFromCache: boolean
}

/** Returns how to count a request. */
export function registerUseMetrics(metrics: Metrics): (use: UseRecord) => void {
  const requests = metrics.counter({
    name: 'connectors_proxy_requests_total',
    help: 'Requests by Connector, door and status class',
    labels: ['connector', 'door', 'status'],
  })
  const added = metrics
    .histogram({
      name: 'connectors_proxy_added_seconds',
      help: 'Time from the head of a request until it was decided what becomes of it',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    })
    .of()
  const cached = metrics.counter({
    name: 'connectors_proxy_authorizations_total',
    help: 'Decisions by whether the answers of the API server were known (hit) or asked for (miss)',
    labels: ['cache'],
  })
  return recorder({ requests, added, hits: cached.of('hit'), misses: cached.of('miss') })
}

export type ConnectionCounts = { readonly connectionCount: number; readonly idleUpstreamCount: number }

export function registerConnectionMetrics(metrics: Metrics, connections: ConnectionCounts): void {
  metrics.gauge({
    name: 'connectors_proxy_open_connections',
    help: 'Connections of clients',
    read: () => connections.connectionCount,
  })
  metrics.gauge({
    name: 'connectors_proxy_idle_upstream_connections',
    help: 'Connections to tools that wait for a request',
    read: () => connections.idleUpstreamCount,
  })
}

type Cells = {
  readonly requests: Family<Counter>
  readonly added: Histogram
  readonly hits: Counter
  readonly misses: Counter
}

function recorder({ requests, added, hits, misses }: Cells): (use: UseRecord) => void {
  let last = { connector: '', status: 0, cell: undefined as Counter | undefined }
  return ({ connector, status, decisionMs, isFromCache }) => {
    const statusClass = Math.floor(status / 100)
    if (last.cell === undefined || last.connector !== connector || last.status !== statusClass) {
      last = { connector, status: statusClass, cell: requests.of(connector, 'reverse', `${statusClass}xx`) }
    }
    last.cell?.inc()
    added.observe(decisionMs / 1000)
    if (isFromCache) hits.inc()
    else misses.inc()
  }
}
