// The injected credential: always the current one, and never on its way to the client or into a record.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors, secrets } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import {
  base64,
  basicOf,
  bootProxy,
  canaryPassword,
  canaryToken,
  startTool,
  type ToolAnswer,
} from '../helpers/proxy.ts'

const test = suite('proxy/credential')

const spellings = (secret: string) => [secret, encodeURIComponent(secret), base64(`robot:${secret}`)]

/** Repeats what it got in every place that a header can be. */
const echo: ToolAnswer = ({ headers, target }) => {
  const authorization = headers.find(([name]) => name === 'authorization')?.[1] ?? ''
  const [, encoded = ''] = authorization.split(' ')
  const pair = authorization.startsWith('Basic')
    ? Buffer.from(encoded, 'base64').toString('latin1')
    : `x:${encoded}`
  const password = pair.slice(pair.indexOf(':') + 1)
  const reason = target === '/reason' ? password : 'OK'
  const location =
    target === '/own'
      ? `http://${encodeURIComponent('robot')}:${encodeURIComponent(password)}@${headers.find(([name]) => name === 'host')?.[1]}/next`
      : `https://other.example/?k=${encodeURIComponent(password)}`
  return [
    `HTTP/1.1 200 ${reason}`,
    ...headers.map(([name, value]) => `X-Echo-${name}: ${value}`),
    `X-Password: ${password}`,
    `X-Lower: ${encodeURIComponent(password).toLowerCase() === password ? '' : encodeURIComponent(password)}`,
    `Location: ${location}`,
    `Set-Cookie: auth=${encoded.replace(/=+$/, '')}; Path=/`,
    'X-Kept: yes',
    'Trailer: X-T',
    'Transfer-Encoding: chunked',
    '',
    '2',
    'ok',
    '0',
    `X-T: ${authorization}`,
    'X-Fine: 1',
    '',
    '',
  ].join('\r\n')
}

test('a tool that repeats all it is sent tells the client nothing of the credential', async () => {
  await bootProxy(
    async proxy => {
      const auth = { name: 'bearer', secretRef: { name: 'bearer' } }
      await proxy.addConnector('bearer', {
        connectorClassName: 'tool',
        address: `http://${proxy.tool.host}`,
        auth,
      })
      await waitFor(async () => (await proxy.get('/x', { host: 'c-bearer.team' })).status === 200)
      for (const [host, secret] of [
        ['c-app.team', canaryPassword],
        ['c-bearer.team', canaryToken],
      ] as const) {
        for (const path of ['/a', '/own', '/reason']) {
          const reply = await proxy.get(path, { host, headers: ['TE: trailers', 'Connection: TE'] })
          assert.is(reply.status, path === '/reason' ? 502 : 200)
          for (const text of [...spellings(secret), proxy.token])
            assert.not.ok(reply.raw.includes(text), path)
          assert.is(reply.header('x-kept'), path === '/reason' ? undefined : 'yes')
          if (path === '/own') assert.is(reply.header('location'), `http://${host}/next`)
        }
      }
      const records = [...proxy.logs, ...proxy.audits, await proxy.metrics()].join('\n')
      for (const secret of [canaryPassword, canaryToken]) {
        for (const text of spellings(secret)) assert.not.ok(records.includes(text))
      }
      assert.not.ok(records.includes(proxy.token))
    },
    { answer: echo },
  )
})

test('a changed Secret serves the next request, a lost one none', async () => {
  await bootProxy(async proxy => {
    const ref = { namespace: 'team', name: 'app' }
    const sent = async () => {
      await proxy.get('/a')
      return proxy.tool.requests.at(-1)?.headers.find(([name]) => name === 'authorization')?.[1]
    }
    assert.is(await sent(), basicOf('robot', canaryPassword))
    await proxy.client.patch(secrets, ref, { patch: { data: { password: base64('second') } } })
    await waitFor(async () => (await sent()) === basicOf('robot', 'second'), { timeoutMs: 2000 })
    await proxy.client.patch(secrets, ref, { patch: { data: { password: base64('a\r\nX: 1') } } })
    await waitFor(async () => (await proxy.get('/a')).body.includes('CredentialInvalid'), { timeoutMs: 2000 })
    await proxy.client.delete(secrets, ref)
    await waitFor(async () => (await proxy.get('/a')).body.includes('SecretNotFound'), { timeoutMs: 2000 })
    await proxy.client.create(secrets, {
      metadata: ref,
      type: 'kubernetes.io/basic-auth',
      data: { username: base64('u'), password: base64('third') },
    })
    await waitFor(async () => (await sent()) === basicOf('u', 'third'), { timeoutMs: 2000 })
  })
})

