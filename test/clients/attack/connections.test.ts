// Connections of clients: what an address or a caller keeps open costs nobody else. Figures: docs/limits.md.
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import { get, statusFor, withSlowTool } from './callers.ts'
import type { Attacked } from './system.ts'
import type { Wire } from './wire.ts'

const test = suite('clients/attack/connections')

const unownedPerPeer = 64
const perCaller = 1024

const openOf = (wires: readonly Wire[]) => wires.filter(({ isClosed }) => !isClosed)

/** So many from an address, one after the other; each gets its answer before the next is opened. */
async function openMany(
  { wire }: Attacked,
  count: number,
  { from, token, status }: { readonly from: string; readonly token?: string; readonly status: number },
): Promise<readonly Wire[]> {
  const wires: Wire[] = []
  for (let at = 0; at < count; at++) {
    const connection = await wire({ from })
    assert.is((await connection.ask(get(token))).status, status)
    wires.push(connection)
  }
  return wires
}

function closeAll(wires: readonly Wire[]): void {
  for (const wire of wires) wire.close()
}

test('attack: one address keeps 64 connections that show no token; honest: another connects, and callers keep theirs', () =>
  withSlowTool(async system => {
    const owned = await openMany(system, 100, { from: '127.0.0.2', token: system.token, status: 200 })
    const idle = await openMany(system, 150, { from: '127.0.0.2', status: 401 })
    // Within ten seconds all of them would be closed for their silence.
    await waitFor(() => openOf(idle).length <= unownedPerPeer, { timeoutMs: 3000 })
    assert.equal(openOf(idle), idle.slice(-unownedPerPeer), 'those that have been idle for the longest')
    assert.is(openOf(owned).length, owned.length)
    assert.is(await statusFor(system, system.token, '127.0.0.4'), 200, 'from another address')
    assert.is((await (idle.at(-1) as Wire).ask(get(system.token))).status, 200, 'with a token after all')
    closeAll([...idle, ...owned])
  }))

test('attack: heads that never end take an address its 64, and 10 s; honest: a head in pieces, and other addresses', () =>
  withSlowTool(async system => {
    const whole = get(system.token)
    const slow: Wire[] = []
    const another = async () => {
      const connection = await system.wire({ from: '127.0.0.2' })
      connection.send(whole.slice(0, 30))
      slow.push(connection)
      return connection
    }
    while (slow.length < unownedPerPeer) await another()
    // One that the proxy has not read from yet is idle, and gives way to the next.
    await waitFor(async () => {
      const newest = await another()
      await delay(50)
      return newest.isClosed
    })
    const [patient] = openOf(slow)
    assert.is(openOf(slow).length, unownedPerPeer)
    assert.is(await statusFor(system, system.token, '127.0.0.3'), 200, 'another address')
    assert.is((await patient?.ask(whole.slice(30)))?.status, 200, 'the rest of a head')
    const options = { timeoutMs: 20_000, what: 'the heads to be given up' }
    await waitFor(() => openOf(slow).length <= 1, options)
    assert.equal(openOf(slow), [patient])
    const late = slow.filter(({ received }) => received.startsWith('HTTP/1.1 408 '))
    assert.is(late.length, unownedPerPeer - 1)
    closeAll(slow)
  }))

test('attack: who is refused keeps 1,024 connections, not all; honest: other callers keep and get theirs', () =>
  withSlowTool(async system => {
    const outsider = await system.addTeam('elsewhere')
    const owned = await openMany(system, 10, { from: '127.0.0.2', token: system.token, status: 200 })
    const refused = await openMany(system, perCaller + 30, {
      from: '127.0.0.2',
      token: outsider,
      status: 403,
    })
    await waitFor(() => openOf(refused).length <= perCaller)
    assert.is(openOf(refused).length, perCaller)
    assert.ok(!(refused.at(-1) as Wire).isClosed, 'the newest is served')
    for (const wire of owned) assert.is((await wire.ask(get(system.token))).status, 200)
    assert.is(await statusFor(system, system.token, '127.0.0.2'), 200)
    closeAll([...refused, ...owned])
  }))

test.run()
