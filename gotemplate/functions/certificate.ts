// X.509 certificates and PEM keys with the contents that sprig gives them. Keys and signatures are Node's.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import * as der from './der.ts'
import { ipVersion } from './ip-address.ts'

/** What sprig returns as an error. */
export class CertificateError extends Error {}

export interface CertifiedKey {
  /** PEM. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  readonly addresses: readonly string[]
  readonly dnsNames: readonly string[]
  readonly validDays: number
  readonly isAuthority: boolean
}

export interface Signing {
  readonly now: Date
  /** 16 bytes. */
  readonly serial: Uint8Array
  /** Of the certificate; one for RSA is made if there is none. */
  readonly key: KeyObject | undefined
  /** Without it the certificate signs itself. */
  readonly authority?: CertifiedKey
}

export interface PemBlock {
  readonly type: string
  readonly bytes: Uint8Array
}

/** The first block of a PEM text. */
export function decodePem(text: string): PemBlock | undefined {
  const match = /-----BEGIN ([^\r\n-]*)-----\r?\n([A-Za-z0-9+/=\s]*?)-----END \1-----/.exec(text)
  return match === null ? undefined : { type: match[1] ?? '', bytes: Buffer.from(match[2] ?? '', 'base64') }
}

export function encodePem({ type, bytes }: PemBlock): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${type}-----\n${lines.map(line => `${line}\n`).join('')}-----END ${type}-----\n`
}

/** Throws a CertificateError. */
export function parsePrivateKey(pem: string): KeyObject {
  const block = decodePem(pem)
  if (block === undefined) throw new CertificateError('no PEM data in input')
  const kinds: Readonly<Record<string, readonly ['pkcs1' | 'sec1' | 'pkcs8', string]>> = {
    'PRIVATE KEY': ['pkcs8', 'decoding PEM as PKCS#8'],
    'RSA PRIVATE KEY': ['pkcs1', 'parsing RSA private key from PEM'],
    'EC PRIVATE KEY': ['sec1', 'parsing EC private key from PEM'],
  }
  const kind = kinds[block.type]
  if (kind === undefined && block.type !== 'DSA PRIVATE KEY') {
    throw new CertificateError(
      block.type.endsWith(' PRIVATE KEY')
        ? `invalid private key type ${block.type}`
        : `no private key data in PEM block of type ${block.type}`,
    )
  }
  try {
    if (kind === undefined) return createPrivateKey(encodePem(block))
    return createPrivateKey({ key: Buffer.from(block.bytes), format: 'der', type: kind[0] })
  } catch {
    throw new CertificateError(`${kind?.[1] ?? 'parsing DSA private key from PEM'}: asn1: structure error`)
  }
}

export function parseCertificate(bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch {
    throw new CertificateError('x509: malformed certificate')
  }
}

/** PEM in the oldest format each sort of key has, as sprig writes it. */
export function encodePrivateKey(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }) as string
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }) as string
  if (key.asymmetricKeyType !== 'dsa') return key.export({ type: 'pkcs8', format: 'pem' }) as string
  return encodePem({ type: 'DSA PRIVATE KEY', bytes: traditionalDsaKey(key) })
}

// version, p, q, g, y, x: the parameters and x are in PKCS#8, y in the public key.
function traditionalDsaKey(key: KeyObject): Uint8Array {
  const inside = (bytes: Uint8Array): der.Element[] =>
    der.readElements(der.readElements(bytes)[0]?.contents ?? bytes)
  const [, algorithm, secret] = inside(key.export({ type: 'pkcs8', format: 'der' }))
  const [, shown] = inside(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  const parameters = der.readElements(
    der.readElements(algorithm?.contents ?? new Uint8Array())[1]?.contents ?? new Uint8Array(),
  )
  return der.sequence(
    der.integer(Uint8Array.of(0)),
    ...parameters.map(parameter => parameter.whole),
    shown?.contents.subarray(1) ?? new Uint8Array(),
    secret?.contents ?? new Uint8Array(),
  )
}

export function generateRsaKey(bits: number): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
}

interface SignatureAlgorithm {
  readonly identifier: Uint8Array
  readonly digest: string | undefined
}

function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  const bare = (dotted: string): Uint8Array => der.sequence(der.objectIdentifier(dotted))
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return {
        identifier: der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), der.NULL),
        digest: 'sha256',
      }
    case 'ed25519':
      return { identifier: bare('1.3.101.112'), digest: undefined }
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve
      if (curve === 'secp384r1') return { identifier: bare('1.2.840.10045.4.3.3'), digest: 'sha384' }
      if (curve === 'secp521r1') return { identifier: bare('1.2.840.10045.4.3.4'), digest: 'sha512' }
      return { identifier: bare('1.2.840.10045.4.3.2'), digest: 'sha256' }
    }
    default:
      throw new CertificateError(
        'error creating certificate: x509: only RSA, ECDSA and Ed25519 keys supported',
      )
  }
}

/** Throws a CertificateError. */
export function createCertificate(request: CertificateRequest, signing: Signing): CertifiedKey {
  const addresses = request.addresses.map(addressBytes)
  const authority = signing.authority === undefined ? undefined : readAuthority(signing.authority)
  const key = signing.key ?? generateRsaKey(2048)
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const signer = authority?.key ?? key
  const { identifier, digest } = signatureAlgorithm(signer)
  const subject = nameOf(request.commonName)
  const issuer = authority?.subject ?? subject
  const end = new Date(signing.now.getTime() + request.validDays * 86_400_000)
  const details = {
    request,
    addresses,
    subjectKeyId: request.isAuthority ? keyIdentifier(publicKey) : undefined,
    authorityKeyId: Buffer.compare(issuer, subject) === 0 ? undefined : authority?.keyId,
  }
  const body = der.sequence(
    der.tagged(0, true, der.integer(Uint8Array.of(2))),
    der.integer(signing.serial),
    identifier,
    issuer,
    der.sequence(der.time(signing.now), der.time(end)),
    subject,
    publicKey,
    der.tagged(3, true, der.sequence(...extensions(details))),
  )
  const signature = sign(digest, body, signer)
  const certificate = der.sequence(body, identifier, der.bitString(signature))
  return { certificate: encodePem({ type: 'CERTIFICATE', bytes: certificate }), key: encodePrivateKey(key) }
}

function nameOf(commonName: string): Buffer {
  if (commonName === '') return der.sequence()
  return der.sequence(der.set(der.sequence(der.objectIdentifier('2.5.4.3'), der.directoryString(commonName))))
}

/** The first 20 bytes of SHA-256 over the key's bits, which Go takes since 1.25. */
function keyIdentifier(publicKey: Uint8Array): Uint8Array {
  const parts = der.readElements(der.readElements(publicKey)[0]?.contents ?? new Uint8Array())
  const bits = parts[1]?.contents.subarray(1) ?? new Uint8Array()
  return createHash('sha256').update(bits).digest().subarray(0, 20)
}

interface Authority {
  readonly key: KeyObject
  readonly subject: Uint8Array
  readonly keyId: Uint8Array | undefined
}

function readAuthority({ certificate, key }: CertifiedKey): Authority {
  const block = decodePem(certificate)
  if (block === undefined) throw new CertificateError('unable to decode certificate')
  const parsed = reporting('error parsing certificate: decodedSignerCert.Bytes', () =>
    parseCertificate(block.bytes),
  )
  const privateKey = reporting('error parsing private key', () => parsePrivateKey(key))
  if (!parsed.checkPrivateKey(privateKey)) {
    throw new CertificateError(
      "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey",
    )
  }
  const body = der.readElements(der.readElements(block.bytes)[0]?.contents ?? new Uint8Array())[0]
  const fields = der.readElements(body?.contents ?? new Uint8Array())
  const subject = fields[5]?.whole ?? new Uint8Array()
  return { key: privateKey, subject, keyId: subjectKeyId(fields.find(field => field.tag === 0xa3)) }
}

export function reporting<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CertificateError) throw new CertificateError(`${what}: ${error.message}`)
    throw error
  }
}

const SUBJECT_KEY_ID = der.objectIdentifier('2.5.29.14')

function subjectKeyId(extensionsField: der.Element | undefined): Uint8Array | undefined {
  const all = der.readElements(extensionsField?.contents ?? new Uint8Array())[0]
  for (const extension of der.readElements(all?.contents ?? new Uint8Array())) {
    const parts = der.readElements(extension.contents)
    if (parts[0] === undefined || Buffer.compare(parts[0].whole, SUBJECT_KEY_ID) !== 0) continue
    return der.readElements(parts.at(-1)?.contents ?? new Uint8Array())[0]?.contents
  }
  return undefined
}

interface ExtensionDetails {
  readonly request: CertificateRequest
  readonly addresses: readonly Uint8Array[]
  readonly subjectKeyId: Uint8Array | undefined
  readonly authorityKeyId: Uint8Array | undefined
}

function extensions({ request, addresses, subjectKeyId, authorityKeyId }: ExtensionDetails): Uint8Array[] {
  const extension = (dotted: string, isCritical: boolean, value: Uint8Array): Uint8Array =>
    der.sequence(der.objectIdentifier(dotted), ...(isCritical ? [der.TRUE] : []), der.octetString(value))
  // digitalSignature and keyEncipherment, and for an authority keyCertSign.
  const usage = request.isAuthority
    ? der.bitString(Uint8Array.of(0xa4), 2)
    : der.bitString(Uint8Array.of(0xa0), 5)
  const purposes = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'].map(der.objectIdentifier)
  const all = [
    extension('2.5.29.15', true, usage),
    extension('2.5.29.37', false, der.sequence(...purposes)),
    extension('2.5.29.19', true, request.isAuthority ? der.sequence(der.TRUE) : der.sequence()),
  ]
  if (subjectKeyId !== undefined) all.push(extension('2.5.29.14', false, der.octetString(subjectKeyId)))
  if (authorityKeyId !== undefined) {
    all.push(extension('2.5.29.35', false, der.sequence(der.tagged(0, false, authorityKeyId))))
  }
  const names = [
    ...request.dnsNames.map(name => der.tagged(2, false, Buffer.from(name))),
    ...addresses.map(address => der.tagged(7, false, address)),
  ]
  if (names.length > 0) all.push(extension('2.5.29.17', request.commonName === '', der.sequence(...names)))
  return all
}

function addressBytes(text: string): Uint8Array {
  const version = ipVersion(text)
  if (version === 4) return Uint8Array.from(text.split('.').map(Number))
  if (version === 0) throw new CertificateError(`error parsing ip: ${text}`)
  // A URL spells the address with digits only, four at most in each group.
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const front = groups(head)
  const back = groups(tail ?? '')
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length
  const all = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  return Buffer.from(all.map(group => group.padStart(4, '0')).join(''), 'hex')
}
