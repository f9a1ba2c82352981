// The keys of sealed tokens as the cluster keeps them: all private ones in a Secret for the proxy, the public one that
// is in use in a ConfigMap for whoever seals. Spec: access.md, "A volume's token is sealed".
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { ConnectorsError } from '../connector/errors.ts'
import { Sensitive } from '../connector/sensitive.ts'
import type { PublicJwk } from './sealed-token.ts'

/** In the system namespace. */
export const sealingSecretName = 'connectors-sealing-keys'
export const trustConfigMapName = 'connectors-trust'
export const sealingSecretType = 'connectors.cpaas.io/sealing-keys'
export const sealingKeysField = 'keys.json'
export const publicKeyField = 'sealing-key.json'

export type SealingKey = {
  readonly kid: string
  /** PKCS #8 in PEM. */
  readonly privatePem: Sensitive
  /** Milliseconds since the epoch. */
  readonly createdMs: number
  /** Undefined while nobody seals with it yet. */
  readonly publishedMs: number | undefined
}

export type PublicSealingKey = { readonly kid: string; readonly publicKey: KeyObject }

export function createSealingKey(nowMs: number): SealingKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privatePem = new Sensitive(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  return { kid: keyId(publicKey), privatePem, createdMs: nowMs, publishedMs: undefined }
}

/** A name of the key that its bytes give (RFC 7638), shortened: keys of one system are few. */
function keyId(publicKey: KeyObject): string {
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url').slice(0, 16)
}

/** The Secret's field, in plain text. */
export function formatSealingKeys(keys: readonly SealingKey[]): string {
  return JSON.stringify(keys.map(key => ({ ...key, privatePem: key.privatePem.reveal() })))
}

/** Throws INVALID for what is not as `formatSealingKeys` writes it; its words hold no key. */
export function parseSealingKeys(text: string): readonly SealingKey[] {
  const stored = parseJson(text)
  if (!Array.isArray(stored) || !stored.every(isStoredKey)) {
    throw invalid(`Secret "${sealingSecretName}"`, sealingKeysField)
  }
  return stored.map(({ kid, privatePem, createdMs, publishedMs }) => ({
    kid,
    privatePem: new Sensitive(privatePem),
    createdMs,
    publishedMs,
  }))
}

export function openingKey({ privatePem }: SealingKey): KeyObject {
  return createPrivateKey(privatePem.reveal())
}

/** The ConfigMap's field. */
export function formatPublicKey({ kid, privatePem }: SealingKey): string {
  const { kty, crv, x, y } = createPublicKey(privatePem.reveal()).export({ format: 'jwk' })
  return JSON.stringify({ kid, kty, crv, x, y })
}

/** Throws INVALID for what is not as `formatPublicKey` writes it. */
export function parsePublicKey(text: string): PublicSealingKey {
  const stored = parseJson(text) as (PublicJwk & { readonly kid?: unknown }) | undefined
  try {
    if (typeof stored?.kid === 'string') {
      return { kid: stored.kid, publicKey: createPublicKey({ key: stored, format: 'jwk' }) }
    }
  } catch {
    // Not a key: refused below.
  }
  throw invalid(`ConfigMap "${trustConfigMapName}"`, publicKeyField)
}

type StoredKey = Omit<SealingKey, 'privatePem'> & { readonly privatePem: string }

function isStoredKey(value: unknown): value is StoredKey {
  const { kid, privatePem, createdMs, publishedMs } = (value ?? {}) as Partial<StoredKey>
  const hasTimes = Number.isFinite(createdMs) && (publishedMs === undefined || Number.isFinite(publishedMs))
  return typeof kid === 'string' && typeof privatePem === 'string' && hasTimes && isPrivateKey(privatePem)
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyDetails?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function invalid(object: string, field: string): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'SealingKeysInvalid',
    `Cannot use ${object} for sealed tokens: its field "${field}" is not what the controller writes`,
  )
}
