import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAddress } from '../../../connector/address.ts'
import { rewriteLocation, rewriteResponseHeaders } from '../../../tool/answer/headers.ts'
import { carriesTrace, credentialTraces, type Traces } from '../../../tool/answer/traces.ts'

const test = suite('tool/answer/headers')
const base = { host: 'c-x.ns', path: '/namespaces/ns/connectors/x' }

function way(address: string, target = '/a/b?c', traces: Traces = { texts: [], strong: [], lfs: [] }) {
  return { address: parseAddress(address, 'address'), target, base, traces }
}

test('a location below the address leads back to the proxy, any other where it meant', () => {
  const [own, below] = [`http://${base.host}${base.path}`, base.path]
  for (const [address, location, expected] of [
    ['https://tool', 'https://tool/a?b#c', `${own}/a?b#c`],
    ['https://tool', 'https://tool', `${own}/`],
    ['https://tool', 'HTTPS://TOOL:443/a', `${own}/a`],
    ['https://tool', 'https://u:p@tool/a', `${own}/a`],
    ['https://tool', '//tool/a', `${own}/a`],
    ['https://tool', 'http://tool/a', 'http://tool/a'],
    ['https://tool', 'https://tool:8443/a', 'https://tool:8443/a'],
    ['https://tool', 'https://tool.evil/a', 'https://tool.evil/a'],
    ['https://tool', '//other/a', '//other/a'],
    ['https://tool', '/a', `${below}/a`],
    ['https://tool', 'a/b', 'a/b'],
    ['https://tool', '?q', '?q'],
    ['https://tool', 'mailto:x@tool', 'mailto:x@tool'],
    ['https://tool', '', ''],
    ['https://tool/t', '/t', below],
    ['https://tool/t', '/t?x', `${below}?x`],
    ['https://tool/t', '/team', 'https://tool/team'],
    ['https://tool/t', 'https://tool/team', 'https://tool/team'],
    ['https://tool/t', 'https://tool/t/../x', 'https://tool/t/../x'],
    ['https://tool/t', '/t/../../y', 'https://tool/y'],
    ['https://tool', '../../../../other/connectors', `${below}/other/connectors`],
    ['https://tool', '/a/%2e%2e/b', `${below}/b`],
    ['http://[::1]:8080', 'http://[0:0:0:0:0:0:0:1]:8080/a', `${own}/a`],
  ] as const) {
    assert.is(rewriteLocation(location, way(address)), expected, `${address} ${location}`)
  }
})

test('cookies stay with their Connector', () => {
  for (const [address, cookie, expected] of [
    ['https://tool', 'a=b', `a=b; Path=${base.path}/`],
    ['https://tool', 'a=b; path=/x; Secure', `a=b; Path=${base.path}/x; Secure`],
    ['https://tool/t', 'a=b; Path=/t', `a=b; Path=${base.path}/`],
    ['https://tool/t', 'a=b; Path=/', `a=b; Path=${base.path}/`],
    ['https://tool', 'a=b; DOMAIN=.tool; Path=/', `a=b; Path=${base.path}/`],
  ] as const) {
    assert.equal(rewriteResponseHeaders(['Set-Cookie', cookie], way(address)), ['Set-Cookie', expected])
  }
})

test('a header that carries the credential in any spelling goes, and Alt-Svc too', () => {
  const traces = credentialTraces(['Basic dTpww7/Dvz4+Pw=='], ['pä"s sword', 'short'])
  for (const [value, isGone] of [
    ['Basic dTpww7/Dvz4+Pw==', true],
    ['dTpww7/Dvz4+Pw', true],
    ['dTpww7_Dvz4-Pw', true],
    ['dTpww7%2FDvz4%2bPw', true],
    [Buffer.from('pä"s sword').toString('latin1'), true],
    ['p%C3%A4%22s%20sword', true],
    ['p%C3%A4%22s+sword', true],
    ['{"p":"p\\u00e4\\"s sword"}', true],
    ['{"p":"pä\\"s sword"}', true],
    ['short', false],
    ['dTpww7', false],
  ] as const) {
    assert.is(carriesTrace(value, traces.texts), isGone, value)
    const kept = rewriteResponseHeaders(['X-A', value, 'X-B', '1'], way('http://tool', '/', traces))
    assert.is(kept.length, isGone ? 2 : 4)
  }
  assert.equal(rewriteResponseHeaders(['Alt-Svc', 'h3=":443"'], way('http://tool')), [])
})

test.run()
