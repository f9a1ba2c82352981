import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Sensitive } from '../../connector/sensitive.ts'
import { isSealed, maxSealLength, openSeal, parseSeal, sealToken } from '../../seal/sealed-token.ts'
import { createSealingKey, openingKey } from '../../seal/sealing-keys.ts'

const test = suite('seal/sealed-token')

const stored = createSealingKey(0)
const privateKey = openingKey(stored)
const key = { kid: stored.kid, publicKey: createPublicKey(privateKey) }
const lifetime = { issuedAt: 1000, expiresAt: 2800 }
const token = 'aaaa.bbbb.cccc'
const connectors = [
  { namespace: 'team', name: 'git' },
  { namespace: 'team', name: 'npm' },
]

const sealed = (text = token) => sealToken(new Sensitive(text), connectors, { key, lifetime }).reveal()

function opened(text: string, by: KeyObject = privateKey) {
  const parsed = parseSeal(text)
  const content = parsed && openSeal(parsed, by)
  return content && [content.token.reveal(), ...content.connectors]
}

/** The seal with another header, byte for byte as given. */
function withHeader(text: string, change: (header: string) => string): string {
  const [header = '', ...rest] = text.split('.')
  const changed = change(Buffer.from(header, 'base64url').toString())
  return [Buffer.from(changed).toString('base64url'), ...rest].join('.')
}

test('what was sealed is opened by the private key alone', () => {
  const text = sealed()
  assert.ok(isSealed(text))
  assert.not.ok(text.includes(token))
  assert.equal(opened(text), [token, 'team/git', 'team/npm'])
  assert.is(opened(text, openingKey(createSealingKey(0))), undefined)
  assert.is.not(sealed(), text)
  const { kid, iat, exp } = parseSeal(text)?.header ?? {}
  assert.equal([kid, iat, exp], [stored.kid, 1000, 2800])
})

test('it is a JWE as others read and write it', async () => {
  const { plaintext, protectedHeader } = await compactDecrypt(sealed(), privateKey)
  assert.equal(JSON.parse(Buffer.from(plaintext).toString()), {
    token,
    connectors: ['team/git', 'team/npm'],
  })
  assert.equal(Object.keys(protectedHeader), ['alg', 'enc', 'kid', 'epk', 'iat', 'exp'])

  const content = Buffer.from(JSON.stringify({ token, connectors: ['a/b'] }))
  const { x = '', y = '' } = key.publicKey.export({ format: 'jwk' })
  const theirs = await new CompactEncrypt(content)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: stored.kid })
    .encrypt(await importedPublic(x, y))
  const [header = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = theirs.split('.')
  const { epk } = JSON.parse(Buffer.from(header, 'base64url').toString())
  assert.is(encryptedKey, '')
  // Its header is not ours, so that it is refused as a whole; its encryption is the same.
  assert.is(parseSeal(theirs), undefined)
  const parsed = {
    header: { kid: stored.kid, epk, iat: 0, exp: 0 },
    encodedHeader: header,
    iv: Buffer.from(iv, 'base64url'),
    ciphertext: Buffer.from(ciphertext, 'base64url'),
    tag: Buffer.from(tag, 'base64url'),
  }
  assert.is(openSeal(parsed, privateKey)?.token.reveal(), token)
})

async function importedPublic(x: string, y: string) {
  const jwk = { kty: 'EC', crv: 'P-256', x, y }
  return crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, true, [])
}

test('any other header costs no key operation', () => {
  const text = sealed()
  const cases: readonly (readonly [string, (header: string) => string])[] = [
    ['another algorithm', header => header.replace('ECDH-ES', 'dir')],
    ['another encryption', header => header.replace('A256GCM', 'A128GCM')],
    ['a compressed content', header => header.replace('{"alg"', '{"zip":"DEF","alg"')],
    ['a critical extension', header => header.replace('}', ',"crit":["exp"]}').replace('}}', '}')],
    ['a key of its own', header => header.replace('{"alg"', '{"jwk":{},"alg"')],
    ['a nested seal', header => header.replace('{"alg"', '{"cty":"JWE","alg"')],
    ['agreement on names', header => header.replace('{"alg"', '{"apu":"YQ","alg"')],
    ['a member twice', header => header.replace('{"alg"', '{"kid":"x","alg"')],
    ['white space', header => header.replace('{"alg"', '{ "alg"')],
    [
      'another order',
      header => header.replace(/"alg":"[^"]*","enc":"[^"]*"/, '"enc":"A256GCM","alg":"ECDH-ES"'),
    ],
    ['a private part', header => header.replace('"kty"', '"d":"AA","kty"')],
    ['another curve', header => header.replace('P-256', 'P-384')],
    ['a time as text', header => header.replace('"iat":1000', '"iat":"1000"')],
    ['no time', header => header.replace(',"exp":2800', '')],
    ['a time that is none', header => header.replace('"exp":2800', '"exp":-1')],
    ['no object', () => 'null'],
    ['no JSON', () => '{'],
  ]
  for (const [name, change] of cases) assert.is(parseSeal(withHeader(text, change)), undefined, name)
  assert.ok(parseSeal(withHeader(text, header => header)))
})

test('what is changed, moved or cut does not open', () => {
  const text = sealed()
  const parts = text.split('.')
  const replaced = (at: number, part: string) =>
    parts.map((own, index) => (index === at ? part : own)).join('.')
  const other = sealed('dddd.eeee.ffff').split('.')
  for (const changed of [
    // The time is not encrypted, but nobody can change it.
    withHeader(text, header => header.replace('"exp":2800', '"exp":9999')),
    withHeader(text, header => header.replace(stored.kid, 'other')),
    replaced(2, other[2] ?? ''),
    replaced(3, other[3] ?? ''),
    replaced(4, other[4] ?? ''),
    replaced(1, 'AAAA'),
    replaced(4, parts[4]?.slice(0, 8) ?? ''),
    parts.slice(0, 4).join('.'),
    `${text}.AAAA`,
    `${text} `,
    '....',
    `${text.slice(0, -2)}==`,
    text + 'A'.repeat(maxSealLength),
  ]) {
    assert.is(opened(changed), undefined, changed.slice(0, 60))
  }
})

test('a key that is not a point of the curve is refused', () => {
  const changed = withHeader(sealed(), header => header.replace(/"x":"[^"]*"/, `"x":"${'A'.repeat(43)}"`))
  assert.ok(parseSeal(changed))
  assert.is(opened(changed), undefined)
})

test('a seal in a seal, or a seal for nothing, is not one', () => {
  assert.is(opened(sealed(sealed().slice(0, 900))), undefined)
  assert.is(opened(sealToken(new Sensitive(token), [], { key, lifetime }).reveal()), undefined)
})

test('stored keys open what was sealed before', () => {
  const again = createPrivateKey(stored.privatePem.reveal())
  assert.equal(opened(sealed(), again), [token, 'team/git', 'team/npm'])
})

test.run()
