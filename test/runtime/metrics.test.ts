import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMetrics } from '../../runtime/metrics.ts'

const test = suite('runtime/metrics')

test('counters count by label set, and one without labels starts at zero', async () => {
  const metrics = createMetrics({ process: false })
  metrics.counter({ name: 'plain_total', help: 'Plain.' })
  const requests = metrics.counter({ name: 'requests_total', help: 'Requests.', labels: ['door', 'status'] })
  const cell = requests.of('reverse', '2xx')
  cell.inc()
  cell.inc(2)
  requests.of('for"ward\n', '5xx').inc()
  const text = await metrics.text()
  assert.ok(text.includes('# TYPE requests_total counter'))
  assert.ok(text.includes('plain_total 0'))
  assert.ok(text.includes('requests_total{door="reverse",status="2xx"} 3'))
  assert.ok(text.includes('requests_total{door="for\\"ward\\n",status="5xx"} 1'))
})

test('a histogram has cumulative buckets, sum and count', async () => {
  const metrics = createMetrics({ process: false })
  const seconds = metrics.histogram({
    name: 'took_seconds',
    help: 'Time.',
    buckets: [0.1, 1],
    labels: ['door'],
  })
  for (const value of [0.05, 0.1, 0.5, 3]) seconds.of('a').observe(value)
  const text = await metrics.text()
  for (const line of [
    '# TYPE took_seconds histogram',
    'took_seconds_bucket{door="a",le="0.1"} 2',
    'took_seconds_bucket{door="a",le="1"} 3',
    'took_seconds_bucket{door="a",le="+Inf"} 4',
    'took_seconds_sum{door="a"} 3.65',
    'took_seconds_count{door="a"} 4',
  ]) {
    assert.ok(text.includes(line), `${line}\nis not in\n${text}`)
  }
})

test('gauges are read when scraped', async () => {
  const metrics = createMetrics({ process: false })
  let open = 1
  metrics.gauge({ name: 'open', help: 'Open.', read: () => open })
  metrics.gauge({
    name: 'cached',
    help: 'Cached.',
    labels: ['kind'],
    read: () => [
      [2, 'Secret'],
      [3, 'Connector'],
    ],
  })
  open = 7
  const text = await metrics.text()
  assert.ok(text.includes('\nopen 7'))
  assert.ok(text.includes('cached{kind="Secret"} 2'))
  assert.ok(text.includes('cached{kind="Connector"} 3'))
})

test('label sets are bounded: what comes after is counted together', async () => {
  const metrics = createMetrics({ process: false })
  const requests = metrics.counter({ name: 'requests_total', help: 'Requests.', labels: ['host'] })
  for (let i = 0; i < 20_050; i++) requests.of(`h${i}`).inc()
  assert.ok((await metrics.text()).includes('requests_total{host="other"} 50'))
})

test('a wrong number of labels is a mistake that shows', () => {
  const requests = createMetrics({ process: false }).counter({
    name: 'x_total',
    help: 'X.',
    labels: ['a', 'b'],
  })
  assert.throws(() => requests.of('only one'), /need 2 values/)
})

test('the process speaks of its memory', async () => {
  assert.ok((await createMetrics({ process: true }).text()).includes('process_resident_memory_bytes'))
})

test.run()
