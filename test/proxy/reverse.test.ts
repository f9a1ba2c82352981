// The reverse door as a client and a tool see it.
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../helpers/poll.ts'
import {
  basicOf,
  bootProxy,
  canaryPassword,
  canaryToken,
  requestText,
  type ToolRequest,
} from '../helpers/proxy.ts'

const test = suite('proxy/reverse')

function headersNamed(request: ToolRequest | undefined, name: string): readonly string[] {
  return (request?.headers ?? []).filter(([known]) => known === name).map(([, value]) => value)
}

test('a request goes to the tool with the credential of its Connector and the caller known', async () => {
  await bootProxy(async proxy => {
    await proxy.addConnector('bearer', {
      connectorClassName: 'tool',
      address: `http://${proxy.tool.host}/sub/`,
      auth: { name: 'bearer', secretRef: { name: 'bearer' } },
    })
    await proxy.addConnector('open', { connectorClassName: 'tool', address: `http://${proxy.tool.host}` })
    const [host, path] = ['c-app.team.svc.cluster.local', '/namespaces/team/connectors']
    await waitFor(async () => (await proxy.get('/x', { host: 'c-open.team' })).status === 200)
    proxy.tool.requests.length = 0
    const basic = basicOf('robot', canaryPassword)
    for (const [target, options, seen, authorization] of [
      ['/a/b?q=%2F', {}, '/a/b?q=%2F', [basic]],
      ['/', { host }, '/', [basic]],
      ['/a', { host: 'C-App.Team.svc:80' }, '/a', [basic]],
      ['/a', { host: 'c-app.team.svc.' }, '/a', [basic]],
      [`${path}/app/a`, { host: 'any.example' }, '/a', [basic]],
      [`${path}/app`, { host: '127.0.0.1:1' }, '/', [basic]],
      [`${path}/app/a`, { host }, '/a', [basic]],
      ['/a', { host: 'c-bearer.team' }, '/sub/a', [`Bearer ${canaryToken}`]],
      [`${path}/bearer`, { host: 'any.example' }, '/sub', [`Bearer ${canaryToken}`]],
      ['/a', { host: 'c-open.team.svc' }, '/a', []],
    ] as const) {
      const { status, body } = await proxy.get(target, options)
      const request = proxy.tool.requests.at(-1)
      assert.equal([status, body], [200, 'ok'], target)
      assert.equal([request?.target, headersNamed(request, 'host')], [seen, [proxy.tool.host]])
      assert.equal(headersNamed(request, 'authorization'), authorization)
    }
  })
})

test('nothing of the caller’s own credential reaches the tool, and all else does', async () => {
  await bootProxy(async proxy => {
    const reply = await proxy.get('/a', {
      headers: [
        `Proxy-Authorization: Basic ${Buffer.from(`x:${proxy.token}`).toString('base64')}`,
        'PRIVATE-TOKEN: mine',
        `X-Copy: ${proxy.token}`,
        'Connection: X-Hop, authorization, cookie2',
        'X-Hop: 1',
        'Cookie: session=1',
        'Accept-Encoding: gzip',
        'X-Request-Id: abc-1',
        'Upgrade: h2c',
        'HTTP2-Settings: AAA',
      ],
    })
    assert.is(reply.status, 200)
    const [request] = proxy.tool.requests
    assert.not.ok(proxy.tool.received().includes(proxy.token))
    for (const gone of [
      'proxy-authorization',
      'private-token',
      'x-copy',
      'x-hop',
      'upgrade',
      'http2-settings',
    ]) {
      assert.equal(headersNamed(request, gone), [], gone)
    }
    assert.equal(headersNamed(request, 'authorization'), [basicOf('robot', canaryPassword)])
    assert.equal(headersNamed(request, 'cookie'), ['session=1'])
    assert.equal(headersNamed(request, 'accept-encoding'), ['gzip'])
    assert.equal(headersNamed(request, 'x-request-id'), ['abc-1'])
    const spelled = `GET /b HTTP/1.1\r\nHost: c-app.team\r\naUTHORIZATION: bEARER ${proxy.token}\r\n\r\n`
    assert.is((await proxy.send(spelled)).status, 200)
    const twice = spelled.replace('\r\n\r\n', `\r\nAuthorization: Bearer ${proxy.token}\r\n\r\n`)
    assert.is((await proxy.send(twice)).status, 400)
    assert.is(proxy.tool.requests.length, 2)
  })
})

