// The token that kubelet sends, and which of two is the newer one.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatFingerprint, isOutdated, parseFingerprint } from '../../csi/fingerprint.ts'
import { parseToken } from '../../csi/token.ts'

const test = suite('csi/token')
const key = 'csi.storage.k8s.io/serviceAccount.tokens'
const sent = (token: string) => ({
  secrets: {},
  volumeContext: { [key]: JSON.stringify({ connectors: { token } }) },
})
const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

test('a JWT says when it was made and when it ends, anything else says nothing', () => {
  const lifetimeOf = (token: string) => parseToken(sent(token), 'connectors').lifetime
  assert.equal(lifetimeOf(jwt({ iat: 5, exp: 9 })), { issuedAt: 5, expiresAt: 9 })
  for (const token of [
    'x',
    'a.b.c',
    '..',
    jwt(null),
    jwt([]),
    jwt({ iat: '5', exp: 9 }),
    jwt({ iat: -1, exp: 9 }),
  ]) {
    assert.is(lifetimeOf(token), undefined, token)
  }
  for (const claims of [{ iat: 5 }, { exp: 9 }, { iat: 1e300, exp: 9 }, { iat: 1.5, exp: 9 }]) {
    assert.is(lifetimeOf(jwt(claims)), undefined, JSON.stringify(claims))
  }
})

test('an older token is refused as long as the held one is good', () => {
  const origin = (issuedAt: number, expiresAt: number) => ({ digest: 'd', lifetime: { issuedAt, expiresAt } })
  const nothing = { digest: 'd', lifetime: undefined }
  const held = origin(100, 200)
  assert.is(isOutdated(origin(99, 500), held, { nowMs: 150_000 }), true)
  assert.is(isOutdated(origin(99, 500), held, { nowMs: 200_000 }), false)
  assert.is(isOutdated(origin(100, 200), held, { nowMs: 150_000 }), false)
  assert.is(isOutdated(origin(101, 150), held, { nowMs: 150_000 }), false)
  assert.is(isOutdated(nothing, held, { nowMs: 150_000 }), false)
  assert.is(isOutdated(held, nothing, { nowMs: 150_000 }), false)
  for (const each of [held, nothing]) assert.equal(parseFingerprint(formatFingerprint(each)), each)
})

test.run()
