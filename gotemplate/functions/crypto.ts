// Keys, certificates, passwords and ciphers. Not for templates that one does not trust with making keys.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto'
import { encodeBase64 as encodeBcryptBase64, hashSync } from 'bcryptjs'
import { byteLength, bytesOf, textOf } from '../bytes.ts'
import { printed } from '../format/print.ts'
import type { Call, FunctionMap, TemplateFunction } from '../function.ts'
import { define, FunctionError, int, list, of, string } from '../function.ts'
import { stringType, structType, uint32Type } from '../type.ts'
import { type Int, type List, Struct } from '../value.ts'
import {
  CertificateError,
  type CertifiedKey,
  createCertificate,
  decodePem,
  encodePrivateKey,
  generateRsaKey,
  parseCertificate,
  parsePrivateKey,
  reporting,
  type Signing,
} from './certificate.ts'
import { decodeBase64, encodeBase64 } from './encoding.ts'

function bytes(call: Call, size: number): Uint8Array {
  return call.random?.(size) ?? randomBytes(size)
}

const BCRYPT_COST = 10
const LONGEST_BCRYPT_PASSWORD = 72
/** What these cost in time, told in steps. */
const SLOW = 20_000

function bcrypt(call: Call, password: string): string {
  if (byteLength(password) > LONGEST_BCRYPT_PASSWORD) {
    return 'failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes'
  }
  call.steps(SLOW)
  const salt = encodeBcryptBase64(bytes(call, 16) as unknown as number[], 16)
  return hashSync(password.toWellFormed(), `$2a$${BCRYPT_COST}$${salt}`)
}

/** The Master Password algorithm: which kinds of characters each type's passwords are made of. */
const PASSWORD_TEMPLATES: ReadonlyMap<string, readonly string[]> = new Map([
  ['maximum', ['anoxxxxxxxxxxxxxxxxx', 'axxxxxxxxxxxxxxxxxno']],
  [
    'long',
    [
      ...['CvcvnoCvcvCvcv', 'CvcvCvcvnoCvcv', 'CvcvCvcvCvcvno', 'CvccnoCvcvCvcv', 'CvccCvcvnoCvcv'],
      ...['CvccCvcvCvcvno', 'CvcvnoCvccCvcv', 'CvcvCvccnoCvcv', 'CvcvCvccCvcvno', 'CvcvnoCvcvCvcc'],
      ...['CvcvCvcvnoCvcc', 'CvcvCvcvCvccno', 'CvccnoCvccCvcv', 'CvccCvccnoCvcv', 'CvccCvccCvcvno'],
      ...['CvcvnoCvccCvcc', 'CvcvCvccnoCvcc', 'CvcvCvccCvccno', 'CvccnoCvcvCvcc', 'CvccCvcvnoCvcc'],
      'CvccCvcvCvccno',
    ],
  ],
  ['medium', ['CvcnoCvc', 'CvcCvcno']],
  ['short', ['Cvcn']],
  ['basic', ['aaanaaan', 'aannaaan', 'aaannaaa']],
  ['pin', ['nnnn']],
])
const CONSONANTS = 'bcdfghjklmnpqrstvwxyz'
const PASSWORD_CHARACTERS: ReadonlyMap<string, string> = new Map([
  ['V', 'AEIOU'],
  ['C', CONSONANTS.toUpperCase()],
  ['v', 'aeiou'],
  ['c', CONSONANTS],
  ['a', `AEIOUaeiou${CONSONANTS.toUpperCase()}${CONSONANTS}`],
  ['n', '0123456789'],
  ['o', "@&%?,=[]_:-+*$#!'^~;()/."],
  ['x', `AEIOUaeiou${CONSONANTS.toUpperCase()}${CONSONANTS}0123456789!@#$%^&*()`],
])
const PASSWORD_SCOPE = 'com.lyndir.masterpassword'

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

interface PasswordRequest {
  readonly counter: number
  readonly type: string
  readonly password: string
  readonly user: string
  readonly site: string
}