test('HEAD, a body, and a 401 of the tool pass; a bad token with Expect gets 401 alone', async () => {
  await bootProxy(async proxy => {
    const head = await proxy.get('/a', { method: 'HEAD' })
    assert.equal([head.status, head.body], [200, ''])
    const refusedHead = await proxy.get('/a', { method: 'HEAD', token: null })
    assert.equal([refusedHead.status, refusedHead.body], [401, ''])
    await proxy.get('/a', { method: 'POST', body: 'payload' })
    assert.is(proxy.tool.requests.at(-1)?.body, 'payload')
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0'
    await proxy.get('/c', { method: 'PUT', headers: [chunked] })
    assert.is(proxy.tool.requests.at(-1)?.body, '3\r\nabc\r\n0\r\n\r\n')
    proxy.tool.answer = () =>
      'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="tool"\r\nContent-Length: 0\r\n\r\n'
    const unauthorized = await proxy.get('/a')
    assert.equal([unauthorized.status, unauthorized.header('www-authenticate')], [401, 'Basic realm="tool"'])
    const count = proxy.tool.requests.length
    const expecting = await proxy.get('/a', {
      method: 'PUT',
      token: 'bad',
      headers: ['Expect: 100-continue', 'Content-Length: 5'],
    })
    assert.ok(expecting.raw.startsWith('HTTP/1.1 401 '))
    assert.is(expecting.header('www-authenticate'), 'Basic realm="connectors"')
    assert.is(proxy.tool.requests.length, count)
  })
})

test('redirects and cookies that name the tool come back through the proxy', async () => {
  const answer = ({ target }: ToolRequest) => {
    const location = decodeURIComponent(target.split('?to=')[1] ?? '')
    return `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nSet-Cookie: a=b; Path=/t/x; Domain=tool; HttpOnly\r\nContent-Length: 0\r\n\r\n`
  }
  await bootProxy(
    async proxy => {
      const path = '/namespaces/team/connectors/app'
      const tool = `http://${proxy.tool.host}`
      for (const [location, host, byPath] of [
        [`${tool}/t/login?a=1`, 'http://c-app.team.svc/login?a=1', `http://p${path}/login?a=1`],
        ['/t/login', '/login', `${path}/login`],
        [`//${proxy.tool.host}/t/login`, 'http://c-app.team.svc/login', `http://p${path}/login`],
        ['next?a', 'next?a', 'next?a'],
        ['https://other.example/t/', 'https://other.example/t/', 'https://other.example/t/'],
        ['/outside', `${tool}/outside`, `${tool}/outside`],
        ['../../../other/x', `${tool}/other/x`, `${tool}/other/x`],
      ]) {
        const query = `?to=${encodeURIComponent(location ?? '')}`
        const reply = await proxy.get(`/d/e${query}`)
        assert.is(reply.header('location'), host)
        assert.is(reply.header('set-cookie'), 'a=b; Path=/x; HttpOnly')
        const other = await proxy.get(`${path}/d/e${query}`, { host: 'p' })
        assert.is(other.header('location'), byPath)
        assert.is(other.header('set-cookie'), `a=b; Path=${path}/x; HttpOnly`)
      }
    },
    { answer, address: host => `http://${host}/t` },
  )
})

