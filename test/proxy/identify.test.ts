import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import type { IncomingRequest } from '../../http/message/request.ts'
import { identify } from '../../proxy/identify.ts'

const test = suite('proxy/identify')
const key = { namespace: 'ns', name: 'git' }
const hosts = {
  find: (hostname: string) => (hostname === 'c-git.ns' ? key : undefined),
  isOurs: (hostname: string) => hostname.startsWith('c-'),
}

function requestFor(path: string, hostname: string, rest: Partial<IncomingRequest> = {}): IncomingRequest {
  return {
    method: 'GET',
    target: path,
    form: 'origin',
    path,
    scheme: undefined,
    authority: { hostname, port: undefined },
    headers: [],
    hopFields: new Set(),
    upgrade: undefined,
    ...rest,
  }
}

test('a request names its Connector by host, by path, or by both alike', () => {
  const form = '/namespaces/ns/connectors/git'
  for (const [path, host, rest, query, base] of [
    ['/a?b?c', 'c-git.ns', '/a', '?b?c', ''],
    [`${form}/a/b`, 'p', '/a/b', '', form],
    [form, 'p', '', '', form],
    [`${form}?q`, '::1', '', '?q', form],
    [`${form}/a`, 'c-git.ns', '/a', '', form],
  ] as const) {
    const host_ = host === '::1' ? '[::1]' : host
    assert.equal(identify(requestFor(path, host), hosts), {
      key,
      subject: base === '' ? `the Connector of host "${host}"` : 'Connector "ns/git"',
      isByHost: host === 'c-git.ns',
      namespace: 'ns',
      rest: { path: rest, query },
      path: rest,
      base: { host: host_, path: base },
    })
  }
  const ported = identify(
    requestFor('/a', 'c-git.ns', { authority: { hostname: 'c-git.ns', port: 8080 } }),
    hosts,
  )
  assert.is(ported.base.host, 'c-git.ns:8080')
})

test("a host that could be a Connector's is for the decision that knows who asks", () => {
  const { key, namespace, subject } = identify(requestFor('/a', 'c-gone.ns'), hosts)
  assert.equal(
    { key, namespace, subject },
    {
      key: undefined,
      namespace: 'ns',
      subject: 'the Connector of host "c-gone.ns"',
    },
  )
})

test('anything else is refused with its reason', () => {
  for (const [path, host, reason, rest] of [
    ['/a', 'p', 'ConnectorNotNamed', {}],
    ['/namespaces/ns/connectors/other/a', 'c-git.ns', 'ConnectorAmbiguous', {}],
    // A name that nobody has reads like another one's.
    ['/namespaces/ns/connectors/git/a', 'c-gone.ns', 'ConnectorAmbiguous', {}],
    ['/namespaces/ns/connectors/git/../a', 'p', 'PathRefused', {}],
    ['/a/%2e%2e/b', 'c-git.ns', 'PathRefused', {}],
    ['/a', 'c-git.ns', 'ForwardUnsupported', { form: 'absolute' as const }],
    ['*', 'c-git.ns', 'ForwardUnsupported', { form: 'asterisk' as const }],
  ] as const) {
    const isRight = (error: unknown) => error instanceof ConnectorsError && error.reason === reason
    assert.throws(() => identify(requestFor(path, host, rest), hosts), isRight, path)
  }
})

test.run()
