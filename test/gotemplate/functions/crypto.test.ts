// Keys, certificates and passwords, checked by whoever did not make them.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ExecuteOptions } from '../../../gotemplate/template.ts'
import { failureOf, render } from './render.ts'

const test = suite('crypto')
const patient: ExecuteOptions = {
  limits: { cpuMs: 20_000 },
  clock: () => new Date('2024-01-01T00:00:00Z'),
}

test('bcrypt and htpasswd give hashes that the password opens', () => {
  const [user, hash = ''] = render('{{htpasswd "me" "secret"}}', {}, patient).split(':')
  assert.is(user, 'me')
  assert.match(hash, /^\$2a\$10\$/)
  assert.ok(compareSync('secret', hash))
  assert.not.ok(compareSync('other', render('{{bcrypt "secret"}}', {}, patient)))
})

test('what bcrypt and htpasswd cannot take is said in their result, as in sprig', () => {
  assert.is(render('{{htpasswd "a:b" "x"}}', {}, patient), 'invalid username: a:b')
  assert.match(render('{{bcrypt (repeat 73 "x")}}', {}, patient), /exceeds 72 bytes$/)
})

test('encryptAES is opened by decryptAES and by nothing else', () => {
  assert.is(render('{{encryptAES "key" "plain text" | decryptAES "key"}}'), 'plain text')
  const opened = (): string => render('{{encryptAES "key" "plain text" | decryptAES "other"}}')
  let other = ''
  try {
    other = opened()
  } catch {
    // Padding that makes no sense is an error, by chance it makes some.
  }
  assert.is.not(other, 'plain text')
})

test('encryptAES takes its initial block from the injected bytes', () => {
  const random = (size: number): Uint8Array => new Uint8Array(size).fill(7)
  const first = render('{{encryptAES "key" "plain"}}', {}, { random })
  assert.is(first, render('{{encryptAES "key" "plain"}}', {}, { random }))
  assert.equal([...Buffer.from(first, 'base64').subarray(0, 16)], Array(16).fill(7))
})

for (const [sort, header, type] of [
  ['ecdsa', 'EC PRIVATE KEY', 'ec'],
  ['ed25519', 'PRIVATE KEY', 'ed25519'],
] as const) {
  test(`genPrivateKey ${sort} is a key`, () => {
    const pem = render(`{{genPrivateKey "${sort}"}}`, {}, patient)
    assert.match(pem, new RegExp(`^-----BEGIN ${header}-----\n`))
    assert.is(createPrivateKey(pem).asymmetricKeyType, type)
  })
}

test('genPrivateKey of an unknown sort says so', () => {
  assert.is(render('{{genPrivateKey "x"}}'), 'Unknown type x')
})

test('a certificate signed by a generated authority has what was asked for', () => {
  const text = `
    {{- $caKey := genPrivateKey "ecdsa" }}{{ $key := genPrivateKey "ecdsa" }}
    {{- $ca := genCAWithKey "my ca" 365 $caKey }}
    {{- $leaf := genSignedCertWithKey "leaf" (list "10.0.0.1" "fd00::1") (list "a.example" "*.b.example") 30 $ca $key }}
    {{- dict "ca" $ca.Cert "leaf" $leaf.Cert "key" $leaf.Key | toJson }}`
  const made = JSON.parse(render(text, {}, patient)) as Record<'ca' | 'leaf' | 'key', string>
  const ca = new X509Certificate(made.ca)
  const leaf = new X509Certificate(made.leaf)
  assert.ok(ca.ca)
  assert.ok(ca.verify(ca.publicKey))
  assert.not.ok(leaf.ca)
  assert.ok(leaf.checkIssued(ca))
  assert.ok(leaf.verify(ca.publicKey))
  assert.ok(leaf.checkPrivateKey(createPrivateKey(made.key)))
  assert.is(leaf.subject, 'CN=leaf')
  assert.is(
    leaf.subjectAltName,
    'DNS:a.example, DNS:*.b.example, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1',
  )
  assert.equal(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  assert.is(leaf.validFromDate.toISOString(), '2024-01-01T00:00:00.000Z')
  assert.is(leaf.validToDate.toISOString(), '2024-01-31T00:00:00.000Z')
})

test('buildCustomCert takes what the others made', () => {
  const text = `{{$c := genSelfSignedCertWithKey "x" nil nil 10 (genPrivateKey "ed25519")}}
    {{- $b := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key)}}{{eq $b.Cert $c.Cert}}`
  assert.is(render(text, {}, patient), 'true')
})

for (const [template, message] of [
  ['{{genSelfSignedCert "x" (list "1.2.3") nil 1}}', /error parsing ip: 1\.2\.3$/],
  ['{{genSelfSignedCert "x" (list 5) nil 1}}', /error parsing ip: 5 is not a string$/],
  ['{{genCAWithKey "x" 1 "no key"}}', /parsing private key: no PEM data in input$/],
  ['{{buildCustomCert "!" ""}}', /unable to decode base64 certificate$/],
] as const) {
  test(`${template} fails in sprig's words`, () => {
    assert.match(failureOf(template, {}, patient).goMessage, message)
  })
}

test.run()