function derivePassword(call: Call, { counter, type, password, user, site }: PasswordRequest): string {
  const templates = PASSWORD_TEMPLATES.get(type)
  if (templates === undefined) return `cannot find password template ${type}`
  call.steps(SLOW)
  const [userBytes, siteBytes] = [bytesOf(user), bytesOf(site)]
  const scope = Buffer.from(PASSWORD_SCOPE)
  const salt = Buffer.concat([scope, uint32(userBytes.length), userBytes])
  const key = scryptSync(bytesOf(password), salt, 64, { N: 32_768, r: 8, p: 2, maxmem: 64 * 1024 * 1024 })
  const message = Buffer.concat([scope, uint32(siteBytes.length), siteBytes, uint32(counter)])
  const seed = createHmac('sha256', key).update(message).digest()
  const template = templates[(seed[0] ?? 0) % templates.length] ?? ''
  return Array.from(template, (kind, i) => {
    const characters = PASSWORD_CHARACTERS.get(kind) ?? ''
    return characters[(seed[i + 1] ?? 0) % characters.length] ?? ''
  }).join('')
}

const AES_BLOCK = 16

function aesKey(password: string): Buffer {
  const key = Buffer.alloc(32)
  key.set(bytesOf(password).subarray(0, 32))
  return key
}

function encryptAes(call: Call, password: string, plain: string): string {
  if (plain === '') return ''
  call.steps(Math.ceil(plain.length / 16))
  call.allocate(plain.length * 2)
  const iv = bytes(call, AES_BLOCK)
  const cipher = createCipheriv('aes-256-cbc', aesKey(password), iv)
  return encodeBase64(Buffer.concat([iv, cipher.update(bytesOf(plain)), cipher.final()]))
}

function decryptAes(call: Call, password: string, encoded: string): string {
  if (encoded === '') return ''
  call.steps(Math.ceil(encoded.length / 16))
  const decoded = decodeBase64(encoded)
  if ('error' in decoded) throw new FunctionError(decoded.error)
  const size = decoded.bytes.length
  const capacity = Math.floor(byteLength(encoded) / 4) * 3
  if (capacity < AES_BLOCK) throw outOfBounds(`[:${AES_BLOCK}] with capacity ${capacity}`)
  if (size < AES_BLOCK) throw outOfBounds(`[${AES_BLOCK}:${size}]`)
  const body = decoded.bytes.subarray(AES_BLOCK)
  if (body.length % AES_BLOCK !== 0) throw new FunctionError('crypto/cipher: input not full blocks')
  if (body.length === 0) throw new FunctionError('runtime error: index out of range [-1]')
  const decipher = createDecipheriv('aes-256-cbc', aesKey(password), decoded.bytes.subarray(0, AES_BLOCK))
  decipher.setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(body), decipher.final()])
  const end = padded.length - (padded.at(-1) ?? 0)
  if (end < 0) throw outOfBounds(`[:${end}]`)
  return textOf(padded.subarray(0, end))
}

function outOfBounds(where: string): FunctionError {
  return new FunctionError(`runtime error: slice bounds out of range ${where}`)
}

const certificateType = structType('sprig.certificate', [
  { name: 'Cert', type: stringType },
  { name: 'Key', type: stringType },
])
const certificate = of<Struct>(certificateType)

function structFrom({ certificate: pem, key }: CertifiedKey): Struct {
  return new Struct(certificateType, [pem, key])
}

function certifiedKeyFrom({ fields: [pem, key] }: Struct): CertifiedKey {
  return {
    certificate: typeof pem === 'string' ? pem : '',
    key: typeof key === 'string' ? key : '',
  }
}

function texts(call: Call, values: List, complaint: (value: string) => string): string[] {
  return values.items().map(value => {
    if (typeof value === 'string') return value
    throw new CertificateError(complaint(printed(call, value)))
  })
}

interface Wanted {
  readonly commonName: string
  readonly addresses?: List
  readonly dnsNames?: List
  readonly validDays: number
  readonly keyPem?: string
  readonly authority?: Struct
}

