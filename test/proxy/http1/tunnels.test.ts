// Connections that stop being HTTP: upgrades through to the tool, and CONNECT handed to the consumer.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Decide, Origin } from '../../../proxy/http1/decision.ts'
import type { Http1Server } from '../../../proxy/http1/server.ts'
import { waitFor } from '../../helpers/poll.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { answering, get, ok, type Wire, withHttp1 } from './boot-http1.ts'

const upgrade = get(
  '/exec',
  'Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n',
)
const switching =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\n'

const upgrades = suite('an upgrade')

upgrades('that the consumer allows is a tunnel both ways, what was sent ahead included', async () => {
  const tool = (wire: Wire) => wire.socket.once('data', () => wire.send(`${switching}first`))
  await withHttp1({ tool, relay: { upgrade: true } }, async ({ open, tool: { wires }, records }) => {
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
  await withHttp1({ tool: () => {}, relay: { upgrade: true } }, async ({ open, tool }) => {
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
  await withHttp1({ relay: { upgrade: true } }, async ({ open }) => {
    const client = await open()
    client.send(upgrade + get('/next'))
    await client.expect(/^HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 200/)
  })
})

upgrades('that nobody allowed, or that has a body, is not offered to the tool', async () => {
  const withBody = upgrade.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\nhi')
  for (const [allowed, request] of [
    [false, upgrade],
    [true, withBody],
  ] as const) {
    await withHttp1({ relay: { upgrade: allowed } }, async ({ open, tool }) => {
      const client = await open()
      client.send(request)
      await client.expect('ok')
      assert.not.match(tool.received, /upgrade/i)
    })
  }
})

upgrades(
  'to another HTTP, or to a choice of protocols, is not offered: nobody would decide on what is inside',
  async () => {
    for (const protocol of ['h2c', 'H2C', 'HTTP/2.0', 'TLS/1.2', 'websocket, h2c', 'h2c,websocket']) {
      await withHttp1({ relay: { upgrade: true } }, async ({ open, tool }) => {
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
  await withHttp1({ tool, relay: { upgrade: true } }, async ({ open }) => {
    const client = await open()
    client.send(upgrade)
    await client.expect(/^HTTP\/1\.1 502 /)
  })
})

upgrades('ends for the client when the tool is gone, and the other way round', async () => {
  const tool = answering(() => switching)
  await withHttp1({ tool, relay: { upgrade: true } }, async ({ open, tool: { wires }, server }) => {
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

const takeovers = suite('a CONNECT')

const withCertificate = (use: (pem: { key: string; cert: string }) => Promise<void>) =>
  withTempDir(async dir => {
    const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tool'
    execFileSync('openssl', [...args.split(' '), '-keyout', `${dir}/key`, '-out', `${dir}/cert`], {
      stdio: 'ignore',
    })
    await use({ key: readFileSync(`${dir}/key`, 'utf8'), cert: readFileSync(`${dir}/cert`, 'utf8') })
  })

/** Answers CONNECT itself, speaks TLS on the connection and serves what is inside. */
const intercepting = (
  pem: { key: string; cert: string },
  server: () => Http1Server<Origin>,
): Decide<Origin> => {
  const secureContext = createSecureContext(pem)
  const relay: Decide<Origin> = head => ({
    kind: 'relay',
    origin: { key: 'tool' },
    target: head.path,
    host: 'tool',
    headers: [],
  })
  return (head, peer) => {
    if (head.method !== 'CONNECT') return { kind: 'answer', status: 404, headers: [] }
    assert.equal(head.authority, { hostname: 'tool', port: 443 })
    return {
      kind: 'takeover',
      status: 200,
      headers: [],
      take: socket =>
        server().serve(new TLSSocket(socket, { isServer: true, secureContext }), { peer, decide: relay }),
    }
  }
}

const connectTo = 'CONNECT tool:443 HTTP/1.1\r\nHost: tool:443\r\n\r\n'

takeovers('hands its connection over, and what is inside is served like anything else', () =>
  withCertificate(async pem => {
    let server: Http1Server<Origin> | undefined
    const decide = intercepting(pem, () => server as Http1Server<Origin>)
    const big = 'x'.repeat(1_000_000)
    await withHttp1({ decide, tool: answering(() => ok(big)) }, async booted => {
      server = booted.server
      const client = await booted.open()
      client.send(connectTo)
      await client.expect(/^HTTP\/1\.1 200 OK\r\n\r\n$/)
      client.socket.removeAllListeners('data')
      const tls = connectTls({ socket: client.socket, ca: pem.cert, servername: 'tool' })
      let received = ''
      tls.on('data', chunk => {
        received += chunk
      })
      tls.write(get('/inside'))
      await waitFor(() => received.length > big.length)
      tls.write(get('/again'))
      await waitFor(() => received.length > 2 * big.length)
      assert.match(booted.tool.received, /^GET \/inside [\s\S]*GET \/again /)
      tls.destroy()
      await waitFor(() => booted.server.connectionCount === 0)
    })
  }),
)

takeovers('ends the connection inside when a tool cuts its answer off', () =>
  withCertificate(async pem => {
    let server: Http1Server<Origin> | undefined
    const decide = intercepting(pem, () => server as Http1Server<Origin>)
    const cutOff = (wire: Wire) =>
      wire.socket.on('data', () => wire.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'))
    await withHttp1({ decide, tool: cutOff }, async booted => {
      server = booted.server
      const client = await booted.open()
      client.send(connectTo)
      await client.expect('\r\n\r\n')
      client.socket.removeAllListeners('data')
      const tls = connectTls({ socket: client.socket, ca: pem.cert, servername: 'tool' })
      tls.on('error', () => {})
      tls.resume()
      tls.write(get('/inside'))
      await waitFor(() => tls.destroyed || tls.readableEnded)
      tls.destroy()
      await waitFor(() => booted.server.connectionCount === 0)
    })
  }),
)

takeovers('followed by its handshake in the same segment loses no byte', () =>
  withCertificate(async pem => {
    let server: Http1Server<Origin> | undefined
    const decide = intercepting(pem, () => server as Http1Server<Origin>)
    await withHttp1({ decide }, async booted => {
      server = booted.server
      const client = await booted.open()
      let connectPrefix = connectTo
      let isAnswerRead = false
      // Puts the ClientHello right behind CONNECT, and takes the answer to CONNECT off the stream.
      const stream = new Duplex({
        write(chunk, _encoding, done) {
          client.socket.write(Buffer.concat([Buffer.from(connectPrefix), chunk]), () => done())
          connectPrefix = ''
        },
        read() {},
      })
      client.socket.removeAllListeners('data')
      let before = Buffer.alloc(0)
      client.socket.on('data', (chunk: Buffer) => {
        if (isAnswerRead) stream.push(chunk)
        else before = Buffer.concat([before, chunk])
        const end = before.indexOf('\r\n\r\n')
        if (isAnswerRead || end === -1) return
        isAnswerRead = true
        if (before.length > end + 4) stream.push(before.subarray(end + 4))
      })
      const tls = connectTls({ socket: stream, ca: pem.cert, servername: 'tool' })
      let received = ''
      tls.on('data', chunk => {
        received += chunk
      })
      tls.write(get('/inside'))
      await waitFor(() => received.endsWith('ok'))
      tls.destroy()
    })
  }),
)

takeovers('cannot be relayed blindly', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    const client = await open()
    client.send(connectTo)
    await client.expect(/^HTTP\/1\.1 500 /)
    assert.is(tool.wires.length, 0)
  })
})

takeovers.run()
