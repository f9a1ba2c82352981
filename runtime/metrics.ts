// Numbers for Prometheus. The hot path adds to a plain number in a cell that it holds; names, labels and text
// are put together when somebody scrapes.
import {
  collectDefaultMetrics,
  type Metric,
  type MetricObjectWithValues,
  type MetricValueWithName,
  Registry,
} from 'prom-client'

export interface Counter {
  inc(by?: number): void
}

export interface Histogram {
  observe(value: number): void
}

/** One metric with labels: `of` gives the cell of a set of label values. Keep the cell where the path is hot. */
export interface Family<Cell> {
  of(...labelValues: string[]): Cell
}

export interface MetricOptions {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

export interface Metrics {
  counter(options: MetricOptions): Family<Counter>
  /** `buckets`: upper bounds in growing order, without +Inf. */
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Family<Histogram>
  /** Read when scraped. */
  gauge(
    options: MetricOptions & { readonly read: () => Iterable<readonly [number, ...string[]]> | number },
  ): void
  readonly contentType: string
  text(): Promise<string>
}

/** Bound of label sets of one metric; what comes after is counted under `other`. */
const maxCells = 20_000

export function createMetrics({ process: ofProcess }: { readonly process: boolean }): Metrics {
  const registry = new Registry()
  // Memory, CPU, file descriptors, garbage collection, event loop lag.
  if (ofProcess) collectDefaultMetrics({ register: registry })

  function register(
    type: string,
    { name, help }: MetricOptions,
    values: () => MetricValueWithName<string>[],
  ): void {
    const collected = {
      name,
      help,
      type,
      aggregator: 'sum',
      get values() {
        return values()
      },
    }
    const get = async () => collected as unknown as MetricObjectWithValues<MetricValueWithName<string>>
    // The registry asks a metric for its name and `get`: this one keeps plain numbers until then.
    registry.registerMetric({ name, get } as unknown as Metric)
  }

  return {
    counter(options) {
      const cells = new Cells(options.labels ?? [], () => new CounterCell())
      register('counter', options, () =>
        cells.entries().map(([labels, cell]) => ({ labels, value: cell.value, metricName: options.name })),
      )
      return cells
    },
    histogram(options) {
      const { name, buckets } = options
      const cells = new Cells(options.labels ?? [], () => new HistogramCell(buckets))
      register('histogram', options, () =>
        cells.entries().flatMap(([labels, cell]) => cell.values(name, labels)),
      )
      return cells
    },
    gauge(options) {
      const { name, labels = [] } = options
      register('gauge', options, () => {
        const read = options.read()
        const rows: Iterable<readonly [number, ...string[]]> = typeof read === 'number' ? [[read]] : read
        return Array.from(rows, ([value, ...values]) => ({
          labels: named(labels, values),
          value,
          metricName: name,
        }))
      })
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}

class CounterCell implements Counter {
  value = 0
  inc(by = 1): void {
    this.value += by
  }
}

class HistogramCell implements Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let at = 0
    while (at < bounds.length && value > (bounds[at] as number)) at++
    this.#counts[at] = (this.#counts[at] as number) + 1
    this.#sum += value
  }

  values(name: string, labels: Labels): MetricValueWithName<string>[] {
    let total = 0
    const buckets = this.#counts.map((count, at) => {
      total += count
      const le = this.#bounds[at] ?? '+Inf'
      return { labels: { ...labels, le }, value: total, metricName: `${name}_bucket` }
    })
    return [
      ...buckets,
      { labels, value: this.#sum, metricName: `${name}_sum` },
      { labels, value: total, metricName: `${name}_count` },
    ]
  }
}

type Labels = Readonly<Record<string, string | number>>

class Cells<Cell> implements Family<Cell> {
  readonly #names: readonly string[]
  readonly #create: () => Cell
  readonly #cells = new Map<string, { readonly labels: Labels; readonly cell: Cell }>()

  constructor(names: readonly string[], create: () => Cell) {
    this.#names = names
    this.#create = create
    if (names.length === 0) this.of()
  }

  of(...values: string[]): Cell {
    const key = values.join('\0')
    const known = this.#cells.get(key)
    if (known !== undefined) return known.cell
    if (this.#cells.size >= maxCells && values.some(value => value !== 'other')) {
      return this.of(...values.map(() => 'other'))
    }
    const cell = this.#create()
    this.#cells.set(key, { labels: named(this.#names, values), cell })
    return cell
  }

  entries(): [Labels, Cell][] {
    return Array.from(this.#cells.values(), ({ labels, cell }) => [labels, cell])
  }
}

function named(names: readonly string[], values: readonly string[]): Labels {
  if (names.length !== values.length)
    throw new TypeError(`labels ${names.join()} need ${names.length} values`)
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']))
}
