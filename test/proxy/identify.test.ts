import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { noConnectionOptions } from '../../proxy/http1/headers.ts'
import type { RequestHead } from '../../proxy/http1/request-head.ts'
import { identify } from '../../proxy/identify.ts'

const test = suite('proxy/identify')
const key = { namespace: 'ns', name: 'git' }
const lookup = (hostname: string) => (hostname === 'c-git.ns' ? key : undefined)

function head(path: string, hostname: string, rest: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    target: path,
    form: 'origin',
    path,
    scheme: undefined,
    authority: { hostname, port: undefined },
    minorVersion: 1,
    headers: [],
    connection: noConnectionOptions,
    bodyLength: 0,
    expectsContinue: false,
    upgrade: undefined,
    acceptsTrailers: false,
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
    assert.equal(identify(head(path, host), lookup), {
      key,
      rest: { path: rest, query },
      base: { host: host_, path: base },
    })
  }
  const ported = identify(head('/a', 'c-git.ns', { authority: { hostname: 'c-git.ns', port: 8080 } }), lookup)
  assert.is(ported.base.host, 'c-git.ns:8080')
})

test('anything else is refused with its reason', () => {
  for (const [path, host, reason, rest] of [
    ['/a', 'p', 'ConnectorNotNamed', {}],
    ['/namespaces/ns/connectors/other/a', 'c-git.ns', 'ConnectorAmbiguous', {}],
    ['/namespaces/ns/connectors/git//a', 'p', 'PathRefused', {}],
    ['/a', 'c-git.ns', 'ForwardUnsupported', { form: 'absolute' as const }],
    ['*', 'c-git.ns', 'ForwardUnsupported', { form: 'asterisk' as const }],
  ] as const) {
    const isRight = (error: unknown) => error instanceof ConnectorsError && error.reason === reason
    assert.throws(() => identify(head(path, host, rest), lookup), isRight, path)
  }
})

test.run()
