// What of a request never goes on to a tool, in any place and spelling.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CallerTokenSpellings } from '../../proxy/caller-token.ts'
import { base64, bootProxy, requestText } from '../helpers/proxy.ts'

const test = suite('tool/outgoing')

test('the caller’s token is found as it is and inside of Base64, wherever it begins', () => {
  const token = 'eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dXJl'
  const spellings = new CallerTokenSpellings(token)
  for (const before of ['', 'a', 'ab', 'abc', 'user:', ':']) {
    for (const after of ['', 'z', 'zz']) {
      assert.ok(spellings.areIn(`x ${before}${token}${after}`))
      const encoded = base64(before + token + after)
      assert.ok(spellings.areIn(`Basic ${encoded}`), `${before} ${after}`)
      assert.ok(spellings.areIn(encoded.replaceAll('+', '-').replaceAll('/', '_')))
    }
  }
  assert.not.ok(spellings.areIn(base64(`${token.slice(0, -2)}xx`)))
  assert.not.ok(spellings.areIn(''))
})

test('credentials and who somebody is are the proxy’s to say, under every name that tools read', () =>
  bootProxy(async proxy => {
    const { token } = proxy
    const kept = ['X-Kept: 1', 'X_Kept: 2']
    const dropped = [
      'Private_Token: mine',
      'PRIVATE_TOKEN: mine',
      'Proxy_Authorization: mine',
      'X-Remote-User: admin',
      'x_remote_group: admins',
      'X-Remote-Extra-Scopes: all',
      'Connectors-Hop-Not: 1',
      `X-Basic: Basic ${base64(`x:${token}`)}`,
      `X-Raw: ${token}`,
    ]
    assert.is((await proxy.get('/a', { headers: [...kept, ...dropped] })).status, 200)
    const names = proxy.tool.requests.at(-1)?.headers.map(([name]) => name) ?? []
    assert.equal(
      names.filter(name => /^(private|proxy|x[-_]remote|x-basic|x-raw)/.test(name)),
      [],
    )
    assert.ok(names.includes('x-kept') && names.includes('x_kept'))
    assert.is(names.filter(name => name === 'connectors-hop').length, 1)
  }))

test('trailers carry no credential either', () =>
  bootProxy(async proxy => {
    const trailers = ['PRIVATE-TOKEN: mine', 'Authorization: mine', `X-T: ${proxy.token}`, 'X-Fine: 1']
    const headers = ['Connection: close', 'Transfer-Encoding: chunked', 'Trailer: X-Fine']
    const raw = requestText('/a', { method: 'POST', token: proxy.token, headers })
    await proxy.send(`${raw}2\r\nok\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`)
    const received = proxy.tool.received()
    assert.match(received, /0\r\nX-Fine: 1\r\n\r\n$/)
    assert.not.match(received, /PRIVATE-TOKEN|mine/)
    assert.not.ok(received.includes(proxy.token))
  }))

test('a request that would take the caller’s token to the tool, or be another one there, is refused', () =>
  bootProxy(async proxy => {
    const { token } = proxy
    for (const [path, headers, reason] of [
      [`/a?private_token=${token}`, [], 'TokenMisplaced'],
      [`/${token}/a`, [], 'TokenMisplaced'],
      [
        `/a?b=${base64(`x:${token}`).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`,
        [],
        'TokenMisplaced',
      ],
      ['/a', ['X-Original-URL: /admin'], 'OverrideRefused'],
      ['/a', ['x-rewrite-url: /admin'], 'OverrideRefused'],
      ['/a', ['X_Original_Url: /admin'], 'OverrideRefused'],
      ['/a', ['X-HTTP-Method-Override: TRACE'], 'OverrideRefused'],
      ['/a', ['X-HTTP-Method: DELETE'], 'OverrideRefused'],
      ['/a', ['X-Method-Override: PUT'], 'OverrideRefused'],
    ] as const) {
      const reply = await proxy.get(path, { headers })
      assert.equal([reply.status, JSON.parse(reply.body).reason], [400, reason], `${path} ${headers}`)
    }
    assert.is(proxy.tool.received(), '')
  }))

test('what the proxy has sent and comes back is refused, so that a loop is one round', () =>
  bootProxy(async proxy => {
    const { host } = proxy
    const address = `http://${host}/namespaces/team/connectors/loop`
    await proxy.addConnector('loop', { connectorClassName: 'tool', address })
    let reply = await proxy.get('/a', { host: 'c-loop.team' })
    for (let tries = 0; reply.status !== 508 && tries < 100; tries++)
      reply = await proxy.get('/a', { host: 'c-loop.team' })
    assert.is(reply.status, 508)
    assert.match(reply.body, /LoopDetected/)
    proxy.audits.length = 0
    await proxy.get('/a', { host: 'c-loop.team' })
    assert.is(proxy.audits.length, 2)
    assert.is((await proxy.get('/a', { headers: ['Connectors-Hop: 1'] })).status, 508)
  }))

test.run()
