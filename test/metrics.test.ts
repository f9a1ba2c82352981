// Policy: every metric is documented, and what is documented exists.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registerCsiMetrics } from '../csi/csi-metrics.ts'
import { registerConnectionMetrics, registerUseMetrics } from '../proxy/proxy-metrics.ts'
import { createMetrics } from '../runtime/metrics.ts'
import { withController } from './controller/boot-controller.ts'

const test = suite('metrics')
const metricName = /^# TYPE (connectors_\w+)/gm

function namesIn(text: string, pattern: RegExp): readonly string[] {
  return Array.from(text.matchAll(pattern), ([, name = '']) => name).sort()
}

test('what is told is documented, and what is documented is told', async () => {
  const documented = await readFile(join(import.meta.dirname, '../docs/metrics.md'), 'utf8')
  const metrics = createMetrics({ process: false })
  registerCsiMetrics(metrics)
  registerUseMetrics(metrics)
  registerConnectionMetrics(metrics, { connectionCount: 0, idleUpstreamCount: 0 })
  await withController({}, async ({ metricsUrl }) => {
    const ofController = await (await fetch(`${metricsUrl}/metrics`)).text()
    const told = namesIn(`${await metrics.text()}\n${ofController}`, metricName)
    assert.equal(namesIn(documented, /^\| `(connectors_\w+)` \|/gm), told)
  })
})

test.run()
