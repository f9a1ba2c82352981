// What runs is looked at again: a right that ends, ends what was begun with it.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors, roleBindings, serviceAccounts } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { type BootedProxy, bootProxy, requestText } from '../helpers/proxy.ts'

const test = suite('proxy/running')

const ref = { namespace: 'team', name: 'app' }

type Stream = { readonly socket: Socket; text: string; isClosed: boolean }

async function open(proxy: BootedProxy, path: string, headers: readonly string[] = []): Promise<Stream> {
  const [hostname, port] = proxy.host.split(':')
  const socket = connect({ host: hostname, port: Number(port) })
  const stream: Stream = { socket, text: '', isClosed: false }
  socket.setEncoding('latin1').on('data', chunk => {
    stream.text += chunk
  })
  socket
    .on('error', () => {})
    .on('close', () => {
      stream.isClosed = true
    })
  socket.write(requestText(path, { token: proxy.token, headers }))
  await waitFor(() => stream.text.includes('\r\n\r\n'))
  return stream
}

/** An echo after an upgrade, and a body that never ends otherwise. */
function serve(proxy: BootedProxy): void {
  proxy.tool.answer = ({ headers }, socket) => {
    if (!headers.some(([name]) => name === 'upgrade'))
      return 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegun'
    socket.removeAllListeners('data')
    socket.on('data', bytes => socket.write(bytes))
    return 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  }
}

const upgrade = ['Connection: Upgrade', 'Upgrade: websocket']

async function echoes(stream: Stream): Promise<boolean> {
  if (stream.isClosed) return false
  const before = stream.text.length
  stream.socket.write('ping')
  await waitFor(() => stream.text.length > before || stream.isClosed)
  return stream.text.length > before
}

const endings: readonly (readonly [string, (proxy: BootedProxy) => Promise<unknown>, string])[] = [
  ['the Connector is deleted', ({ client }) => client.delete(connectors, ref), 'ConnectorNotFound'],
  [
    'the account is deleted',
    ({ client }) => client.delete(serviceAccounts, { namespace: 'team', name: 'ci' }),
    'TokenNotAuthenticated',
  ],
  [
    'the grant is removed',
    ({ client }) => client.delete(roleBindings, { namespace: 'team', name: 'users' }),
    'Forbidden',
  ],
  [
    'the address moves',
    ({ client }) =>
      client.patch(connectors, ref, { patch: { spec: { address: 'http://elsewhere.example' } } }),
    'ConnectorNotFound',
  ],
]

for (const [name, end, reason] of endings) {
  test(`a tunnel and a transfer end when ${name}`, () =>
    bootProxy(async proxy => {
      serve(proxy)
      const tunnel = await open(proxy, '/ws', upgrade)
      const transfer = await open(proxy, '/big')
      assert.ok(await echoes(tunnel))
      // Time alone ends neither.
      proxy.advance(61_000)
      await waitFor(() => proxy.asked.filter(({ resource }) => resource === 'tokenreviews').length > 1)
      assert.ok(await echoes(tunnel))
      await end(proxy)
      proxy.advance(61_000)
      await waitFor(() => tunnel.isClosed && transfer.isClosed, { timeoutMs: 10_000 })
      const lines = proxy.audits
        .map(line => JSON.parse(line))
        .filter(({ path }) => path === '/ws' || path === '/big')
      assert.equal(lines.map(({ outcome }) => outcome).sort(), ['revoked', 'revoked', 'tunnel-opened'])
      for (const line of lines) {
        if (line.outcome === 'revoked') assert.is(line.refusal, reason)
      }
    }))
}

test('what runs outlives the expiry of its token for a while, and no longer', () =>
  bootProxy(
    async proxy => {
      serve(proxy)
      const tunnel = await open(proxy, '/ws', upgrade)
      proxy.advance(3601_000)
      assert.is((await proxy.get('/a')).status, 401)
      // The permission is asked about while the token cannot be any more.
      const looked = async () => {
        const reviews = () => proxy.asked.filter(({ resource }) => resource === 'subjectaccessreviews').length
        const before = reviews()
        await waitFor(() => reviews() > before)
      }
      await looked()
      assert.ok(await echoes(tunnel))
      proxy.advance(3600_000)
      await looked()
      assert.ok(await echoes(tunnel))
      proxy.advance(3700_000)
      await waitFor(() => tunnel.isClosed, { timeoutMs: 10_000 })
      assert.is(JSON.parse(proxy.audits.at(-1) ?? '').refusal, 'TokenExpired')
    },
    { argv: ['--stream-max=2h'] },
  ))

test('a tunnel that is silent stays', () =>
  bootProxy(async proxy => {
    serve(proxy)
    const tunnel = await open(proxy, '/ws', upgrade)
    for (let at = 0; at < 5; at++) {
      proxy.advance(600_000)
      await waitFor(async () => (await proxy.get('/x', { token: null })).status === 401)
    }
    assert.ok(await echoes(tunnel))
    tunnel.socket.end()
    await once(tunnel.socket, 'close')
  }))

test.run()
