import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAddress } from '../../connector/address.ts'
import { checkPath, parsePathForm, requestTarget, routeTo } from '../../connector/target.ts'

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

test('a path is refused that any decoder could read as another, and kept otherwise', () => {
  for (const path of [
    '/',
    '/a//b',
    '/a%2Fb',
    '/a;b',
    '/...',
    '/a.',
    '/.a',
    '/%41',
    '/a%20b',
    '/100%25',
    '/a%252Fb',
    '/ä%C3%A4',
  ]) {
    assert.not.throws(() => checkPath(path), path)
  }
  for (const path of [
    'a',
    '//a',
    '/.',
    '/..',
    '/a/..',
    '/a/./b',
    '/..;a',
    '/%2e',
    '/%2E%2e/',
    '/a%2f..',
    '/%252e%252e',
    '/a%5cb',
    '/a\\b',
    '/a%00',
    '/%',
    '/%4',
    '/%g0',
    '/%2f/a',
    '/..%3f',
    '/..%20/',
    '/%c0%ae',
    '/%e0%80%af',
    '/%252525252e',
  ]) {
    assert.throws(
      () => checkPath(path),
      (error: { reason?: string }) => error.reason === 'PathRefused',
      path,
    )
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

test.run()
