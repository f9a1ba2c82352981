// Answers are judged by what they are: whatever the request was, the credential does not come back in a body.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectorClasses } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { type BootedProxy, basicOf, bootProxy, canaryPassword, type Reply } from '../helpers/proxy.ts'

const test = suite('proxy/answers')

const injected = basicOf('robot', canaryPassword)
const strong = injected.slice('Basic '.length).replace(/=+$/, '')

/** The tool answers with this, of this type. */
function answering(
  proxy: BootedProxy,
  type: string | undefined,
  body: string,
  headers: readonly string[] = [],
): void {
  const lines = [
    'HTTP/1.1 200 Fine',
    ...(type === undefined ? [] : [`Content-Type: ${type}`]),
    ...headers,
    ...(headers.some(line => line.startsWith('Transfer-'))
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  const encoded = Buffer.from(body).toString('latin1')
  proxy.tool.answer = () => `${lines.join('\r\n')}\r\n\r\n${encoded}`
}

function isClean({ raw }: Reply): boolean {
  return ![strong, canaryPassword, JSON.stringify(canaryPassword).slice(1, -1)].some(text =>
    raw.includes(text),
  )
}

const lfsTypes = [
  'application/vnd.git-lfs+json; charset=utf-8',
  'application/json',
  'text/json',
  'application/octet-stream',
  undefined,
]
const lfsPath = '/r.git/info/lfs/objects/batch'

test('an LFS answer is rewritten under every type, path, method and version of the API', () =>
  bootProxy(async proxy => {
    const action = (host: string) => ({
      href: `http://${host}/r.git/lfs/1`,
      header: { Authorization: injected, Accept: 'a' },
    })
    const own = action(proxy.tool.host)
    const elsewhere = { href: 'https://store.example/1', header: { Authorization: injected, 'X-Own': '1' } }
    for (const type of lfsTypes) {
      for (const [path, method, answer] of [
        [lfsPath, 'POST', { objects: [{ oid: '1', authenticated: true, actions: { download: own } }] }],
        ['/r.git/info/lfs/objects/%62atch', 'POST', { objects: [{ actions: { download: own } }] }],
        ['/r.git/info/lfs//objects/batch/', 'POST', { objects: [{ actions: { download: own } }] }],
        ['/r.git/info/lfs/objects/1', 'GET', { oid: '1', _links: { download: own } }],
        ['/r.git/info/lfs/objects', 'POST', { oid: '1', actions: { upload: own } }],
        [lfsPath, 'POST', { objects: [{ actions: { download: elsewhere } }] }],
      ] as const) {
        answering(proxy, type, JSON.stringify(answer), ['ETag: "x"'])
        const reply = await proxy.get(path, { method, body: '{}' })
        assert.is(reply.status, 200, `${type} ${path}`)
        assert.ok(isClean(reply), `${type} ${path}`)
        const text = JSON.stringify(JSON.parse(reply.body))
        const isOwn = JSON.stringify(answer).includes(proxy.tool.host)
        assert.ok(
          text.includes(isOwn ? '"href":"http://c-app.team.svc/r.git/lfs/1"' : 'https://store.example/1'),
          text,
        )
        assert.ok(text.includes(isOwn ? '"Accept":"a"' : '"X-Own":"1"'))
        assert.not.ok(/Authorization|authenticated/.test(text))
        assert.is(reply.header('etag'), undefined)
      }
    }
    // By its type alone, wherever it comes from, and when the client names the type.
    answering(proxy, lfsTypes[0], JSON.stringify({ objects: [{ actions: { download: own } }] }))
    assert.ok(isClean(await proxy.get('/elsewhere')))
    answering(proxy, 'application/json', JSON.stringify({ objects: [{ actions: { download: own } }] }))
    const headers = ['Accept: application/vnd.git-lfs+json', 'Accept-Encoding: gzip']
    assert.ok(isClean(await proxy.get('/elsewhere', { headers })))
    assert.not.ok(proxy.tool.requests.at(-1)?.headers.some(([name]) => name === 'accept-encoding'))
  }))

test('what the LFS API is asked shows also where the Connector’s address holds a part of its path', () =>
  bootProxy(async proxy => {
    const header = { 'X-Password': canaryPassword }
    const body = JSON.stringify({
      objects: [{ actions: { download: { href: 'https://x.example', header } } }],
    })
    const { host } = proxy.tool
    await proxy.addConnector('below', {
      connectorClassName: 'tool',
      address: `http://${host}/r.git/info`,
      auth: { name: 'basic', secretRef: { name: 'app' } },
    })
    const { port } = new URL(`http://${proxy.host}`)
    await waitFor(async () => (await proxy.get('/a', { host: `c-below.team:${port}` })).status === 200)
    for (const [type, method] of [
      ['application/octet-stream', 'POST'],
      ['application/json', 'GET'],
    ] as const) {
      answering(proxy, type, body)
      const reply = await proxy.get('/lfs/objects/batch', { host: `c-below.team:${port}`, method })
      assert.equal([reply.status, isClean(reply)], [200, true], reply.raw)
    }
  }))

test('the caller’s own token takes the place of the tool’s where a transfer comes back here', () =>
  bootProxy(async proxy => {
    // Not the injected value: a token that the tool made for this transfer.
    const own = { href: `http://${proxy.tool.host}/1`, header: { Authorization: 'RemoteAuth derived' } }
    const away = { href: 'https://store.example/1', header: { Authorization: 'RemoteAuth derived' } }
    answering(proxy, lfsTypes[0], JSON.stringify({ objects: [{ actions: { download: own, upload: away } }] }))
    const [{ actions }] = JSON.parse((await proxy.get(lfsPath, { method: 'POST' })).body).objects
    assert.equal(actions.download.header, {})
    assert.equal(actions.upload.header, { Authorization: 'RemoteAuth derived' })
  }))

test('an LFS answer that cannot be made fit is refused, an object and an honest answer pass byte for byte', () =>
  bootProxy(async proxy => {
    const deep = `{"a":${'['.repeat(40)}${']'.repeat(40)}}`
    for (const [type, body, headers] of [
      [lfsTypes[0], `{"message":"${strong}"}`, []],
      [lfsTypes[0], `{"message":${JSON.stringify(canaryPassword)}}`, []],
      [lfsTypes[0], `{"message":"${strong.replaceAll('/', '\\/')}"}`, []],
      [lfsTypes[0], `{"m":"${[...strong].map(c => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"}`, []],
      [lfsTypes[0], '{"objects":', []],
      [lfsTypes[0], deep, []],
      [lfsTypes[0], '{}', ['Content-Encoding: gzip']],
      [undefined, `x ${strong}`, []],
      [lfsTypes[0], `{"a":"${'x'.repeat(2 * 1024 * 1024)}"}`, []],
    ] as const) {
      answering(proxy, type, body, headers)
      const reply = await proxy.get(lfsPath, { method: 'POST' })
      assert.is(reply.status, 502, body.slice(0, 40))
      assert.ok(isClean(reply))
    }
    for (const [type, body] of [
      [lfsTypes[0], '{ "objects": [ {"oid":"1",  "size": 2} ] }'],
      [lfsTypes[0], ''],
      ['application/octet-stream', '{ "an": "object that is stored" }'],
      ['application/octet-stream', '{ not JSON at all'],
      ['application/octet-stream', '\0\x01\x02'],
      [undefined, 'plain'],
    ] as const) {
      answering(proxy, type, body, ['ETag: "x"'])
      const reply = await proxy.get(lfsPath, { method: 'POST' })
      assert.equal([reply.status, reply.body, reply.header('etag')], [200, body, '"x"'])
      assert.match(reply.head, /^HTTP\/1\.1 200 Fine/)
    }
  }))

test('JSON that repeats the injected value is withheld whole, other bodies are cut off', () =>
  bootProxy(async proxy => {
    for (const [body, status] of [
      [`{"a":"${injected}"}`, 502],
      [`{"a":"${strong.replaceAll('/', '\\/')}"}`, 502],
      [`{"a":"${strong.replaceAll('+', '\\u002b')}"}`, 502],
      // A password may stand in any text, and is no sign of itself.
      [`{"a":${JSON.stringify(canaryPassword)}}`, 200],
      ['{"a":1}', 200],
    ] as const) {
      answering(proxy, 'application/json', body)
      const reply = await proxy.get('/api')
      assert.is(reply.status, status, body)
      if (status === 200) assert.is(reply.body, body)
      else assert.is(JSON.parse(reply.body).reason, 'CredentialInAnswer')
    }
    proxy.audits.length = 0
    answering(proxy, 'text/html', `<p>${'x'.repeat(5000)}${injected}</p>`)
    const cut = await proxy.get('/page')
    assert.ok(isClean(cut))
    assert.not.ok(cut.raw.endsWith('</p>'))
    const [line] = proxy.audits.map(text => JSON.parse(text))
    assert.equal([line.refusal, line.status, line.outcome], ['CredentialInAnswer', 502, 'upstream-failed'])
    // Encoded bodies are not looked into, as the documentation says.
    answering(proxy, 'text/html', injected, ['Content-Encoding: br'])
    assert.is((await proxy.get('/page')).body, injected)
  }))

test('a class may have bodies pass unsearched', () =>
  bootProxy(async proxy => {
    answering(proxy, 'text/plain', injected)
    assert.ok(isClean(await proxy.get('/page')))
    const annotations = { 'connectors.cpaas.io/scan-answers': 'false' }
    await proxy.client.patch(connectorClasses, { name: 'tool' }, { patch: { metadata: { annotations } } })
    await waitFor(async () => (await proxy.get('/page')).body === injected)
  }))

test('so many answers of one caller are read at once, and the rest is told to come back', () =>
  bootProxy(async proxy => {
    let open = 0
    proxy.tool.answer = () => {
      open++
      return `HTTP/1.1 200 OK\r\nContent-Type: ${lfsTypes[0]}\r\nContent-Length: 100\r\n\r\n{`
    }
    const slow = Array.from({ length: 8 }, () => proxy.keep(lfsPath, { method: 'POST' }))
    await waitFor(() => open === 8)
    const ninth = await proxy.keep(lfsPath, { method: 'POST' })
    assert.equal([ninth.status, ninth.header('retry-after')], [503, '1'])
    const other = proxy.keep(lfsPath, { method: 'POST', token: await proxy.tokenOf('team', 'lister') })
    await waitFor(() => open === 10)
    await proxy.stop()
    for (const reply of await Promise.all([...slow, other])) assert.is(reply.status, 0)
  }))

test('the credential is found in headers as forms and JSON spell it', () =>
  bootProxy(async proxy => {
    const form = new URLSearchParams({ p: canaryPassword }).toString().slice(2)
    const ascii = [...canaryPassword].map(c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
    answering(proxy, 'text/plain', 'ok', [`X-Form: p=${form}`, `X-Json: {"p":"${ascii}"}`, 'X-Kept: 1'])
    const reply = await proxy.get('/a')
    assert.equal(
      [reply.header('x-form'), reply.header('x-json'), reply.header('x-kept')],
      [undefined, undefined, '1'],
    )
  }))

test.run()
