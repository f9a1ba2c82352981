// A sealed token: kubelet's token and the Connectors that it may be used for, for the proxy's eyes alone. A compact
// JWE (RFC 7516): ECDH-ES on P-256 with A256GCM. Spec: access.md, "A volume's token is sealed".
import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import { Sensitive } from '../connector/sensitive.ts'

export type SealContent = {
  /** A ServiceAccount token. */
  readonly token: Sensitive
  /** `namespace/name` of each Connector that it may be used for. */
  readonly connectors: ReadonlySet<string>
}

/** What stands outside of the encryption: orders seals and refuses early, never allows. Seconds since the epoch. */
export type SealHeader = {
  readonly kid: string
  readonly epk: PublicJwk
  readonly iat: number
  readonly exp: number
}

export type PublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

export type SealOptions = {
  readonly key: { readonly kid: string; readonly publicKey: KeyObject }
  /** Of the token, in seconds since the epoch. */
  readonly lifetime: { readonly issuedAt: number; readonly expiresAt: number }
}

/** Longer ones are not ours. */
export const maxSealLength = 4000

const algorithm = 'ECDH-ES'
const encryption = 'A256GCM'
const ivBytes = 12
const tagBytes = 16

export function sealToken(
  token: Sensitive,
  connectors: readonly ObjectKey[],
  { key, lifetime }: SealOptions,
): Sensitive {
  const ephemeral = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = ephemeral.publicKey.export({ format: 'jwk' })
  const header = headerText({
    kid: key.kid,
    epk: { kty: 'EC', crv: 'P-256', x, y },
    iat: lifetime.issuedAt,
    exp: lifetime.expiresAt,
  })
  const encodedHeader = Buffer.from(header).toString('base64url')
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: key.publicKey })
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', contentKey(shared), iv)
  cipher.setAAD(Buffer.from(encodedHeader))
  const content = JSON.stringify({ token: token.reveal(), connectors: connectors.map(objectKey) })
  const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()])
  const parts = [iv, sealed, cipher.getAuthTag()].map(part => part.toString('base64url'))
  return new Sensitive([encodedHeader, '', ...parts].join('.'))
}

/** Whether a token has the shape of a seal, whatever is in it. */
export function isSealed(token: string): boolean {
  return token.split('.', 5).length === 5
}

export type ParsedSeal = {
  readonly header: SealHeader
  readonly encodedHeader: string
  readonly iv: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

const base64url = /^[\w-]+$/

/** Undefined for what is not exactly as `sealToken` writes it. Costs no key operation. */
export function parseSeal(text: string): ParsedSeal | undefined {
  const [encodedHeader = '', encryptedKey, iv = '', ciphertext = '', tag = '', ...others] = text.split('.')
  const isShaped = encryptedKey === '' && others.length === 0 && text.length <= maxSealLength
  if (!isShaped || ![encodedHeader, iv, ciphertext, tag].every(part => base64url.test(part))) return undefined
  const header = parseHeader(Buffer.from(encodedHeader, 'base64url').toString())
  if (header === undefined) return undefined
  const parsed = {
    header,
    encodedHeader,
    iv: Buffer.from(iv, 'base64url'),
    ciphertext: Buffer.from(ciphertext, 'base64url'),
    tag: Buffer.from(tag, 'base64url'),
  }
  return parsed.iv.length === ivBytes && parsed.tag.length === tagBytes ? parsed : undefined
}

/** What is in it. Undefined for what was not sealed for this key, was changed since, or holds another seal. */
export function openSeal(seal: ParsedSeal, privateKey: KeyObject): SealContent | undefined {
  try {
    const publicKey = createPublicKey({ key: seal.header.epk, format: 'jwk' })
    const shared = diffieHellman({ privateKey, publicKey })
    const decipher = createDecipheriv('aes-256-gcm', contentKey(shared), seal.iv, { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(seal.encodedHeader))
    decipher.setAuthTag(seal.tag)
    const content = Buffer.concat([decipher.update(seal.ciphertext), decipher.final()])
    return parseContent(content.toString())
  } catch {
    // A point that is not on the curve, a tag that does not fit, content that is not ours.
    return undefined
  }
}

/** The one text of a header: what differs from it in any byte is not a seal of ours. */
function headerText({ kid, epk: { kty, crv, x, y }, iat, exp }: SealHeader): string {
  return JSON.stringify({ alg: algorithm, enc: encryption, kid, epk: { kty, crv, x, y }, iat, exp })
}

function parseHeader(text: string): SealHeader | undefined {
  let header: SealHeader
  try {
    header = JSON.parse(text)
    if (headerText(header) !== text) return undefined
  } catch {
    return undefined
  }
  const { kid, epk, iat, exp } = header
  const isWhole = [kid, epk.x, epk.y].every(part => typeof part === 'string') && [iat, exp].every(isTime)
  return isWhole && epk.kty === 'EC' && epk.crv === 'P-256' ? header : undefined
}

function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parseContent(text: string): SealContent | undefined {
  const { token, connectors } = JSON.parse(text) as { token?: unknown; connectors?: unknown }
  const isWhole = typeof token === 'string' && Array.isArray(connectors) && connectors.length > 0
  if (!isWhole || !connectors.every(key => typeof key === 'string') || isSealed(token)) return undefined
  return { token: new Sensitive(token), connectors: new Set(connectors) }
}

/** Concat KDF of RFC 7518, 4.6.2, for a key of 256 bits: one round of SHA-256. */
function contentKey(shared: Buffer): Buffer {
  const information = [lengthPrefixed(encryption), uint32(0), uint32(0), uint32(256)]
  return hash('sha256', Buffer.concat([uint32(1), shared, ...information]), 'buffer')
}

function lengthPrefixed(text: string): Buffer {
  return Buffer.concat([uint32(text.length), Buffer.from(text)])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
