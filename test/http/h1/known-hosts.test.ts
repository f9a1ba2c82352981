import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KnownHosts } from '../../../http/h1/upstream/known-hosts.ts'
import { createManualClock } from '../../runtime/manual-clock.ts'

const test = suite('http/h1/known-hosts')

test('a tool that closes idle connections early is not trusted with older ones, for a while', async () => {
  const clock = createManualClock()
  const hosts = new KnownHosts(clock)
  assert.not.ok(hosts.mayClose('tool', 50_000))
  hosts.closedIdle('tool', 5000)
  hosts.closedIdle('tool', 9000)
  assert.not.ok(hosts.mayClose('tool', 3999))
  assert.ok(hosts.mayClose('tool', 4000))
  assert.not.ok(hosts.mayClose('other', 4000))
  hosts.closedIdle('tool', 1000)
  assert.ok(hosts.mayClose('tool', 800))
  await clock.advance(600_000)
  assert.not.ok(hosts.mayClose('tool', 4000))
})

test('a tool that sends what nobody asked for is remembered', async () => {
  const clock = createManualClock()
  const hosts = new KnownHosts(clock)
  hosts.sentStray('tool')
  assert.ok(hosts.sendsStrays('tool'))
  assert.not.ok(hosts.sendsStrays('other'))
  await clock.advance(600_000)
  assert.not.ok(hosts.sendsStrays('tool'))
})

test.run()
