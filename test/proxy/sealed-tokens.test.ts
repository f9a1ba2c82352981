// Sealed tokens at the proxy: each opens its Connectors and nothing else, whatever is done to it.
import { createPublicKey } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Sensitive } from '../../connector/sensitive.ts'
import { pods, secrets, serviceAccounts } from '../../kube/object/resources.ts'
import { sealToken } from '../../seal/sealed-token.ts'
import {
  createSealingKey,
  formatSealingKeys,
  openingKey,
  type SealingKey,
  sealingKeysField,
  sealingSecretName,
  sealingSecretType,
} from '../../seal/sealing-keys.ts'
import { waitFor } from '../helpers/poll.ts'
import { type BootedProxy, base64, bootProxy, type GetOptions } from '../helpers/proxy.ts'

const test = suite('proxy/sealed-tokens')

const systemNamespace = 'connectors-system'
const secretRef = { namespace: systemNamespace, name: sealingSecretName }
const lifetime = () => ({ issuedAt: 0, expiresAt: Math.floor(Date.now() / 1000) + 3600 })

function seal(key: SealingKey, token: string, names: readonly string[], times = lifetime()): string {
  const publicKey = createPublicKey(openingKey(key))
  const connectors = names.map(name => ({ namespace: 'team', name }))
  return sealToken(new Sensitive(token), connectors, {
    key: { kid: key.kid, publicKey },
    lifetime: times,
  }).reveal()
}

function keysData(keys: readonly SealingKey[]) {
  return { [sealingKeysField]: base64(formatSealingKeys(keys)) }
}

async function storeKeys(proxy: BootedProxy, keys: readonly SealingKey[]): Promise<void> {
  await proxy.client.create(secrets, { metadata: secretRef, type: sealingSecretType, data: keysData(keys) })
}

async function reasonFor(proxy: BootedProxy, token: string, options: GetOptions = {}): Promise<string> {
  const { status, body } = await proxy.get('/a', { token, ...options })
  return status === 200 ? '200' : `${status} ${JSON.parse(body).reason}`
}

async function withSecond(proxy: BootedProxy): Promise<void> {
  await proxy.addConnector('second', { connectorClassName: 'tool', address: `http://${proxy.tool.host}` })
  await waitFor(async () => (await proxy.get('/a', { host: 'c-second.team' })).status === 200)
}

test('a seal opens the Connectors that it names, by host and by path, and no other of the same account', () =>
  bootProxy(async proxy => {
    await withSecond(proxy)
    const key = createSealingKey(0)
    await storeKeys(proxy, [key])
    const own = seal(key, proxy.token, ['app'])
    const joint = seal(key, proxy.token, ['app', 'second'])
    const path = (name: string) => `/namespaces/team/connectors/${name}/a`
    assert.is(await reasonFor(proxy, own), '200')
    assert.is(await reasonFor(proxy, joint), '200')
    assert.is(await reasonFor(proxy, joint, { host: 'c-second.team' }), '200')
    assert.is(await reasonFor(proxy, own, { host: 'c-second.team' }), '403 SealedForOthers')
    assert.is((await proxy.get(path('second'), { host: 'p', token: own })).status, 403)
    assert.is((await proxy.get(path('app'), { host: 'p', token: own })).status, 200)
    // What does not exist reads like what it is not for.
    assert.is(await reasonFor(proxy, own, { host: 'c-absent.team' }), '403 Forbidden')
    // As Basic, and again on the same connection.
    const headers = [`Authorization: Basic ${base64(`x:${own}`)}`]
    assert.is((await proxy.get('/a', { token: null, headers })).status, 200)
    assert.is((await proxy.get('/a', { token: null, headers, host: 'c-second.team' })).status, 403)
    const raw = ['c-app.team', 'c-second.team', 'c-app.team']
      .map(host => `GET /a HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${own}\r\n\r\n`)
      .join('')
    const { raw: replies } = await proxy.send(raw)
    assert.equal(replies.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200'])
    assert.not.ok(proxy.tool.received().includes(proxy.token))
    assert.not.ok([...proxy.logs, ...proxy.audits].join('').includes(proxy.token))
  }))

test('a seal is worth what the token inside is worth', () =>
  bootProxy(async proxy => {
    const key = createSealingKey(0)
    await storeKeys(proxy, [key])
    assert.is(await reasonFor(proxy, seal(key, await proxy.tokenOf('other', 'ci'), ['app'])), '403 Forbidden')
    assert.is(await reasonFor(proxy, seal(key, 'aaaa.bbbb.cccc', ['app'])), '401 TokenMalformed')
    const foreign = await proxy.tokenOf('team', 'ci', { audiences: ['other'] })
    assert.is(await reasonFor(proxy, seal(key, foreign, ['app'])), '401 TokenWrongAudience')
    assert.is(
      await reasonFor(proxy, seal(key, seal(key, proxy.token, ['app']), ['app'])),
      '401 TokenNotAuthenticated',
    )

    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'build' }
    const spec = { serviceAccountName: 'ci', containers: [{ name: 'a', image: 'a' }] }
    await proxy.client.create(pods, { metadata: { namespace: 'team', name: 'build' }, spec })
    const bound = seal(key, await proxy.tokenOf('team', 'ci', { boundObjectRef }), ['app'])
    assert.is(await reasonFor(proxy, bound), '200')
    await proxy.client.delete(pods, { namespace: 'team', name: 'build' })
    proxy.advance(46_000)
    assert.is(await reasonFor(proxy, bound), '401 TokenNotAuthenticated')
    await proxy.client.delete(serviceAccounts, { namespace: 'team', name: 'ci' })
    proxy.advance(46_000)
    assert.is(await reasonFor(proxy, seal(key, proxy.token, ['app'])), '401 TokenNotAuthenticated')
  }))

