// A tunnel ends with the right to it, within 70 seconds: clients.md F21. As long as that takes, this group takes.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors, pods, roleBindings } from '../../../kube/object/resources.ts'
import { waitFor } from '../../helpers/poll.ts'
import { statusFor } from './callers.ts'
import { withOtherProxy } from './other-proxy.ts'
import { createPodToken } from './pods.ts'
import { okAnswer, withRecorder } from './servers.ts'
import { type AuditLine, grantUse, withAttacked } from './system.ts'
import { Wire } from './wire.ts'

const test = suite('clients/attack/tunnels')

const endsWithinMs = 75_000

type Asked = { readonly host: string; readonly token: string; readonly name: string }

/** A connection that has asked for a tunnel, with the head of its answer. */
async function askForTunnel({ host, token, name }: Asked): Promise<Wire> {
  const wire = await Wire.open(host)
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
  wire.send(
    `GET /${name} HTTP/1.1\r\nHost: c-${name}.team\r\nAuthorization: Bearer ${token}\r\n${upgrade}\r\n`,
  )
  await waitFor(() => wire.received.includes('\r\n\r\n') || wire.isClosed)
  return wire
}

async function openTunnel(asked: Asked): Promise<Wire> {
  const wire = await askForTunnel(asked)
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

/** Takes tunnels, and sends what comes in them back. */
function withEcho(use: (host: string) => Promise<void>): Promise<void> {
  return withRecorder(
    ({ headers }, socket) => {
      if (!headers.some(([name]) => name === 'upgrade')) return okAnswer
      socket.removeAllListeners('data')
      socket.on('data', bytes => socket.write(bytes))
      return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    },
    ({ host }) => use(host),
  )
}

function outcomesOf(audits: readonly AuditLine[], outcome: string): readonly AuditLine[] {
  return audits.filter(line => line['outcome'] === outcome)
}

test('attack: a caller has as many tunnels as it may; honest: others open theirs, and its requests go on', () =>
  withEcho(tool =>
    withAttacked(async system => {
      await system.connect('app', `http://${tool}`)
      const other = await createPodToken(system, { name: 'other', account: 'ci' })
      await withOtherProxy(system, ['--allow-loopback', '--tunnels-per-caller=4'], async ({ host }) => {
        const asked = { host, token: system.token, name: 'app' }
        const tunnels = await Promise.all(Array.from({ length: 4 }, () => openTunnel(asked)))
        const refused = await askForTunnel(asked)
        assert.match(refused.received, /^HTTP\/1\.1 429 /)
        assert.match(refused.received, /TooManyRequests/)
        assert.is(await statusFor({ host }, system.token, '127.0.0.1'), 200)
        const ofOtherPod = await openTunnel({ ...asked, token: other })
        for (const wire of [...tunnels, ofOtherPod]) assert.ok(await echoes(wire))
        tunnels.pop()?.end()
        const afterwards = await waitFor(async () => {
          const wire = await askForTunnel(asked)
          return wire.received.startsWith('HTTP/1.1 101 ') && wire
        })
        for (const wire of [...tunnels, refused, ofOtherPod, afterwards]) wire.close()
      })
    }),
  ))

test('attack: a tunnel outlives neither its Connector, its grant nor its pod; honest: one whose right stays goes on', () =>
  withEcho(tool =>
    withAttacked(async system => {
      await Promise.all(['gone', 'kept'].map(name => system.connect(name, `http://${tool}`)))
      // Accounts of the Connector's own namespace may use it anyway.
      const leaver = await system.addTeam('elsewhere')
      await grantUse(system.client, { namespace: 'team', users: ['elsewhere/ci'], name: 'leaver' })
      const ofPod = await createPodToken(system, { name: 'short-lived', account: 'ci' })
      const { host, token } = system
      const lost = await Promise.all([
        openTunnel({ host, token, name: 'gone' }),
        openTunnel({ host, token: leaver, name: 'kept' }),
        openTunnel({ host, token: ofPod, name: 'kept' }),
      ])
      const kept = await openTunnel({ host, token, name: 'kept' })
      for (const wire of [...lost, kept]) assert.ok(await echoes(wire))
      await waitFor(() => outcomesOf(system.audits(), 'tunnel-opened').length === 4)

      await system.client.delete(connectors, { namespace: 'team', name: 'gone' })
      await system.client.delete(roleBindings, { namespace: 'team', name: 'leaver' })
      await system.client.delete(pods, { namespace: 'team', name: 'short-lived' })
      for (const [at, wire] of lost.entries()) {
        const what = `that of a removed ${['Connector', 'grant', 'pod'][at]} to end`
        await waitFor(() => wire.isClosed, { timeoutMs: endsWithinMs, intervalMs: 200, what })
      }
      assert.ok(await echoes(kept))
      const revoked = await waitFor(() => {
        const lines = outcomesOf(system.audits(), 'revoked')
        return lines.length === lost.length && lines
      })
      assert.equal(revoked.map(({ refusal }) => refusal).sort(), [
        'ConnectorNotFound',
        'Forbidden',
        'TokenNotAuthenticated',
      ])
      kept.close()
      await waitFor(() => outcomesOf(system.audits(), 'tunnel-closed').length === 1)
    }),
  ))

test.run()
