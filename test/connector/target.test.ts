import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAddress } from '../../connector/address.ts'
import { parsePathForm, requestTarget, routeTo } from '../../connector/target.ts'

const test = suite('connector/target')

test('a target is cut at its first question mark', () => {
  for (const [target, path, query] of [
    ['/a', '/a', ''],
    ['/a?', '/a', '?'],
    ['/a?b?/../c', '/a', '?b?/../c'],
  ] as const) {
    assert.equal(requestTarget(target), { path, query })
  }
})

test('a path form names exactly one Connector', () => {
  for (const [path, namespace, name, rest] of [
    ['/namespaces/a/connectors/b', 'a', 'b', ''],
    ['/namespaces/a/connectors/b/', 'a', 'b', '/'],
    ['/namespaces/a-1/connectors/b.c-d/x/connectors/y', 'a-1', 'b.c-d', '/x/connectors/y'],
  ] as const) {
    assert.equal(parsePathForm(path), { key: { namespace, name }, rest })
  }
  for (const path of [
    '/namespaces/a/connectors/',
    '/namespaces//connectors/b',
    '/namespaces/a/connectors/B',
    '/namespaces/a/connectors/-b',
    '/namespaces/a/connectors/b;c',
    '/namespaces/a.b/connectors/c',
    '/namespaces/a/connectors/%62',
    '/Namespaces/a/connectors/b',
    '/x/namespaces/a/connectors/b',
  ]) {
    assert.is(parsePathForm(path), undefined, path)
  }
})

test('a route is the path below the address', () => {
  for (const [address, rest, query, target] of [
    ['http://t', '', '', '/'],
    ['http://t', '', '?q', '/?q'],
    ['http://t', '/a', '?q', '/a?q'],
    ['http://t/p/', '', '', '/p'],
    ['http://t/p', '/a', '', '/p/a'],
  ] as const) {
    assert.is(routeTo(parseAddress(address, 'a'), rest, query).target, target)
  }
})

test('what follows the address never begins with an empty segment, which could be taken for a host', () => {
  for (const address of ['http://t', 'http://t/p']) {
    for (const rest of ['//a', '/%2fa', '/%2Fa', '/%252fa', '/%5ca', '/%5C', '///a']) {
      assert.throws(() => routeTo(parseAddress(address, 'a'), rest, ''), /empty segment/, rest)
    }
    for (const rest of ['/a//b', '/a/%2Fb', '/a%2F%2Fb', '/;/a']) {
      assert.ok(routeTo(parseAddress(address, 'a'), rest, '').target.endsWith(rest), rest)
    }
  }
})

test.run()
