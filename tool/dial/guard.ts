// The SSRF guard: what an IP address is, however it is spelled.
// Spec: proxy.md, "Strictness".
import { isIP } from 'node:net'

/** Metadata services hand out the node's or the cloud account's credential: nobody reaches them through us. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'link-local' | 'metadata' | 'reserved'

/**
 * `class`: the target is an address that a ConnectorClass names, which an administrator wrote.
 * `own`: the target is an address that a Connector names, which may be private.
 * `public`: the target was chosen by someone else (a redirect, a passed-through request).
 */
export type AddressPolicy = 'class' | 'own' | 'public'

const hostSyntax = /^[^\s/?#@\\%<>^|]+$/

/**
 * A host in its one normal form: lower case, without brackets or the dot at its end, IPv4 as four decimal
 * numbers whatever its spelling (`0x7f.1`, `0177.0.0.1`, `2130706433`), IPv6 shortened. Undefined for what is
 * no host.
 */
export function normalHost(host: string): string | undefined {
  const bare = host.replace(/^\[(.*)\]$/s, '$1')
  if (!hostSyntax.test(bare)) return undefined
  const hostname = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}/`)?.hostname
  if (hostname === undefined) return undefined
  const normal = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  return normal === '' || normal.endsWith('.') ? undefined : normal
}

/** `ip` as `normalHost` or the resolver gives it. */
export function addressKind(ip: string): AddressKind {
  const family = isIP(ip)
  if (family === 4) return kindOfIpv4(bytesOfIpv4(ip))
  const words = family === 6 ? wordsOfIpv6(ip) : undefined
  return words === undefined ? 'reserved' : kindOfIpv6(words)
}

type Range = readonly [prefix: readonly number[], bits: number, kind: AddressKind]

// First match wins. RFC 6890 and the IANA special-purpose registries; the metadata addresses are those that the
// clouds document (AWS, GCP, Azure; Alibaba 100.100.100.200; Oracle 192.0.0.192; Azure's wire server 168.63.129.16).
const ipv4Ranges: readonly Range[] = [
  [[169, 254, 169, 254], 32, 'metadata'],
  [[169, 254, 170, 2], 32, 'metadata'],
  [[169, 254, 170, 23], 32, 'metadata'],
  [[100, 100, 100, 200], 32, 'metadata'],
  [[192, 0, 0, 192], 32, 'metadata'],
  [[168, 63, 129, 16], 32, 'metadata'],
  [[169, 254], 16, 'link-local'],
  [[127], 8, 'loopback'],
  // Linux connects 0.0.0.0 to itself.
  [[0], 8, 'loopback'],
  [[10], 8, 'private'],
  [[172, 16], 12, 'private'],
  [[192, 168], 16, 'private'],
  [[100, 64], 10, 'private'],
  [[198, 18], 15, 'private'],
  [[192, 0, 0], 24, 'reserved'],
  [[192, 0, 2], 24, 'reserved'],
  [[198, 51, 100], 24, 'reserved'],
  [[203, 0, 113], 24, 'reserved'],
  [[224], 4, 'reserved'],
  [[240], 4, 'reserved'],
]

// AWS fd00:ec2::254 and the EKS agent's ::23, GCP fd20:ce::254.
const ipv6Ranges: readonly Range[] = [
  [[0xfd00, 0x0ec2], 32, 'metadata'],
  [[0xfd20, 0x00ce], 32, 'metadata'],
  [[0xfe80], 10, 'link-local'],
  [[0xfec0], 10, 'private'],
  [[0xfc00], 7, 'private'],
  [[0, 0, 0, 0, 0, 0, 0, 0], 128, 'loopback'],
  [[0, 0, 0, 0, 0, 0, 0, 1], 128, 'loopback'],
  // Teredo and ORCHID hide their real target; documentation ranges have none.
  [[0x2001, 0], 23, 'reserved'],
  [[0x2001, 0x0db8], 32, 'reserved'],
  [[0x2000], 3, 'public'],
]

type Embedding = readonly [prefix: readonly number[], bits: number, at: readonly (readonly number[])[]]

// IPv6 addresses that lead to an IPv4 one, which then decides: mapped, compatible, translated (SIIT), NAT64
// (well-known and local prefix), 6to4. `at`: the bytes where the IPv4 address may stand.
const last4 = [[12, 13, 14, 15]] as const
const embeddings: readonly Embedding[] = [
  [[0, 0, 0, 0, 0, 0xffff], 96, last4],
  [[0, 0, 0, 0, 0xffff, 0], 96, last4],
  [[0x0064, 0xff9b, 0, 0, 0, 0], 96, last4],
  // How long a gateway's own prefix in here is, it alone knows: 96, 64, 56 or 48 bits. RFC 6052 leaves the ninth byte
  // out. Shorter ones would lead to 0.1.x.x and 1.x.x.x.
  [[0x0064, 0xff9b, 1], 48, [...last4, [9, 10, 11, 12], [7, 9, 10, 11], [6, 7, 9, 10]]],
  [[0x2002], 16, [[2, 3, 4, 5]]],
]
const compatible: Embedding = [[0, 0, 0, 0, 0, 0], 96, last4]

function kindOfIpv4(bytes: readonly number[]): AddressKind {
  return ipv4Ranges.find(([prefix, bits]) => startsWith(bytes, prefix, bits, 8))?.[2] ?? 'public'
}

/** The IPv4 addresses that an IPv6 one may lead to. */
export function ipv4sWithin(ip: string): readonly string[] {
  const words = isIP(ip) === 6 ? wordsOfIpv6(ip) : undefined
  const embedding = words && embeddings.find(([prefix, bits]) => startsWith(words, prefix, bits, 16))
  if (words === undefined || embedding === undefined) return []
  return readingsOf(words, embedding).map(bytes => bytes.join('.'))
}

function readingsOf(words: readonly number[], [, , places]: Embedding): readonly (readonly number[])[] {
  const bytes = words.flatMap(word => [word >> 8, word & 0xff])
  return places.map(four => four.map(place => bytes[place] ?? 0))
}

function kindOfIpv6(words: readonly number[]): AddressKind {
  const own = ipv6Ranges.find(([prefix, bits]) => startsWith(words, prefix, bits, 16))?.[2]
  const known = own === 'loopback' ? embeddings : [...embeddings, compatible]
  const embedding = known.find(([prefix, bits]) => startsWith(words, prefix, bits, 16))
  if (embedding === undefined) return own ?? 'reserved'
  const readings = readingsOf(words, embedding)
  // The bytes around the address are zero: read as one, they are an address that nobody means, unless it is the only one.
  const meant = readings.filter(([first]) => first !== 0)
  return worstOf((meant.length > 0 ? meant : readings).map(kindOfIpv4))
}

const fromWorst: readonly AddressKind[] = ['metadata', 'link-local', 'loopback', 'private', 'public']

function worstOf(kinds: readonly AddressKind[]): AddressKind {
  return fromWorst.find(kind => kinds.includes(kind)) ?? 'reserved'
}

function startsWith(
  parts: readonly number[],
  prefix: readonly number[],
  bits: number,
  width: number,
): boolean {
  for (let index = 0, left = bits; left > 0; index += 1, left -= width) {
    const ignored = Math.max(0, width - left)
    if ((parts[index] ?? 0) >> ignored !== (prefix[index] ?? 0) >> ignored) return false
  }
  return true
}

function bytesOfIpv4(ip: string): readonly number[] {
  return ip.split('.').map(Number)
}

function wordsOfIpv6(ip: string): readonly number[] | undefined {
  // A zone (`%eth0`) does not change what the address is; the URL parser gives the rest one form.
  const normal = URL.parse(`http://[${ip.replace(/%.*$/, '')}]/`)?.hostname.slice(1, -1)
  if (normal === undefined) return undefined
  const [head = '', tail] = normal.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].map(word => Number.parseInt(word, 16))
}
