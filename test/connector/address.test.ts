import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  apiPath,
  formatAddress,
  parseAddress,
  proxyAddress,
  proxyServiceName,
} from '../../connector/address.ts'
import type { ConnectorClass } from '../../connector/connector-class.ts'

const test = suite('connector/address')

test('an address has one normal form', () => {
  for (const [text, scheme, hostname, port, host, prefix] of [
    ['https://git.example.com', 'https', 'git.example.com', 443, 'git.example.com', ''],
    ['HTTPS://Git.Example.com:443/', 'https', 'git.example.com', 443, 'git.example.com', ''],
    ['http://t:80/a/', 'http', 't', 80, 't', '/a'],
    ['http://t:8080/a/b//', undefined, '', 0, '', ''],
    ['https://t:80', 'https', 't', 80, 't:80', ''],
    ['http://[::1]:8080/A%20b', 'http', '::1', 8080, '[::1]:8080', '/A%20b'],
    ['http://2852039166', 'http', '169.254.169.254', 80, '169.254.169.254', ''],
    ['http://t/~a/b.c/@d;e=1', 'http', 't', 80, 't', '/~a/b.c/@d;e=1'],
  ] as const) {
    if (scheme === undefined)
      assert.throws(() => parseAddress(text, 'spec.address'), /AddressInvalid|address/)
    else assert.equal(parseAddress(text, 'spec.address'), { scheme, hostname, port, host, prefix }, text)
  }
  assert.is(formatAddress(parseAddress('HTTP://T:80/a/', 'f')), 'http://t/a')
})

test('what is no address is refused under its field, without user information', () => {
  for (const text of [
    '',
    't',
    'ftp://t',
    'file:///etc',
    'https://',
    'https://u:hunter2@t',
    'https://t?q',
    'https://t#f',
    'https://t/a b',
    'https://t/"',
    'https://t\r\nX: 1',
    'https://t:99999',
    'https://t/..',
    'https://t/a/../b',
    'https://t/%2e%2E/b',
    'https://t/..;a/b',
    'https://t/a%2fb',
    'https://t/a%5cb',
    'https://t/a//b',
    'https://t\\b',
  ]) {
    assert.throws(
      () => parseAddress(text, 'spec.address'),
      (error: { code: string; reason: string; message: string }) =>
        error.code === 'INVALID' &&
        error.reason === 'AddressInvalid' &&
        error.message.includes('spec.address') &&
        !/hunter2|\n/.test(error.message),
      text,
    )
  }
})

test('a Service is named after its Connector, in one DNS label', () => {
  const long = 'a'.repeat(61)
  assert.is(proxyServiceName('git'), 'c-git')
  assert.is(proxyServiceName(long), `c-${long}`)
  const names = ['a.b', 'a-b', 'a.b.c', 'a-b.c', `${long}b`, `${long}c`, `${'a'.repeat(53)}.b`].map(
    proxyServiceName,
  )
  assert.is(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^c-[a-z0-9](?:[a-z0-9-]{0,59}[a-z0-9])?$/)
  // Names must not change from one release to the next: Services outlive them.
  assert.is(proxyServiceName('a.b'), 'c-a-b-e61d9919')
})

test('the published address is a host, a host and a path, or a path on an exposed URL', () => {
  const connector = { metadata: { namespace: 'ns', name: 'git' }, spec: {} }
  const annotations = { 'connectors.cpaas.io/proxy-resolver': 'path' }
  const [host, path]: ConnectorClass[] = [
    { metadata: { name: 'h' }, spec: {} },
    { metadata: { name: 'p', annotations }, spec: {} },
  ]
  const cluster = { clusterDomain: 'cluster.local', port: 80 }
  const form = '/namespaces/ns/connectors/git'
  for (const [connectorClass, exposure, expected] of [
    [host, cluster, 'http://c-git.ns.svc.cluster.local'],
    [host, { ...cluster, port: 8080 }, 'http://c-git.ns.svc.cluster.local:8080'],
    [path, cluster, `http://c-git.ns.svc.cluster.local${form}`],
    [host, { ...cluster, exposedUrl: 'http://127.0.0.1:1/' }, `http://127.0.0.1:1${form}`],
  ] as const) {
    assert.is(proxyAddress(connector, connectorClass as ConnectorClass, exposure), expected)
  }
  assert.is(apiPath({ namespace: 'ns', name: 'git' }), '/connectors/v1alpha1/ns/git/path')
})

test.run()
