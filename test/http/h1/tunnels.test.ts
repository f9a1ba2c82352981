// Connections that stop being HTTP by an upgrade, and CONNECT, which makes none do so.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { IncomingRequest } from '../../../http/message/request.ts'
import { waitFor } from '../../helpers/poll.ts'
import { answering, get, type Wire, withHttp1 } from './boot-http1.ts'

const upgrade = get(
  '/exec',
  'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n',
)
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n'

const upgrades = suite('an upgrade')

upgrades('that the tool agrees to is a tunnel both ways, what was sent ahead included', async () => {
  const tool = (wire: Wire) => wire.socket.once('data', () => wire.send(`${switching}first`))
  await withHttp1({ tool }, async ({ open, tool: { wires }, records }) => {
    const client = await open()
    client.send(upgrade)
    await client.expect(/^HTTP\/1\.1 101 [\s\S]*Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst$/)
    const wire = wires[0] as Wire
    assert.match(wire.received, /\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n$/)
    client.send('\0GET / HTTP/1.1\r\n\r\n')
    await wire.expect('\0GET / HTTP/1.1\r\n\r\n')
    wire.send('\xff more')
    await client.expect('\xff more')
    client.socket.end('bye')
    await wire.expect('bye')
    await waitFor(() => wire.hasEnded)
    assert.is(records.length, 0)
    wire.socket.end('and bye')
    await client.expect('and bye')
    await client.end()
    await waitFor(() => records.length === 1)
    const { outcome, status, bytesIn, bytesOut } = records[0] ?? {}
    assert.equal(
      { outcome, status, bytesIn, bytesOut },
      { outcome: 'tunnel-closed', status: 101, bytesIn: 22, bytesOut: 18 },
    )
  })
})

upgrades('carries what the client sent before the tool agreed', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool }) => {
    const client = await open()
    client.send(`${upgrade}early`)
    const wire = await tool.wire(0)
    await wire.expect('\r\n\r\n')
    assert.not.match(wire.received, 'early')
    wire.send(switching)
    await wire.expect(/\r\n\r\nearly$/)
  })
})

upgrades('that the tool declines is an ordinary answer', async () => {
  await withHttp1({}, async ({ open }) => {
    const client = await open()
    client.send(upgrade + get('/next'))
    await client.expect(/^HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 200/)
  })
})

upgrades('that has a body is not offered to the tool', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    const client = await open()
    client.send(upgrade.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nhi'))
    await client.expect('ok')
    assert.not.match(tool.received, /upgrade/i)
  })
})

upgrades(
  'to another HTTP, or to a choice of protocols, is not offered: nobody would decide on what is inside',
  async () => {
    for (const protocol of ['h2c', 'H2C', 'HTTP/2.0', 'TLS/1.2', 'websocket, h2c', 'h2c,websocket']) {
      await withHttp1({}, async ({ open, tool }) => {
        const client = await open()
        client.send(upgrade.replace('websocket', protocol))
        await client.expect('ok')
        assert.not.match(tool.received, /upgrade/i, protocol)
      })
    }
  },
)

upgrades('to something else than was asked for is a 502', async () => {
  const tool = answering(() => switching.replace('websocket', 'h2c'))
  await withHttp1({ tool }, async ({ open }) => {
    const client = await open()
    client.send(upgrade)
    await client.expect(/^HTTP\/1\.1 502 /)
  })
})

upgrades('ends for the client when the tool is gone, and the other way round', async () => {
  const tool = answering(() => switching)
  await withHttp1({ tool }, async ({ open, tool: { wires }, server }) => {
    const first = await open()
    first.send(upgrade)
    await first.expect('101')
    wires[0]?.socket.resetAndDestroy()
    await first.end()
    const second = await open()
    second.send(upgrade)
    await second.expect('101')
    second.socket.resetAndDestroy()
    await waitFor(() => wires[1]?.isClosed || wires[1]?.hasEnded)
    first.socket.destroy()
    await waitFor(() => server.connectionCount === 0)
  })
})

upgrades.run()

const connects = suite('a CONNECT')

const connectTo = 'CONNECT tool:443 HTTP/1.1\r\nHost: tool:443\r\n\r\n'

connects('is answered like any other request, and the connection stays HTTP', async () => {
  const decide = ({ method, authority }: IncomingRequest) => ({
    kind: 'answer' as const,
    status: 501,
    headers: [],
    body: `${method} ${authority.hostname}:${authority.port}`,
  })
  await withHttp1({ decide }, async ({ open }) => {
    const client = await open()
    client.send(connectTo + get())
    await client.expect(/^HTTP\/1\.1 501 [\s\S]*CONNECT tool:443HTTP\/1\.1 501 [\s\S]*GET tool:undefined$/)
  })
})

connects('cannot be relayed blindly', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    const client = await open()
    client.send(connectTo)
    await client.expect(/^HTTP\/1\.1 500 /)
    assert.is(tool.wires.length, 0)
  })
})

connects.run()
