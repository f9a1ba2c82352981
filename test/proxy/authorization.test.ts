// Who may use a Connector, asked of a real control plane: tokens, grants, an API server that is down.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pods, roleBindings, serviceAccounts } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { type BootedProxy, bootProxy, requestText } from '../helpers/proxy.ts'

const test = suite('proxy/authorization')

async function reasonFor(proxy: BootedProxy, token: string | null): Promise<string> {
  const { status, body } = await proxy.get('/a', { token })
  return status === 200 ? '200' : `${status} ${JSON.parse(body).reason}`
}

const encode = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')

test('a token is a ServiceAccount’s, whole, alive and for us', async () => {
  await bootProxy(async proxy => {
    const { client, token } = proxy
    const [head = '', payload = '', signature = ''] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const own = { namespace: 'team', name: 'ci' }
    const unsigned = `${encode({ alg: 'none' })}.${payload}.`
    for (const [name, sent, expected] of [
      ['good', token, '200'],
      ['none', null, '401 TokenMissing'],
      ['empty', '', '401 TokenMissing'],
      ['garbage', 'garbage', '401 TokenMalformed'],
      ['unsigned', unsigned, '401 TokenMalformed'],
      ['alg none', `${encode({ alg: 'none' })}.${payload}.${signature}`, '401 TokenNotAuthenticated'],
      [
        'other subject',
        `${head}.${encode({ ...claims, sub: 'system:serviceaccount:team:lister' })}.${signature}`,
        '401 TokenNotAuthenticated',
      ],
      [
        'longer life',
        `${head}.${encode({ ...claims, exp: claims.exp + 9999 })}.${signature}`,
        '401 TokenNotAuthenticated',
      ],
      ['expired claim', `${head}.${encode({ ...claims, exp: 1 })}.${signature}`, '401 TokenExpired'],
      ['for the API server', await proxy.tokenOf('team', 'ci', { audiences: [] }), '401 TokenWrongAudience'],
      ['other audience', await proxy.tokenOf('team', 'ci', { audiences: ['x'] }), '401 TokenWrongAudience'],
      ['administrator', proxy.plane.adminToken, '401 TokenMalformed'],
      ['other namespace', await proxy.tokenOf('other', 'ci'), '403 Forbidden'],
      ['very long', `${head}.${'a'.repeat(20_000)}.${signature}`, '401 TokenMissing'],
    ] as const) {
      assert.is(`${name} ${await reasonFor(proxy, sent)}`, `${name} ${expected}`)
    }
    const seen = proxy.tool.requests.length
    for (const [name, value, status] of [
      ['Basic with a user', `Basic ${Buffer.from(`any:${token}`).toString('base64')}`, 200],
      ['Basic without', `Basic ${Buffer.from(`:${token}`).toString('base64')}`, 200],
      ['Basic without a colon', `basic ${Buffer.from(token).toString('base64')}`, 200],
      ['another scheme', `Digest ${token}`, 401],
      ['no scheme', token, 401],
    ] as const) {
      const { status: given } = await proxy.get('/a', { token: null, headers: [`Authorization: ${value}`] })
      assert.is(given, status, name)
    }
    assert.is(proxy.tool.requests.length, seen + 3)

    await client.create(pods, {
      metadata: { namespace: 'team', name: 'build' },
      spec: { serviceAccountName: 'ci', containers: [{ name: 'a', image: 'a' }] },
    })
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'build' }
    const bound = await proxy.tokenOf('team', 'ci', { boundObjectRef })
    assert.is(await reasonFor(proxy, bound), '200')
    await client.delete(pods, { namespace: 'team', name: 'build' })
    proxy.advance(46_000)
    assert.is(await reasonFor(proxy, bound), '401 TokenNotAuthenticated')
    proxy.advance(3600_000)
    assert.is(await reasonFor(proxy, token), '401 TokenExpired')
    const fresh = await proxy.tokenOf('team', 'ci')
    // A request that is under way while the proxy notices that an hour has passed has waited for an hour.
    await waitFor(async () => (await reasonFor(proxy, fresh)) === '200')
    await client.delete(serviceAccounts, own)
    proxy.advance(46_000)
    assert.is(await reasonFor(proxy, fresh), '401 TokenNotAuthenticated')
    for (const line of [...proxy.logs, ...proxy.audits]) {
      for (const secret of [token, bound, fresh]) assert.not.ok(line.includes(secret.slice(-40)))
    }
  })
})

test('a revoked grant is refused within the time that answers are kept, a new one soon served', async () => {
  await bootProxy(async proxy => {
    const { client, token } = proxy
    assert.is(await reasonFor(proxy, token), '200')
    const metadata = { namespace: 'team', name: 'users' }
    const binding = await client.get(roleBindings, metadata)
    await client.delete(roleBindings, metadata)
    proxy.advance(44_000)
    assert.is(await reasonFor(proxy, token), '200')
    proxy.advance(2000)
    assert.is(await reasonFor(proxy, token), '403 Forbidden')
    const { resourceVersion: _, uid: __, ...fields } = binding.metadata
    await client.create(roleBindings, { ...binding, metadata: fields })
    proxy.advance(5001)
    assert.is(await reasonFor(proxy, token), '200')
  })
})

test('the permission to use is asked for beside the one to see, unless it is switched off', async () => {
  for (const [argv, expected] of [
    [[], '403 Forbidden'],
    [['--enable-connector-proxy-permissions=false'], '200'],
  ] as const) {
    await bootProxy(
      async proxy => {
        const { client } = proxy
        const { roles } = await import('../../kube/object/resources.ts')
        const rules = [{ apiGroups: ['connectors.alauda.io'], resources: ['connectors'], verbs: ['get'] }]
        await client.patch(roles, { namespace: 'team', name: 'users' }, { patch: { rules } })
        assert.is(await reasonFor(proxy, proxy.token), expected)
      },
      { argv },
    )
  }
})

test('while the API server is down a known caller is served for the grace, an unknown one refused', async () => {
  await bootProxy(async proxy => {
    const { token, plane } = proxy
    const other = await proxy.tokenOf('team', 'lister')
    assert.is(await reasonFor(proxy, token), '200')
    const repairs = [
      plane.faults.inject({ match: { resource: 'tokenreviews' }, answer: 503 }),
      plane.faults.inject({ match: { resource: 'subjectaccessreviews' }, reset: true }),
    ]
    proxy.advance(60_000)
    assert.is(await reasonFor(proxy, token), '200')
    const refused = await proxy.get('/a', { token: other })
    assert.equal([refused.status, refused.header('retry-after')], [503, '1'])
    assert.is(JSON.parse(refused.body).reason, 'AuthorizationUnavailable')
    assert.not.ok(refused.body.includes('127.0.0.1'))
    assert.ok(proxy.logs.some(line => line.includes('"level":"error"')))
    proxy.advance(300_000)
    assert.is(await reasonFor(proxy, token), '503 AuthorizationUnavailable')
    for (const repair of repairs) repair()
    assert.is(await reasonFor(proxy, token), '200')
  })
})

test('two hundred first requests at once ask the API server three questions', async () => {
  await bootProxy(async proxy => {
    const raw = requestText('/a', { token: proxy.token })
    const replies = await Promise.all(Array.from({ length: 200 }, () => proxy.send(raw)))
    assert.ok(replies.every(({ status }) => status === 200))
    await waitFor(() => proxy.asked.length >= 3)
    const count = (resource: string) => proxy.asked.filter(asked => asked.resource === resource).length
    assert.equal([count('tokenreviews'), count('subjectaccessreviews')], [1, 2])
  })
})

test.run()
