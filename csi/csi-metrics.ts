// The driver's numbers: operations by outcome, and how long they took.
import type { Metrics } from '../runtime/metrics.ts'

export type Operation = 'publish' | 'unpublish'

export type OperationRecord = {
  readonly operation: Operation
  /** `mounted`, `rewritten`, `unchanged`, `kept`, `unmounted`, `absent`, or the code of a refusal. */
  readonly outcome: string
  readonly ms: number
}

export function registerCsiMetrics(metrics: Metrics): (record: OperationRecord) => void {
  const operations = metrics.counter({
    name: 'connectors_csi_operations_total',
    help: 'Operations on volumes; a refresh that failed has the outcome kept',
    labels: ['operation', 'outcome'],
  })
  const seconds = metrics.histogram({
    name: 'connectors_csi_operation_seconds',
    help: 'Duration of operations on volumes',
    labels: ['operation'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  })
  return ({ operation, outcome, ms }) => {
    operations.of(operation, outcome).inc()
    seconds.of(operation).observe(ms / 1000)
  }
}
