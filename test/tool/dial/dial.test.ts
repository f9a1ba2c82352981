import { once } from 'node:events'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createAuthority } from '../../../pki/authority.ts'
import { createServerCertificate } from '../../../pki/leaf.ts'
import { parseConnectTo } from '../../../tool/dial/connect-to.ts'
import { type DialOptions, dial, type Origin } from '../../../tool/dial/dial.ts'
import { DialError } from '../../../tool/dial/dial-error.ts'
import { TrustStore } from '../../../tool/dial/trust.ts'
import { closedPort, localReach, recorder, withHttp, withHttps, withTcp } from '../servers.ts'

const test = suite('tool/dial/dial')
const nobody = createSecureContext({ ca: [] })
const http = (hostname: string, port: number): Origin => ({ scheme: 'http', hostname, port })
const loopback = { commonName: 'test', dns: ['localhost'], ip: ['127.0.0.1', '::1'] }
const https = (hostname: string, port: number): Origin => ({ scheme: 'https', hostname, port })

function dialed(origin: Origin, options: Partial<DialOptions> = {}) {
  const { signal } = new AbortController()
  const usual = {
    trust: nobody,
    policy: 'own',
    owner: 'team',
    reach: localReach,
    connectTimeoutMs: 5000,
  } as const
  return dial(origin, { signal, ...usual, ...options })
}

async function failure(origin: Origin, options: Partial<DialOptions> = {}): Promise<string> {
  try {
    ;(await dialed(origin, options)).destroy()
  } catch (error) {
    if (error instanceof DialError) return `${error.reason}: ${error.current}`
    throw error
  }
  return 'connected'
}

test('connects to a host by name and by address', () =>
  withHttp(recorder().listener, async port => {
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST.', '0x7f.1']) {
      assert.is(await failure(http(host, port)), 'connected', host)
    }
  }))

test('refuses what the policy does not allow, however it is spelled', async () => {
  const refused: readonly (readonly [host: string, policy: DialOptions['policy'], why: string])[] = [
    ['127.0.0.1', 'public', 'loopback addresses'],
    ['localhost', 'public', 'loopback addresses'],
    ['2130706433', 'public', 'loopback addresses'],
    ['10.0.0.1', 'public', 'private addresses'],
    ['169.254.169.254', 'own', 'addresses of metadata services'],
    ['0xA9FEA9FE', 'own', 'addresses of metadata services'],
    ['[::ffff:169.254.169.254]', 'own', 'addresses of metadata services'],
    ['fe80::1', 'own', 'link-local addresses'],
    ['224.0.0.1', 'own', 'reserved addresses'],
  ]
  for (const [host, policy, why] of refused) {
    assert.is(await failure(http(host, 80), { policy }), `AddressRefused: ${why} are not allowed here`, host)
  }
})

test('refuses a metadata address as the other end of a mapping too', async () => {
  const connectTo = parseConnectTo(['tool.example:80=169.254.169.254:80'])
  assert.match(await failure(http('tool.example', 80), { connectTo }), 'AddressRefused')
})

test('says in words that stay the same why it cannot connect', async () => {
  const port = await closedPort()
  assert.is(await failure(http('127.0.0.1', port)), 'ConnectionFailed: connection refused')
  assert.is(await failure(http('localhost', port)), 'ConnectionFailed: connection refused')
  assert.is(await failure(http('no such host', 80)), 'NameNotFound: this is not a host name')
  assert.match(
    await failure(http('tool.invalid', 80)),
    /^NameNotFound: (no such host|looking up the host failed for now)$/,
  )
})

test('connects elsewhere where the mapping says so', () =>
  withHttp(recorder().listener, async port => {
    const connectTo = parseConnectTo([`tool.example:80=127.0.0.1:${port}`])
    assert.is(await failure(http('Tool.Example', 80), { connectTo }), 'connected')
    assert.match(await failure(http('tool.invalid', 81), { connectTo }), 'NameNotFound')
  }))

test('checks a certificate before anything is written', async () => {
  const now = Date.now()
  const authority = await createAuthority('an authority', { nowMs: now, days: 3650 })
  const serving = await createServerCertificate(authority, loopback, { nowMs: now, days: 365 })
  const trust = new TrustStore({ capacity: 2 }).context([authority.certificate])
  const tool = recorder()
  await withHttps(serving, tool.listener, async port => {
    for (const host of ['localhost', '127.0.0.1']) {
      const socket = (await dialed(https(host, port), { trust })) as TLSSocket
      assert.is(socket.authorized, true)
      assert.is(socket.alpnProtocol, 'http/1.1')
      socket.destroy()
    }
    const connectTo = parseConnectTo([`tool.example:443=127.0.0.1:${port}`])
    const unverified = 'TLSVerificationFailed: the certificate is'
    assert.is(await failure(https('localhost', port)), `${unverified} signed by an unknown authority`)
    assert.is(
      await failure(https('tool.example', 443), { trust, connectTo }),
      `${unverified} for another name`,
    )
  })
  const longAgo = now - 2 * 365 * 24 * 3600 * 1000
  const expired = await createServerCertificate(authority, loopback, { nowMs: longAgo, days: 365 })
  await withHttps(expired, tool.listener, async port => {
    const current = await failure(https('localhost', port), { trust })
    assert.is(current, 'TLSVerificationFailed: the certificate has expired')
  })
  assert.equal(tool.requests, [])
})

test('tells a server that speaks no TLS from one with a bad certificate', () =>
  withHttp(recorder().listener, async port => {
    assert.match(
      await failure(https('127.0.0.1', port)),
      /^ConnectionFailed: TLS handshake failed \(ERR_SSL_/,
    )
  }))

test('gives up on a handshake that does not end, and when it is told to', () =>
  withTcp(
    () => {},
    async port => {
      const silent = https('127.0.0.1', port)
      assert.is(await failure(silent, { connectTimeoutMs: 50 }), 'ConnectionFailed: connection timed out')
      const stop = new AbortController()
      const dialing = failure(silent, { signal: stop.signal })
      stop.abort(new Error('enough'))
      assert.match(await dialing.catch((error: Error) => error.message), 'enough')
    },
  ))

test('leaves no connection behind when the handshake fails', () => {
  const closed = Promise.withResolvers<void>()
  return withTcp(
    socket => {
      socket.on('close', () => closed.resolve()).resume()
    },
    async port => {
      await failure(https('127.0.0.1', port), { connectTimeoutMs: 50 })
      await closed.promise
    },
  )
})

test('gives back a socket that works', () =>
  withHttp(recorder().listener, async port => {
    const socket = await dialed(http('127.0.0.1', port))
    socket.end('GET / HTTP/1.0\r\n\r\n')
    const [chunk] = await once(socket, 'data')
    assert.match(String(chunk), 'HTTP/1.1 200')
  }))

test.run()