test('a Connector that moves leaves no connection behind, one that is deleted is refused', async () => {
  await bootProxy(async proxy => {
    const other = await startTool(() => 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother')
    try {
      const ref = { namespace: 'team', name: 'app' }
      assert.is((await proxy.get('/a')).body, 'ok')
      await proxy.client.patch(connectors, ref, { patch: { spec: { address: `http://${other.host}` } } })
      await waitFor(async () => (await proxy.get('/a')).body === 'other', { timeoutMs: 2000 })
      const seen = proxy.tool.requests.length
      for (let at = 0; at < 5; at++) assert.is((await proxy.get('/a')).body, 'other')
      assert.is(proxy.tool.requests.length, seen)
      await proxy.client.delete(connectors, ref)
      await waitFor(async () => (await proxy.get('/a')).status === 403, { timeoutMs: 2000 })
      const byPath = await proxy.get('/namespaces/team/connectors/app/a', { host: 'p' })
      assert.is(byPath.status, 404)
    } finally {
      await other.close()
    }
  })
})

test('a Secret that came before its Connector is read late, whatever the API server does', async () => {
  await bootProxy(async proxy => {
    await proxy.client.create(secrets, {
      metadata: { namespace: 'team', name: 'early' },
      type: 'kubernetes.io/basic-auth',
      data: { username: base64('early'), password: base64('bird') },
    })
    proxy.plane.faults.inject({ match: { resource: 'secrets', verb: 'get' }, times: 2, answer: 500 })
    const auth = { name: 'basic', secretRef: { name: 'early' } }
    await proxy.addConnector('late', {
      connectorClassName: 'tool',
      address: `http://${proxy.tool.host}`,
      auth,
    })
    await waitFor(async () => (await proxy.get('/a', { host: 'c-late.team' })).status === 200)
    const [, value] = proxy.tool.requests.at(-1)?.headers.find(([name]) => name === 'authorization') ?? []
    assert.is(value, basicOf('early', 'bird'))
  })
})

test('a Git LFS batch comes back through the proxy and without the credential', async () => {
  const path = '/r.git/info/lfs/objects/batch'
  let batch: unknown
  let extra = ''
  const answer: ToolAnswer = ({ headers }) => {
    assert.not.ok(headers.some(([name]) => name === 'accept-encoding'))
    const body = typeof batch === 'string' ? batch : JSON.stringify(batch)
    return `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.git-lfs+json\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`
  }
  await bootProxy(
    async proxy => {
      const Authorization = basicOf('robot', canaryPassword)
      const own = { href: `http://${proxy.tool.host}/r.git/lfs/1`, header: { Authorization, Accept: 'a' } }
      const foreign = {
        href: 'https://blobs.example/1?sig=s',
        header: { 'X-Amz': 's', 'X-Auth': Authorization },
      }
      batch = {
        transfer: 'basic',
        objects: [{ oid: '1', authenticated: true, actions: { upload: own, verify: foreign } }],
      }
      const send = () => proxy.get(path, { method: 'POST', body: '{}', headers: ['Accept-Encoding: gzip'] })
      const reply = await send()
      assert.is(reply.status, 200)
      assert.equal(JSON.parse(reply.body), {
        transfer: 'basic',
        objects: [
          {
            oid: '1',
            actions: {
              upload: { href: 'http://c-app.team.svc/r.git/lfs/1', header: { Accept: 'a' } },
              verify: { href: 'https://blobs.example/1?sig=s', header: { 'X-Amz': 's' } },
            },
          },
        ],
      })
      for (const [bad, header] of [
        ['not json', ''],
        [{ message: `use ${canaryPassword}` }, ''],
        [
          {
            objects: [
              { actions: { a: { href: `https://x.example/${encodeURIComponent(canaryPassword)}` } } },
            ],
          },
          '',
        ],
        [{ filler: 'a'.repeat(3 * 1024 * 1024) }, ''],
        [{}, 'Content-Encoding: gzip\r\n'],
      ] as const) {
        batch = bad
        extra = header
        const refused = await send()
        assert.is(refused.status, 502)
        assert.not.ok(refused.raw.includes(canaryPassword))
      }
    },
    { answer },
  )
})

test.run()