test('each request leaves one audit line and counts, the unreadable one too', async () => {
  await bootProxy(async proxy => {
    await proxy.client.create((await import('../../kube/object/resources.ts')).pods, {
      metadata: { namespace: 'team', name: 'build-1' },
      spec: { serviceAccountName: 'ci', containers: [{ name: 'a', image: 'a' }] },
    })
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'build-1' }
    const token = await proxy.tokenOf('team', 'ci', { boundObjectRef })
    await proxy.get('/a/b?secret=query', {
      token,
      method: 'POST',
      body: '12345',
      headers: ['X-Request-Id: r/1'],
    })
    await proxy.get('/a', { token: null })
    await proxy.send('GET / HTTP/1.1\r\nHost : x\r\n\r\n')
    const [used, refused, unread] = proxy.audits.map(line => JSON.parse(line))
    const { time, durationMs, ...rest } = used
    assert.ok(durationMs >= 0 && !Number.isNaN(Date.parse(time)))
    assert.equal(rest, {
      audit: 'request',
      id: 'r/1',
      door: 'reverse',
      caller: 'system:serviceaccount:team:ci',
      namespace: 'team',
      pod: 'build-1',
      connector: 'team/app',
      method: 'POST',
      host: 'c-app.team.svc',
      path: '/a/b',
      status: 200,
      outcome: 'complete',
      bytesIn: 5,
      bytesOut: 2,
    })
    assert.equal([refused.status, refused.refusal, refused.caller], [401, 'TokenMissing', undefined])
    assert.equal([unread.status, unread.refusal, unread.path], [400, 'SpaceBeforeColon', undefined])
    assert.is(proxy.audits.length, 3)
    const metrics = await proxy.metrics()
    assert.match(
      metrics,
      /connectors_proxy_requests_total\{connector="team\/app",door="reverse",status="2xx"\} 1/,
    )
    assert.match(metrics, /connectors_proxy_requests_total\{connector="",door="reverse",status="4xx"\} 1/)
    assert.match(metrics, /connectors_proxy_authorizations_total\{cache="miss"\} 1/)
  })
})

test('an upgrade is a tunnel, to nothing that speaks HTTP inside', async () => {
  await bootProxy(async proxy => {
    proxy.tool.answer = ({ headers }, socket) => {
      if (!headers.some(([name]) => name === 'upgrade')) return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
      socket.removeAllListeners('data')
      socket.on('data', bytes => socket.write(bytes)).on('end', () => socket.end())
      return 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    }
    const [hostname, port] = proxy.host.split(':')
    const socket = connect({ host: hostname, port: Number(port) })
    let text = ''
    socket.setEncoding('latin1').on('data', chunk => {
      text += chunk
    })
    const headers = ['Connection: Upgrade', 'Upgrade: websocket']
    socket.write(requestText('/ws', { token: proxy.token, headers }))
    await waitFor(() => text.includes('\r\n\r\n'))
    assert.match(text, /^HTTP\/1\.1 101 /)
    socket.write('ping')
    await waitFor(() => text.endsWith('\r\n\r\nping'))
    socket.end()
    await once(socket, 'close')
    await waitFor(() => proxy.audits.length === 2)
    assert.equal(
      proxy.audits.map(line => JSON.parse(line)).map(({ status, outcome }) => [status, outcome]),
      [
        [101, 'tunnel-opened'],
        [101, 'tunnel-closed'],
      ],
    )
    for (const protocol of ['h2c', 'HTTP/2.0', 'TLS/1.2', 'websocket, h2c']) {
      const reply = await proxy.get('/ws', { headers: ['Connection: Upgrade', `Upgrade: ${protocol}`] })
      assert.is(reply.status, 200, protocol)
    }
  })
})

test('a caller has so many requests under way, and gets the place back', async () => {
  await bootProxy(
    async proxy => {
      const held: (() => void)[] = []
      proxy.tool.answer = (_, socket) => {
        held.push(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
        return undefined
      }
      const running = [proxy.keep('/1'), proxy.keep('/2')]
      await waitFor(() => held.length === 2)
      const refused = await proxy.get('/3')
      assert.equal([refused.status, refused.header('retry-after')], [429, '1'])
      const lister = proxy.keep('/4', { token: await proxy.tokenOf('team', 'lister') })
      await waitFor(() => held.length === 3)
      for (const release of held) release()
      for (const reply of await Promise.all([...running, lister])) assert.is(reply.status, 200)
      const next = proxy.keep('/5')
      await waitFor(() => held.length === 4)
      held[3]?.()
      assert.is((await next).status, 200)
    },
    { argv: ['--requests-per-caller=2'] },
  )
})

test('a running download finishes when the proxy stops, and nothing new begins', async () => {
  await bootProxy(async proxy => {
    let finish = () => {}
    proxy.tool.answer = (_, socket) => {
      finish = () => socket.write('second')
      return 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfirst'
    }
    const download = proxy.get('/big')
    await waitFor(() => proxy.tool.requests.length === 1)
    const stopped = proxy.stop()
    assert.is((await proxy.get('/late')).status, 0)
    finish()
    assert.is((await download).body, 'firstsecond')
    await stopped
  })
})

test.run()
