// A tunnel ends with the right to it, within 70 seconds: clients.md F21. As long as that takes, this group takes.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors, roleBindings } from '../../../kube/object/resources.ts'
import { waitFor } from '../../helpers/poll.ts'
import { okAnswer, withRecorder } from './servers.ts'
import { type Attacked, grantUse, withAttacked } from './system.ts'
import type { Wire } from './wire.ts'

const test = suite('clients/attack/tunnels')

const endsWithinMs = 75_000

async function openTunnel(system: Attacked, token: string, name: string): Promise<Wire> {
  const wire = await system.wire()
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  wire.send(
    `GET /${name} HTTP/1.1\r\nHost: c-${name}.team\r\nAuthorization: Bearer ${token}\r\n${upgrade}\r\n`,
  )
  await waitFor(() => wire.received.includes('\r\n\r\n') || wire.isClosed)
  assert.match(wire.received, /^HTTP\/1\.1 101 /)
  return wire
}

async function echoes(wire: Wire): Promise<boolean> {
  if (wire.isClosed) return false
  const before = wire.received.length
  wire.send('ping')
  await waitFor(() => wire.received.length > before || wire.isClosed)
  return !wire.isClosed
}

test('attack: a tunnel outlives neither its Connector nor its grant; honest: one whose right stays goes on', () =>
  withRecorder(
    ({ headers }, socket) => {
      if (!headers.some(([name]) => name === 'upgrade')) return okAnswer
      socket.removeAllListeners('data')
      socket.on('data', bytes => socket.write(bytes))
      return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    },
    tool =>
      withAttacked(async system => {
        await Promise.all(['gone', 'kept'].map(name => system.connect(name, `http://${tool.host}`)))
        // Accounts of the Connector's own namespace may use it anyway.
        const leaver = await system.addTeam('elsewhere')
        await grantUse(system.client, { namespace: 'team', users: ['elsewhere/ci'], name: 'leaver' })
        const ofDeleted = await openTunnel(system, system.token, 'gone')
        const ofUngranted = await openTunnel(system, leaver, 'kept')
        const kept = await openTunnel(system, system.token, 'kept')
        for (const wire of [ofDeleted, ofUngranted, kept]) assert.ok(await echoes(wire))
        await waitFor(() => system.audits().filter(({ outcome }) => outcome === 'tunnel-opened').length === 3)

        await system.client.delete(connectors, { namespace: 'team', name: 'gone' })
        await system.client.delete(roleBindings, { namespace: 'team', name: 'leaver' })
        const options = { timeoutMs: endsWithinMs, intervalMs: 200 }
        await waitFor(() => ofDeleted.isClosed, { ...options, what: 'that of a deleted Connector to end' })
        await waitFor(() => ofUngranted.isClosed, { ...options, what: 'that of a removed grant to end' })
        assert.ok(await echoes(kept))
        await waitFor(() => system.audits().filter(({ outcome }) => outcome === 'revoked').length === 2)
        const revoked = system.audits().filter(({ outcome }) => outcome === 'revoked')
        assert.equal(revoked.map(({ refusal }) => refusal).sort(), ['ConnectorNotFound', 'Forbidden'])
        kept.close()
      }),
  ))

test.run()
