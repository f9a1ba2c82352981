import { inspect } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  normalSecretType,
  parseCredential,
  requiredSecretKeys,
  watchedSecretTypes,
} from '../../connector/credential.ts'

const test = suite('connector/credential')
const metadata = { name: 's' }

test('types of Secrets are compared in one spelling', () => {
  for (const [type, normal] of [
    [undefined, 'Opaque'],
    ['', 'Opaque'],
    ['opaque', 'Opaque'],
    ['kubernetes.io/opaque', 'Opaque'],
    ['kubernetes.io/basic-auth', 'kubernetes.io/basic-auth'],
    ['Other', 'Other'],
  ] as const) {
    assert.is(normalSecretType(type), normal)
  }
  const types = [
    { name: 'a' },
    { name: 'b', secretType: 'kubernetes.io/opaque' },
    { name: 'c', secretType: 'x/y' },
  ]
  assert.equal([...watchedSecretTypes([{ metadata, spec: { auth: { types } } }])], ['Opaque', 'x/y'])
})

test('the keys that a Secret must hold are its type’s, else those without a default', () => {
  const params = [{ name: 'k' }, { name: 'd', default: 'v' }]
  for (const [secretType, keys] of [
    ['kubernetes.io/basic-auth', ['username', 'password']],
    ['connectors.cpaas.io/bearer-token', ['token']],
    ['connectors.cpaas.io/gitlab-pat-auth', ['token']],
    ['Opaque', ['k']],
  ] as const) {
    assert.equal(requiredSecretKeys({ name: 'a', secretType, params }), keys)
  }
})

test('a credential is read with its defaults, and prints as nothing', () => {
  const params = [{ name: 'k' }, { name: 'd', default: 'v' }]
  const type = { name: 'a', secretType: 'Opaque', params }
  const credential = parseCredential(
    { metadata, type: 'Opaque', data: { k: Buffer.from('ü\n').toString('base64') } },
    type,
  )
  assert.equal(
    [...credential.values].map(([key, value]) => [key, value.reveal()]),
    [
      ['d', 'v'],
      ['k', 'ü\n'],
    ],
  )
  for (const text of [inspect(credential, { depth: 9 }), JSON.stringify([...credential.values])]) {
    assert.not.match(text, /ü/)
  }
})

test('a Secret that does not fit is refused with the reason of its condition', () => {
  const type = { name: 'a', secretType: 'kubernetes.io/basic-auth' }
  for (const [secret, reason, word] of [
    [{ type: 'Opaque', data: { username: 'YQ==', password: 'YQ==' } }, 'SecretTypeMismatch', 'Opaque'],
    [{ type: 'kubernetes.io/basic-auth', data: { username: 'YQ==' } }, 'SecretKeyMissing', 'password'],
    [{ type: 'kubernetes.io/basic-auth' }, 'SecretKeyMissing', 'username, password'],
  ] as const) {
    assert.throws(
      () => parseCredential({ metadata, ...secret }, type),
      (error: { reason: string; message: string }) => error.reason === reason && error.message.includes(word),
    )
  }
})

test.run()