test('what is refused without a key costs the API server nothing', () =>
  bootProxy(async proxy => {
    const key = createSealingKey(0)
    await storeKeys(proxy, [key])
    const good = seal(key, proxy.token, ['app'])
    assert.is(await reasonFor(proxy, good), '200')
    const seen = proxy.asked.length
    const [header = '', ...rest] = good.split('.')
    const text = Buffer.from(header, 'base64url').toString()
    const changed = (from: string, to: string) =>
      [Buffer.from(text.replace(from, to)).toString('base64url'), ...rest].join('.')
    const past = { issuedAt: 0, expiresAt: 1 }
    for (const [name, token, expected] of [
      ['over', seal(key, proxy.token, ['app'], past), '401 TokenExpired'],
      ['longer life', changed('"iat":0', '"iat":1'), '401 TokenNotAuthenticated'],
      ['compressed', changed('{"alg"', '{"zip":"DEF","alg"'), '401 TokenNotAuthenticated'],
      ['another algorithm', changed('ECDH-ES', 'RSA-OAEP'), '401 TokenNotAuthenticated'],
      ['no tag', [header, ...rest.slice(0, 3), ''].join('.'), '401 TokenNotAuthenticated'],
      [
        'of a key that is not ours',
        seal(createSealingKey(0), proxy.token, ['app']),
        '401 TokenNotAuthenticated',
      ],
      [
        'of our name, another key',
        seal({ ...createSealingKey(0), kid: key.kid }, proxy.token, ['app']),
        '401 TokenNotAuthenticated',
      ],
      ['long', good + 'A'.repeat(4000), '401 TokenNotAuthenticated'],
    ] as const) {
      assert.is(`${name}: ${await reasonFor(proxy, token)}`, `${name}: ${expected}`)
    }
    assert.equal(
      proxy.asked.slice(seen).filter(({ resource }) => resource === 'tokenreviews'),
      [],
    )
  }))

