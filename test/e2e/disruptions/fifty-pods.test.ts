// Fifty pods at once, on whatever nodes there are.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import { gather, quantile } from '../harness/crowd.ts'
import { listObjects } from '../harness/kubectl.ts'
import { memoryOf } from '../harness/memory.ts'
import { measured, scenario } from '../harness/scenario.ts'

const crowd = suite('fifty pods at once')

// Far above what docs/measured.md tells: they catch what grows with the crowd, not a slow machine.
const mountedWithinMs = 120_000
const driverBytes = 256 * 1024 * 1024

crowd(
  'get their volumes, each once, in bounded time and memory',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await createGitConnector({ name: 'repo', namespace: team, server })
    const drivers = await memoryOf('connectors-csi')

    const { mounted, started, publish, peakBytes } = await gather({
      namespace: team,
      connectors: 'repo',
      count: 50,
    })
    assert.is(mounted.length, 50, 'one mount for each pod')
    assert.is(started.length, 50)
    assert.ok(quantile(mounted, 0.99) < mountedWithinMs, `p99 ${quantile(mounted, 0.99)} ms`)
    assert.ok(peakBytes < driverBytes, `the driver took ${peakBytes} bytes`)
    const after = await memoryOf('connectors-csi')
    assert.equal(after.map(({ pod }) => pod).sort(), drivers.map(({ pod }) => pod).sort(), 'the same drivers')
    for (const { metadata, status } of await listObjects('pods', {
      namespace: team,
      selector: 'crowd=true',
    })) {
      assert.is(status.containerStatuses[0].restartCount, 0, metadata.name)
    }

    const show = (values: readonly number[]) =>
      `p50 ${Math.round(quantile(values, 0.5))} ms, p99 ${Math.round(quantile(values, 0.99))} ms`
    measured('from creation until mounted', show(mounted))
    measured('from creation until the container ran', show(started))
    measured("the driver's part of it", show(publish))
    measured('largest memory of a driver', `${Math.round(peakBytes / 1024 / 1024)} MiB resident`)
  }),
)

crowd.run()