function certify(call: Call, wanted: Wanted): Struct {
  call.steps(SLOW)
  return failing(() => {
    const { commonName, addresses, dnsNames, validDays, keyPem, authority } = wanted
    const key =
      keyPem === undefined ? undefined : reporting('parsing private key', () => parsePrivateKey(keyPem))
    const request = {
      commonName: commonName.toWellFormed(),
      validDays,
      isAuthority: addresses === undefined,
      addresses:
        addresses === undefined
          ? []
          : texts(call, addresses, value => `error parsing ip: ${value} is not a string`),
      dnsNames:
        dnsNames === undefined
          ? []
          : texts(call, dnsNames, value => `error processing alternate dns name: ${value} is not a string`),
    }
    const signing: Signing = { now: call.clock?.() ?? new Date(), serial: bytes(call, AES_BLOCK), key }
    const signed = authority === undefined ? signing : { ...signing, authority: certifiedKeyFrom(authority) }
    return structFrom(createCertificate(request, signed))
  })
}

/** Errors of certificates name the place and not what stood there, but for addresses. */
function failing<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new FunctionError(
      error.message,
      error.message.replace(/(?<=parsing ip|alternate dns name): .*/s, ''),
    )
  }
}

function buildCustomCertificate(certBase64: string, keyBase64: string): Struct {
  const cert = decodeBase64(certBase64)
  if ('error' in cert) throw new FunctionError('unable to decode base64 certificate')
  const key = decodeBase64(keyBase64)
  if ('error' in key) throw new FunctionError('unable to decode base64 private key')
  return failing(() => {
    const pem = textOf(cert.bytes)
    const block = decodePem(pem)
    if (block === undefined) throw new CertificateError('unable to decode certificate')
    reporting('error parsing certificate: decodedCert.Bytes', () => parseCertificate(block.bytes))
    reporting('error parsing private key', () => parsePrivateKey(textOf(key.bytes)))
    return structFrom({ certificate: pem, key: textOf(key.bytes) })
  })
}

const KEY_MAKERS: ReadonlyMap<string, () => KeyObject> = new Map([
  ['', () => generateRsaKey(4096)],
  ['rsa', () => generateRsaKey(4096)],
  ['dsa', () => generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey],
  ['ecdsa', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey],
  ['ed25519', () => generateKeyPairSync('ed25519').privateKey],
])

function generatePrivateKey(call: Call, type: string): string {
  call.steps(SLOW)
  const make = KEY_MAKERS.get(type)
  return make === undefined ? `Unknown type ${type}` : encodePrivateKey(make())
}

const functions: Readonly<Record<string, TemplateFunction>> = {
  bcrypt: define([string], bcrypt),
  htpasswd: define([string, string], (call, user, password) =>
    user.includes(':') ? `invalid username: ${user}` : `${user}:${bcrypt(call, password)}`,
  ),
  derivePassword: define(
    [of<Int>(uint32Type), string, string, string, string],
    (call, counter, type, password, user, site) =>
      derivePassword(call, { counter: Number(counter.value), type, password, user, site }),
  ),
  encryptAES: define([string, string], encryptAes),
  decryptAES: define([string, string], decryptAes),
  genPrivateKey: define([string], generatePrivateKey),
  buildCustomCert: define([string, string], (_, cert, key) => buildCustomCertificate(cert, key)),
  genCA: define([string, int], (call, commonName, validDays) => certify(call, { commonName, validDays })),
  genCAWithKey: define([string, int, string], (call, commonName, validDays, keyPem) =>
    certify(call, { commonName, validDays, keyPem }),
  ),
  genSelfSignedCert: define([string, list, list, int], (call, commonName, addresses, dnsNames, validDays) =>
    certify(call, { commonName, addresses, dnsNames, validDays }),
  ),
  genSelfSignedCertWithKey: define(
    [string, list, list, int, string],
    (call, commonName, addresses, dnsNames, validDays, keyPem) =>
      certify(call, { commonName, addresses, dnsNames, validDays, keyPem }),
  ),
  genSignedCert: define(
    [string, list, list, int, certificate],
    (call, commonName, addresses, dnsNames, validDays, authority) =>
      certify(call, { commonName, addresses, dnsNames, validDays, authority }),
  ),
  genSignedCertWithKey: define(
    [string, list, list, int, certificate, string],
    (call, commonName, addresses, dnsNames, validDays, authority, keyPem) =>
      certify(call, { commonName, addresses, dnsNames, validDays, authority, keyPem }),
  ),
}

export const cryptoFunctions: FunctionMap = new Map(Object.entries(functions))
