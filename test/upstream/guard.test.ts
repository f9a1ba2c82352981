// The SSRF guard's tables: every spelling of an address that must not be reached.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type AddressKind, addressKind, isAllowed, normalHost } from '../../upstream/guard.ts'

const hosts: readonly (readonly [text: string, normal: string | undefined])[] = [
  ['git.example.com', 'git.example.com'],
  ['GIT.Example.COM', 'git.example.com'],
  ['git.example.com.', 'git.example.com'],
  ['git.example.com..', undefined],
  ['c-tool.team.svc', 'c-tool.team.svc'],
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1.', '127.0.0.1'],
  ['127.1', '127.0.0.1'],
  ['0177.0.0.1', '127.0.0.1'],
  ['0x7f.1', '127.0.0.1'],
  ['0x7f000001', '127.0.0.1'],
  ['2130706433', '127.0.0.1'],
  ['2852039166', '169.254.169.254'],
  ['0xA9.0xFE.0xA9.0xFE', '169.254.169.254'],
  ['0251.0376.0251.0376', '169.254.169.254'],
  ['169.254.43518', '169.254.169.254'],
  ['①②⑦.0.0.1', '127.0.0.1'],
  ['1.2.3.4.5', undefined],
  ['256.0.0.1', undefined],
  ['[::1]', '::1'],
  ['::1', '::1'],
  ['[0:0:0:0:0:FFFF:A9FE:A9FE]', '::ffff:a9fe:a9fe'],
  ['::ffff:169.254.169.254', '::ffff:a9fe:a9fe'],
  ['[fe80::1%25eth0]', undefined],
  ['[::1', undefined],
  ['', undefined],
  ['.', undefined],
  ['a b', undefined],
  ['a/b', undefined],
  ['user@host', undefined],
  ['a#b', undefined],
  ['a\\b', undefined],
  ['%31%32%37.0.0.1', undefined],
  ['host\r\nX: y', undefined],
]

const spelling = suite('upstream/guard: one form for')
for (const [text, normal] of hosts) spelling(JSON.stringify(text), () => assert.is(normalHost(text), normal))
spelling.run()

const kinds: readonly (readonly [ip: string, kind: AddressKind])[] = [
  ['8.8.8.8', 'public'],
  ['172.15.255.255', 'public'],
  ['172.32.0.0', 'public'],
  ['100.63.255.255', 'public'],
  ['100.128.0.0', 'public'],
  ['2606:4700::1111', 'public'],
  ['2a00:1450::1', 'public'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['198.19.0.1', 'private'],
  ['fc00::1', 'private'],
  ['fd12:3456::1', 'private'],
  ['fec0::1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'loopback'],
  ['::', 'loopback'],
  ['::1', 'loopback'],
  ['169.254.1.1', 'link-local'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['fd20:ce::254', 'metadata'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['::ffff:a9fe:a9fe', 'metadata'],
  ['::169.254.169.254', 'metadata'],
  ['::ffff:0:169.254.169.254', 'metadata'],
  ['64:ff9b::169.254.169.254', 'metadata'],
  ['64:ff9b:1::169.254.169.254', 'metadata'],
  ['64:ff9b:1:a9fe:a9:fe00::', 'metadata'],
  ['64:ff9b:1:a9fe:a9:fe00:0:1', 'metadata'],
  ['64:ff9b:1:00a9:00fe:a9fe::', 'metadata'],
  ['64:ff9b:1:ffa9:00fe:a9fe::', 'metadata'],
  ['64:ff9b:1:0:00a9:fea9:fe00:0', 'metadata'],
  ['64:ff9b:1:abcd:00a9:fea9:fe00:0', 'metadata'],
  ['64:ff9b:1:6464:64:c800::', 'metadata'],
  ['64:ff9b:1:a9fe:1:100::', 'link-local'],
  ['64:ff9b:1:7f00:0:100::', 'loopback'],
  ['64:ff9b:1:a00:0:100::', 'private'],
  ['64:ff9b:1::10.0.0.1', 'private'],
  ['64:ff9b:1:808:8:800::', 'public'],
  ['64:ff9b:1:0:8:808:800:0', 'public'],
  ['64:ff9b:1:8e6:1:200::', 'public'],
  ['64:ff9b:1::8.8.8.8', 'public'],
  ['64:ff9b:1::', 'loopback'],
  ['64:ff9b:1:e000:0:100::', 'reserved'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:10.0.0.1', 'private'],
  ['64:ff9b::8.8.8.8', 'public'],
  ['2002:808:808::', 'public'],
  ['2001:0:1::1', 'reserved'],
  ['2001:db8::1', 'reserved'],
  ['224.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['ff02::1', 'reserved'],
  ['100::1', 'reserved'],
  ['git.example.com', 'reserved'],
]

const kind = suite('upstream/guard: the kind of')
for (const [ip, expected] of kinds) kind(ip, () => assert.is(addressKind(ip), expected))
kind.run()

const policy = suite('upstream/guard: policy')
const every: readonly AddressKind[] = ['public', 'private', 'loopback', 'link-local', 'metadata', 'reserved']
policy('lets a Connector reach its own network, and nobody a metadata service', () => {
  assert.equal(
    every.filter(item => isAllowed(item, 'own')),
    ['public', 'private', 'loopback'],
  )
  assert.equal(
    every.filter(item => isAllowed(item, 'public')),
    ['public'],
  )
})
policy.run()