test('keys follow their Secret: a new one is read when it is named, an old one ends with it', () =>
  bootProxy(async proxy => {
    const [first, second] = [createSealingKey(0), createSealingKey(0)]
    await storeKeys(proxy, [first])
    const old = seal(first, proxy.token, ['app'])
    assert.is(await reasonFor(proxy, old), '200')
    // The watch lags: whoever names the key first has it read.
    const repair = proxy.plane.faults.inject({ match: { resource: 'secrets', verb: 'watch' }, answer: 503 })
    await proxy.client.patch(secrets, secretRef, { patch: { data: keysData([first, second]) } })
    proxy.advance(5001)
    assert.is(await reasonFor(proxy, seal(second, proxy.token, ['app'])), '200')
    assert.is(await reasonFor(proxy, old), '200')
    repair()
    await proxy.client.patch(secrets, secretRef, { patch: { data: keysData([second]) } })
    // What it has opened is known by the token inside, which another seal keeps known: the key is asked for first.
    const renewed = seal(second, proxy.token, ['app'])
    await waitFor(async () => {
      assert.is(await reasonFor(proxy, renewed), '200')
      return (await reasonFor(proxy, old)) === '401 TokenNotAuthenticated'
    })
    assert.is(await reasonFor(proxy, renewed), '200')
  }))

test('names of keys that do not exist have the Secret read once in five seconds', () =>
  bootProxy(async proxy => {
    await storeKeys(proxy, [createSealingKey(0)])
    const gets = () =>
      proxy.asked.filter(({ resource, verb }) => resource === 'secrets' && verb === 'get').length
    const before = gets()
    const made = Array.from({ length: 20 }, () => seal(createSealingKey(0), proxy.token, ['app']))
    for (const token of made) assert.is(await reasonFor(proxy, token), '401 TokenNotAuthenticated')
    assert.is(gets() - before, 1)
  }))

test('tokens that are not sealed can be switched off', () =>
  bootProxy(
    async proxy => {
      const key = createSealingKey(0)
      await storeKeys(proxy, [key])
      assert.is(await reasonFor(proxy, proxy.token), '401 TokenUnsealed')
      assert.is(await reasonFor(proxy, seal(key, proxy.token, ['app'])), '200')
      // Known from inside of a seal by now.
      assert.is(await reasonFor(proxy, proxy.token), '401 TokenUnsealed')
    },
    { argv: ['--unsealed-tokens=false'] },
  ))

test('another proxy may ask who presents a token, and never learns what is in it', () =>
  bootProxy(async proxy => {
    await withSecond(proxy)
    const key = createSealingKey(0)
    await storeKeys(proxy, [key])
    const review = async (question: unknown, host = 'connectors-proxy-service.connectors-system.svc') => {
      const body = typeof question === 'string' ? question : JSON.stringify(question)
      const reply = await proxy.get('/v1/token-review', { method: 'POST', host, token: null, body })
      assert.not.ok(reply.raw.includes(proxy.token))
      return { ...JSON.parse(reply.body), status: reply.status }
    }
    const token = seal(key, proxy.token, ['app'])
    const good = await review({ token, connector: 'team/app' })
    assert.equal([good.status, good.authenticated, good.allowed], [200, true, true])
    assert.is(good.user.username, 'system:serviceaccount:team:ci')
    assert.ok(good.user.groups.includes('system:serviceaccounts:team'))
    const other = await review({ token, connector: 'team/second' })
    assert.equal(
      [other.status, other.authenticated, other.allowed, other.reason],
      [200, true, false, 'SealedForOthers'],
    )
    const bad = await review({ token: `${token}A`, connector: 'team/app' })
    assert.equal([bad.status, bad.authenticated, bad.allowed, bad.user], [200, false, false, undefined])
    const unsealed = await review({ token: proxy.token, connector: 'team/second' })
    assert.equal([unsealed.authenticated, unsealed.allowed], [true, true])
    for (const wrong of [
      '',
      '{',
      '[]',
      'null',
      { token },
      { token, connector: 'app' },
      { connector: 'team/app' },
    ]) {
      assert.equal([(await review(wrong)).status, (await review(wrong)).reason], [400, 'ReviewInvalid'])
    }
    assert.is((await review({ token: 'x'.repeat(30_000), connector: 'team/app' })).status, 413)
    // Behind the name of a Connector the path is the tool's.
    await proxy.get('/v1/token-review', { method: 'POST', body: '{}' })
    assert.is(proxy.tool.requests.at(-1)?.target, '/v1/token-review')
    const line = proxy.audits.map(text => JSON.parse(text)).find(({ path }) => path === '/v1/token-review')
    assert.is(line.connector, 'team/app')
  }))

test.run()
