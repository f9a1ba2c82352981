import { X509Certificate } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createAuthority } from '../../pki/authority.ts'
import { createServerCertificate } from '../../pki/leaf.ts'

const test = suite('pki/authority')
const nowMs = Date.parse('2026-01-02T03:04:05Z')

test('signs certificates of servers and nothing below them', async () => {
  const authority = await createAuthority('an authority', { nowMs, days: 10 })
  const root = new X509Certificate(authority.certificate)
  assert.is(root.ca, true)
  assert.is(root.subject, 'CN=an authority')
  assert.ok(root.verify(root.publicKey))

  const names = { commonName: 'tool.example', dns: ['tool.example'], ip: ['10.0.0.1', 'fd00::1'] }
  const leaf = new X509Certificate(
    (await createServerCertificate(authority, names, { nowMs, days: 2 })).certificate,
  )
  assert.is(leaf.ca, false)
  assert.ok(leaf.checkIssued(root))
  assert.ok(leaf.verify(root.publicKey))
  assert.is(leaf.checkHost('tool.example'), 'tool.example')
  assert.is(leaf.checkIP('fd00::1'), 'fd00::1')
  assert.is(leaf.checkHost('other.example'), undefined)
})

test('dates an hour back, for clients whose clock is behind', async () => {
  const { certificate } = await createAuthority('an authority', { nowMs, days: 1 })
  const { validFromDate, validToDate } = new X509Certificate(certificate)
  assert.is(validFromDate.getTime(), nowMs - 3_600_000)
  assert.is(validToDate.getTime(), nowMs + 24 * 3_600_000)
})

test.run()
