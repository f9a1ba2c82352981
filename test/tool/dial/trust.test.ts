import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../../connector/errors.ts'
import { createAuthority } from '../../../pki/authority.ts'
import { parseCertificates, TrustStore } from '../../../tool/dial/trust.ts'

const test = suite('tool/dial/trust')

test('takes a bundle apart, whatever stands around its certificates', async () => {
  const one = (await createAuthority('test', { nowMs: Date.now(), days: 1 })).certificate.trim()
  const two = (await createAuthority('test', { nowMs: Date.now(), days: 1 })).certificate.trim()
  assert.equal(parseCertificates(`# first\n${one}\n\nsecond:\n${two}\n`, 'Secret "ca"'), [one, two])
})

test('refuses what is no certificate', () => {
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
  for (const pem of ['', 'text', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', broken]) {
    try {
      parseCertificates(pem, 'Secret "ca"')
      assert.unreachable(pem)
    } catch (error) {
      assert.is((error as ConnectorsError).reason, 'InvalidPEM')
    }
  }
})

test('makes one context for the same certificates, and keeps so many', async () => {
  const one = (await createAuthority('test', { nowMs: Date.now(), days: 1 })).certificate
  const two = (await createAuthority('test', { nowMs: Date.now(), days: 1 })).certificate
  const store = new TrustStore({ capacity: 2 })
  const both = store.context([one, two])
  assert.is(store.context([two, one, one]), both)
  const first = store.context([one])
  assert.is.not(first, both)
  store.context([two])
  assert.is(store.context([one]), first)
  assert.is.not(store.context([one, two]), both)
})

test.run()
