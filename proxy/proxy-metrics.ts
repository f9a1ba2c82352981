// What Prometheus learns of the proxy. Spec: proxy.md, "Record".
import type { Counter, Histogram, Metrics } from '../runtime/metrics.ts'

export type UseRecord = { readonly connector: string; readonly status: number; readonly addedMs: number }

/** Gives back how to count a request. */
export function registerProxyMetrics(
  metrics: Metrics,
  read: { readonly connections: () => number; readonly idleUpstreams: () => number },
): (use: UseRecord) => void {
  const requests = metrics.counter({
    name: 'connectors_proxy_requests_total',
    help: 'Requests by Connector, door and status class',
    labels: ['connector', 'door', 'status'],
  })
  const added = metrics
    .histogram({
      name: 'connectors_proxy_added_seconds',
      help: 'Time that a request spent in the proxy and not waiting for the tool',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
    })
    .of()
  metrics.gauge({
    name: 'connectors_proxy_open_connections',
    help: 'Connections of clients',
    read: read.connections,
  })
  metrics.gauge({
    name: 'connectors_proxy_idle_upstream_connections',
    help: 'Connections to tools that wait for a request',
    read: read.idleUpstreams,
  })
  return recorder(requests, added)
}

type Requests = { of(connector: string, door: string, status: string): Counter }

function recorder(requests: Requests, added: Histogram): (use: UseRecord) => void {
  let last = { connector: '', status: 0, cell: undefined as Counter | undefined }
  return ({ connector, status, addedMs }) => {
    const statusClass = Math.floor(status / 100)
    if (last.cell === undefined || last.connector !== connector || last.status !== statusClass) {
      last = { connector, status: statusClass, cell: requests.of(connector, 'reverse', `${statusClass}xx`) }
    }
    last.cell?.inc()
    added.observe(addedMs / 1000)
  }
}
