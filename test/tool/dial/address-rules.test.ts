// Which addresses a Connector may have in an installation, and which nobody.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AddressRules, createAddressGuard, parseCidrs } from '../../../tool/dial/address-rules.ts'
import type { AddressPolicy } from '../../../tool/dial/guard.ts'

const test = suite('tool/dial/address-rules')

const usual: AddressRules = {
  allowLoopback: false,
  deny: parseCidrs([]),
  allow: parseCidrs([]),
  isOwn: ip => ip === '10.0.0.7' || ip === 'fd00::7',
}

function allows(ip: string, policy: AddressPolicy, rules: Partial<AddressRules> = {}): boolean {
  return createAddressGuard({ ...usual, ...rules })(ip, policy) === undefined
}

test('a Connector may be in a private network, a redirect leads to public addresses alone', () => {
  for (const [ip, own, open] of [
    ['8.8.8.8', true, true],
    ['2606:4700::1111', true, true],
    ['10.0.0.1', true, false],
    ['fd00::1', true, false],
    ['169.254.169.254', false, false],
    ['::ffff:169.254.169.254', false, false],
    ['169.254.1.1', false, false],
    ['224.0.0.1', false, false],
  ] as const) {
    assert.is(allows(ip, 'own'), own, ip)
    assert.is(allows(ip, 'class'), own, ip)
    assert.is(allows(ip, 'public'), open, ip)
  }
})

test('loopback and unspecified addresses need a setting, and are never for redirects', () => {
  for (const ip of [
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ]) {
    assert.is(allows(ip, 'own'), false, ip)
    assert.is(allows(ip, 'own', { allowLoopback: true }), true, ip)
    assert.is(allows(ip, 'public', { allowLoopback: true }), false, ip)
  }
})

test('no Connector leads to the installation itself, only a class may', () => {
  for (const ip of ['10.0.0.7', 'fd00::7', '::ffff:10.0.0.7', '64:ff9b::a00:7']) {
    assert.is(allows(ip, 'own'), false, ip)
    assert.is(allows(ip, 'class'), true, ip)
    assert.is(allows(ip, 'own', { allow: parseCidrs(['10.0.0.7', 'fd00::/8']) }), false, ip)
  }
  assert.is(allows('10.0.0.8', 'own'), true)
})

test('an administrator denies ranges and allows exceptions, of these ranges alone', () => {
  const rules = {
    deny: parseCidrs(['10.0.0.0/8', 'fd00::/8', '203.0.114.5']),
    allow: parseCidrs(['10.1.0.0/16', '127.0.0.0/8', '169.254.0.0/16']),
  }
  for (const [ip, isAllowed] of [
    ['10.2.0.1', false],
    ['::ffff:10.2.0.1', false],
    ['64:ff9b::a02:1', true],
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['fd00::9', false],
    ['192.168.0.1', true],
    ['203.0.114.5', false],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
  ] as const) {
    assert.is(allows(ip, 'own', rules), ip === '64:ff9b::a02:1' ? false : isAllowed, ip)
  }
  const everything = { deny: parseCidrs(['0.0.0.0/0', '::/0']), allow: parseCidrs(['192.168.1.0/24']) }
  assert.is(allows('8.8.8.8', 'own', everything), false)
  assert.is(allows('2606:4700::1', 'own', everything), false)
  assert.is(allows('192.168.1.9', 'own', everything), true)
})

test('a range that cannot be read is refused whole', () => {
  for (const entry of ['10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'host', '10.0.0.0/-1', '', '10.0.0.0/8/8']) {
    assert.throws(() => parseCidrs([entry]), /must be addresses or CIDRs/, entry)
  }
})

test.run()
