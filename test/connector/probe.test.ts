import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { HttpProbe } from '../../connector/connector-class.ts'
import { isProbeSuccess, renderProbe } from '../../connector/probe.ts'
import { Sensitive } from '../../connector/sensitive.ts'

const test = suite('connector/probe')

const connector = {
  metadata: { name: 'n', namespace: 'ns' },
  spec: {
    address: 'https://tool.example/sub',
    auth: { name: 'a', params: [{ name: 'repository', value: 'org/app' }] },
  },
}
const values = new Map([['token', new Sensitive('secret-token')]])
const secret = { credential: { secretType: 'Opaque', values }, type: 'Opaque' }

test('a probe is rendered for its Connector', () => {
  const cases: readonly (readonly [HttpProbe, string, string, readonly string[]])[] = [
    [{ path: '/health' }, 'https://tool.example:443', '/health', []],
    [{ path: ' health ' }, 'https://tool.example:443', '/health', []],
    [
      { path: '/{{ (index .Connector.Spec.Auth.Params 0).Value.StringVal }}' },
      'https://tool.example:443',
      '/org/app',
      [],
    ],
    [{ path: '/', host: 'other.example:8080' }, 'http://other.example:8080', '/', []],
    [{ path: '/', host: 'other.example', scheme: 'https' }, 'https://other.example:443', '/', []],
    [{ path: '/', scheme: 'http' }, 'http://tool.example:80', '/', []],
    [{ path: '/', host: 'TOOL.example' }, 'https://tool.example:443', '/', []],
    [
      { path: '/', httpHeaders: { A: 'Bearer {{ .Secret.StringData.token }}', B: '{{ "" }}' } },
      'https://tool.example:443',
      '/',
      ['A: Bearer secret-token'],
    ],
    [
      {
        path: '/',
        httpHeaders: [
          { name: 'A', value: 'x' },
          { name: 'A', value: 'y' },
        ],
      },
      'https://tool.example:443',
      '/',
      ['A: x', 'A: y'],
    ],
  ]
  for (const [probe, origin, path, headers] of cases) {
    const request = renderProbe(probe, connector, secret)
    const { address } = request ?? {}
    assert.is(`${address?.scheme}://${address?.hostname}:${address?.port}${address?.prefix}`, origin)
    assert.is(request?.path, path)
    assert.equal(
      request?.headers.map(({ name, value }) => `${name}: ${value}`),
      headers,
    )
    assert.equal([request?.method, request?.followRedirects], ['GET', true])
  }
  const posted = renderProbe({ path: '/', method: 'POST', disableRedirect: true }, connector, undefined)
  assert.equal([posted?.method, posted?.followRedirects], ['POST', false])
  assert.is(renderProbe({ path: '{{ with .Secret }}/a{{ end }}' }, connector, undefined), undefined)
})

test('a probe that cannot be sent is refused without the Secret', () => {
  const cases: readonly HttpProbe[] = [
    { path: '{{ .Absent }}' },
    { path: '{{ fail .Secret.StringData.token }}' },
    { path: '/a b' },
    { path: '/ä' },
    { path: '/', host: 'other/path' },
    { path: '/', host: 'u@other' },
    { path: '/', httpHeaders: { A: '{{ .Secret.StringData.token }}{{ "\\n" }}X' } },
  ]
  for (const probe of cases) {
    assert.throws(
      () => renderProbe(probe, connector, secret),
      (error: { code: string; message: string }) =>
        error.code === 'INVALID' && !error.message.includes('secret-token'),
      JSON.stringify(probe),
    )
  }
})

test('an answer is a success by the class’s expression, or with 2xx', () => {
  const headers = new Map([['content-type', ['application/json; charset=utf-8']]])
  for (const [cel, statusCode, body, expected] of [
    [undefined, 200, '', true],
    [undefined, 299, '', true],
    [undefined, 302, '', false],
    ['  ', 204, '', true],
    ['response.statusCode < 500', 404, '', true],
    ['response.body.ok', 500, '{"ok": true}', true],
    ['response.body == null', 200, '{', true],
    ['response.bodyString == "x"', 200, 'x', true],
    ['response.headers["Content-Type"][0] == response.headers["content-type"][0]', 200, '', true],
  ] as const) {
    const probe: HttpProbe = { path: '/', ...(cel === undefined ? {} : { response: { cel } }) }
    assert.is(isProbeSuccess(probe, { statusCode, headers, body }), expected, cel)
  }
})

test('an expression that takes too much work on a long answer ends, and says why', () => {
  const cel = 'response.body.all(a, response.body.all(b, a == b))'
  const headers = new Map([['content-type', ['application/json']]])
  const body = `[${'1,'.repeat(200_000)}1]`
  assert.throws(
    () => isProbeSuccess({ path: '/', response: { cel } }, { statusCode: 200, headers, body }),
    (error: { code: string; message: string }) =>
      error.code === 'LIMIT' && /response\.cel.*1000000 units/.test(error.message),
  )
})

test.run()
