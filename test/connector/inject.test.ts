import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Credential } from '../../connector/credential.ts'
import { injectedHeaders } from '../../connector/inject.ts'
import { Sensitive } from '../../connector/sensitive.ts'

const test = suite('connector/inject')

function credential(secretType: string, values: Readonly<Record<string, string>>): Credential {
  const entries = Object.entries(values).map(([key, value]) => [key, new Sensitive(value)] as const)
  return { secretType, values: new Map(entries) }
}

test('a credential becomes the header of its type', () => {
  for (const [type, values, expected] of [
    ['kubernetes.io/basic-auth', { username: 'u', password: 'p:q' }, `Basic ${btoa('u:p:q')}`],
    [
      'kubernetes.io/basic-auth',
      { username: '', password: 'ü' },
      `Basic ${Buffer.from(':ü').toString('base64')}`,
    ],
    [
      'kubernetes.io/basic-auth',
      { username: 'u', password: 'x'.repeat(200_000) },
      `Basic ${btoa(`u:${'x'.repeat(200_000)}`)}`,
    ],
    ['connectors.cpaas.io/bearer-token', { token: ' t.o-k\n' }, 'Bearer t.o-k'],
  ] as const) {
    const [header] = injectedHeaders(credential(type, values))
    assert.equal([header?.name, header?.value.reveal()], ['Authorization', expected])
    assert.not.match(JSON.stringify(header), /Basic|Bearer/)
  }
  assert.equal(injectedHeaders(undefined), [])
})

test('what no header can hold, or no type knows, is refused without its value', () => {
  for (const [type, values, reason] of [
    ['kubernetes.io/basic-auth', { username: 'u', password: 'secret\r\nX: 1' }, 'CredentialInvalid'],
    ['kubernetes.io/basic-auth', { username: 'u\0', password: 'secret' }, 'CredentialInvalid'],
    ['kubernetes.io/basic-auth', { username: 'a:b', password: 'secret' }, 'CredentialInvalid'],
    ['connectors.cpaas.io/bearer-token', { token: 'secret secret' }, 'CredentialInvalid'],
    ['connectors.cpaas.io/bearer-token', { token: 'secret-ä' }, 'CredentialInvalid'],
    ['connectors.cpaas.io/bearer-token', { token: '\n' }, 'CredentialInvalid'],
    ['connectors.cpaas.io/gitlab-pat-auth', { token: 'secret' }, 'InjectionUnsupported'],
    ['cpaas.io/distribution-registry-token', { username: 'u', password: 'secret' }, 'InjectionUnsupported'],
    ['Opaque', { k: 'secret' }, 'InjectionUnsupported'],
  ] as const) {
    assert.throws(
      () => injectedHeaders(credential(type, values)),
      (error: { reason: string; message: string }) =>
        error.reason === reason && !error.message.includes('secret') && !error.message.includes('\n'),
      `${type} ${JSON.stringify(values)}`,
    )
  }
})

test.run()
