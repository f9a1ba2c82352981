// What must never work, over raw sockets: the tool's bytes are what counts.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../helpers/poll.ts'
import { bootProxy, exchangeRaw, requestText, type ToolAnswer } from '../helpers/proxy.ts'

const test = suite('proxy/attacks')

test('requests that two readers could take differently never reach the tool', async () => {
  await bootProxy(async proxy => {
    const auth = `Authorization: Bearer ${proxy.token}`
    const host = 'Host: c-app.team.svc'
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: c-app.team.svc\r\n\r\n'
    const post = (...fields: string[]) =>
      `POST /a HTTP/1.1\r\n${[host, auth, ...fields].join('\r\n')}\r\n\r\n`
    for (const [name, raw] of [
      ['CL and TE', `${post('Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\nG`],
      ['TE and CL', `${post('Transfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n${smuggled}`],
      ['differing CL', `${post('Content-Length: 0', 'Content-Length: 50')}${smuggled}`],
      ['equal CL', `${post('Content-Length: 1', 'Content-Length: 1')}x`],
      ['a list as CL', `${post('Content-Length: 1, 1')}x`],
      ['CL with a sign', `${post('Content-Length: +1')}x`],
      ['CL in hexadecimal', `${post('Content-Length: 0x1')}x`],
      ['TE twice', `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n`],
      ['gzip, chunked', `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`],
      ['xchunked', `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`],
      ['padded TE', `${post('Transfer-Encoding:\x0bchunked')}0\r\n\r\n`],
      ['space before the colon', `${post('Transfer-Encoding : chunked')}0\r\n\r\n`],
      ['folded header', post('X-A: 1\r\n Transfer-Encoding: chunked')],
      ['bare LF', `GET /a HTTP/1.1\n${host}\n${auth}\n\n`],
      ['bare LF in a header', post('X-A: 1\nX-B: 2')],
      ['bare CR in a header', post('X-A: 1\rX-B: 2')],
      ['NUL in a header', post('X-A: \0')],
      ['HTTP/0.9', 'GET /a\r\n\r\n'],
      ['two Hosts', post('Host: c-app.team.svc')],
      ['no Host', `GET /a HTTP/1.1\r\n${auth}\r\n\r\n`],
      ['user information in Host', `GET /a HTTP/1.1\r\nHost: x@c-app.team.svc\r\n${auth}\r\n\r\n`],
      ['absolute form', `GET http://c-app.team.svc/a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
      ['absolute form, other Host', `GET http://x.example/a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
      ['CONNECT', `CONNECT c-app.team.svc:80 HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
      ['asterisk', `OPTIONS * HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
      ['TRACE', `TRACE /a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
      ['long request line', requestText(`/${'a'.repeat(17_000)}`, { token: proxy.token })],
      ['many headers', post(...Array.from({ length: 250 }, (_, at) => `X-${at}: 1`))],
    ] as const) {
      const { status, raw: answer } = await proxy.send(raw)
      assert.ok(status >= 400, `${name}: ${status}`)
      assert.is(answer.match(/HTTP\/1\.1 \d/g)?.length, 1, name)
    }
    assert.is(proxy.tool.received(), '')
    const chunkSize = await proxy.send(`${post('Transfer-Encoding: chunked')}0;x=${'\n'}\r\n\r\n${smuggled}`)
    assert.is(chunkSize.status, 400)
    assert.not.ok(proxy.tool.received().includes('smuggled'))
    assert.is(proxy.audits.length, 29)
  })
})

test('a second request in the same bytes is decided on its own', async () => {
  await bootProxy(async proxy => {
    const first = requestText('/1', { token: proxy.token })
    const { raw } = await proxy.send(first + requestText('/2') + requestText('/3', { token: proxy.token }))
    assert.equal(raw.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200'])
    assert.equal(
      proxy.tool.requests.map(({ target }) => target),
      ['/1', '/3'],
    )
  })
})

test('paths that some reader takes for others are refused, harmless ones travel byte for byte', async () => {
  await bootProxy(
    async proxy => {
      for (const path of [
        '/..',
        '/../admin',
        '/a/../../admin',
        '/a/./b',
        '/%2e%2e/admin',
        '/.%2E/admin',
        '/a/..;x/b',
        '/a/%2e%2e%3bx/b',
        '/a/..%2fadmin',
        '/a%2f..%2f..%2fadmin',
        '/%252e%252e/admin',
        '/a/%25252e%25252e/b',
        '/a/..%5cadmin',
        '/a\\..\\b',
        '/%09../admin',
        '/a%0ab',
        '/a%00b',
        '/a%',
        '/%zz',
        '/a/..%09/b',
        '/%c0%ae%c0%ae/admin',
        '/%2525252525252e',
        '/a;%2fb',
        '/a%3b%2fb',
        '/a%ffb',
        // Also below a prefix: whatever takes that off leaves it for a host.
        '//evil.example/a',
        '/%2fevil.example/a',
      ]) {
        for (const target of [path, `/namespaces/team/connectors/app${path}`]) {
          const { status } = await proxy.get(target)
          assert.is(status, 400, target)
        }
      }
      assert.is(proxy.tool.received(), '')
      for (const path of [
        '/a//b',
        '/group%2Fproject',
        '/@s%2fname',
        '/a;v=1/b',
        '/a/...',
        '/.well-known',
        '/100%25',
        '/a%5cb',
        '/a%252Fb',
      ]) {
        assert.is((await proxy.get(path)).status, 200, path)
        assert.is(proxy.tool.requests.at(-1)?.target, `/team${path}`)
      }
    },
    { address: host => `http://${host}/team` },
  )
})

test('names that stand for no Connector, or for two, lead nowhere', async () => {
  await bootProxy(async proxy => {
    await proxy.addConnector('second', { connectorClassName: 'tool', address: `http://${proxy.tool.host}` })
    await waitFor(async () => (await proxy.get('/x', { host: 'c-second.team' })).status === 200)
    const seen = proxy.tool.requests.length
    const form = '/namespaces/team/connectors'
    for (const [status, path, host] of [
      [404, '/a', 'c-app'],
      [403, '/a', 'c-absent.team.svc'],
      [403, '/a', 'c-app.other.svc'],
      [404, '/a', 'app.team.svc'],
      [404, '/a', 'c-app.team.svc.evil.example'],
      [404, '/a', 'c-app.team.svc..'],
      [404, '/a', 'x.c-app.team.svc'],
      [400, '/a', 'c-app.team.svc:'],
      [400, '/a', 'c-app.team.svc:99999'],
      [400, `${form}/app/a`, 'c-second.team.svc'],
      [404, `${form}/`, 'p'],
      [404, `${form}/App/a`, 'p'],
      [404, `${form}/app;x/a`, 'p'],
      [404, `${form}/%61pp/a`, 'p'],
      [404, '/namespaces/team%2Fconnectors%2Fapp/a', 'p'],
      [404, '/namespaces//team/connectors/app/a', 'p'],
      // Whoever may get any Connector of a namespace may know which there are.
      [404, `${form}/absent/a`, 'p'],
      [403, '/namespaces/other/connectors/app/a', 'p'],
    ] as const) {
      assert.equal([host, path, (await proxy.get(path, { host })).status], [host, path, status])
    }
    const lister = await proxy.tokenOf('team', 'lister')
    assert.is((await proxy.get(`${form}/absent`, { host: 'p', token: lister })).status, 404)
    assert.is(
      (await proxy.get('/namespaces/other/connectors/absent', { host: 'p', token: lister })).status,
      403,
    )
    assert.is(proxy.tool.requests.length, seen)
  })
})

test('a tool at a metadata address is never dialled, one that nobody serves is a plain 502', async () => {
  await bootProxy(async proxy => {
    for (const [name, address, audited] of [
      ['metadata', 'http://169.254.169.254', 'AddressRefused'],
      ['spelled', 'http://2852039166/', 'AddressRefused'],
      ['mapped', 'http://[::ffff:169.254.169.254]/', 'AddressRefused'],
      ['six', 'http://[fd00:ec2::254]/', 'AddressRefused'],
      ['closed', 'http://127.0.0.1:1', 'ConnectionFailed'],
    ] as const) {
      await proxy.addConnector(name, { connectorClassName: 'tool', address })
      await waitFor(async () => (await proxy.get('/latest', { host: `c-${name}.team` })).status === 502)
      const { body } = await proxy.get('/latest', { host: `c-${name}.team` })
      assert.is(JSON.parse(body).reason, 'ToolUnreachable')
      assert.is(JSON.parse(proxy.audits.at(-1) ?? '').refusal, audited)
    }
  })
})

test('what the proxy cannot do yet is refused and says so', async () => {
  await bootProxy(async proxy => {
    const address = `http://${proxy.tool.host}`
    const { client } = proxy
    const kinds = await import('../../kube/object/resources.ts')
    await proxy.addConnector('made', { connectorClassName: 'tool', address, auth: { name: 'made' } })
    await proxy.addConnector('ruled', { connectorClassName: 'tool', address })
    const annotations = { 'connectors.cpaas.io/policy': '[]' }
    const ruled = { namespace: 'team', name: 'ruled' }
    await client.patch(kinds.connectors, ruled, { patch: { metadata: { annotations } } })
    await client.create(kinds.connectorClasses, {
      metadata: { name: 'extracting' },
      spec: { proxy: { uri: 'http://p.example', authExtractor: { cel: 'request.headers' } } },
    })
    await client.create(kinds.connectorClasses, { metadata: { name: 'bare' }, spec: {} })
    await proxy.addConnector('extracted', { connectorClassName: 'extracting', address })
    await proxy.addConnector('bare', { connectorClassName: 'bare', address })
    await proxy.addConnector('classless', { connectorClassName: 'absent', address })
    const secretRef = { name: 'absent' }
    await proxy.addConnector('keyless', {
      connectorClassName: 'tool',
      address,
      auth: { name: 'basic', secretRef },
    })
    for (const [name, status, reason] of [
      ['made', 501, 'GeneratorUnsupported'],
      ['ruled', 501, 'PolicyUnsupported'],
      ['extracted', 501, 'ExtractorUnsupported'],
      ['bare', 502, 'NonProxy'],
      ['classless', 502, 'ConnectorClassNotFound'],
      ['keyless', 502, 'SecretNotFound'],
    ] as const) {
      await waitFor(async () => {
        const reply = await proxy.get('/a', { host: `c-${name}.team` })
        return reply.status === status && JSON.parse(reply.body).reason === reason
      })
    }
    assert.is(proxy.tool.received(), '')
  })
})

test('Git reads a refusal as plain text, all others as a Status', async () => {
  await bootProxy(async proxy => {
    const options = { host: 'p', token: proxy.token }
    const path = '/namespaces/other/connectors/app'
    const git = await proxy.get(`${path}/r.git/info/refs?service=git-upload-pack`, options)
    assert.equal([git.status, git.header('content-type')], [403, 'text/plain; charset=utf-8'])
    const other = await proxy.get(path, options)
    const { kind, code, reason, message } = JSON.parse(other.body)
    assert.equal([kind, code, reason], ['Status', 403, 'Forbidden'])
    assert.is(git.body, `${message}\n`)
    assert.match(message, /"other\/app".*get on connectors/)
  })
})

test('two Connectors under one client connection never see each other’s credential', async () => {
  const answer: ToolAnswer = ({ headers, target }) => {
    const authorization = headers.find(([name]) => name === 'authorization')?.[1] ?? 'none'
    const body = `${target} ${authorization.split(' ')[0]}`
    return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
  await bootProxy(
    async proxy => {
      await proxy.addConnector('second', {
        connectorClassName: 'tool',
        address: `http://${proxy.tool.host}`,
        auth: { name: 'bearer', secretRef: { name: 'bearer' } },
      })
      await waitFor(async () => (await proxy.get('/x', { host: 'c-second.team' })).status === 200)
      const requests = Array.from({ length: 40 }, (_, at) =>
        requestText(`/${at}`, { token: proxy.token, host: at % 2 === 0 ? 'c-app.team' : 'c-second.team' }),
      )
      // Pipelined on ten connections at once.
      const replies = await Promise.all(
        Array.from({ length: 10 }, () => exchangeRaw(proxy.host, requests.join(''))),
      )
      for (const { raw } of replies) {
        const bodies = [...raw.matchAll(/\/(\d+) (Basic|Bearer|none)/g)]
        assert.is(bodies.length, 40)
        for (const [, at, scheme] of bodies) assert.is(scheme, Number(at) % 2 === 0 ? 'Basic' : 'Bearer')
      }
      const owners = new Map<number, string>()
      for (const { connection, headers } of proxy.tool.requests) {
        const scheme = headers.find(([name]) => name === 'authorization')?.[1]?.split(' ')[0] ?? ''
        assert.is(owners.get(connection) ?? scheme, scheme, 'a connection has one Connector')
        owners.set(connection, scheme)
      }
    },
    { answer, argv: ['--requests-per-caller=1000'] },
  )
})

test.run()
