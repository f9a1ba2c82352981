// What must stay the same over restarts, so that tokens and kubeconfigs stay good: the authority, the key
// that signs tokens, the administrator's token, the port.
import { constants } from 'node:fs'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { ConnectorsError } from '../connector/errors.ts'
import { createAuthority, type Pem } from '../pki/authority.ts'
import { openPrivateFile, replaceFile } from '../runtime/private-file.ts'
import type { TokenKeys } from './tokens.ts'

export interface Identity {
  readonly authority: Pem
  readonly tokenKeys: TokenKeys
  readonly adminToken: string
  /** 0 before the first start. */
  readonly port: number
  /** Remembers the port for the next start. */
  savePort(port: number): Promise<void>
}

interface Stored {
  readonly authority: Pem
  readonly tokenKey: { readonly private: JWK; readonly public: JWK }
  readonly adminToken: string
  readonly port: number
}

/** The directory is there. */
export async function loadIdentity(dataDir: string | undefined, nowMs: number): Promise<Identity> {
  const path = dataDir === undefined ? undefined : join(dataDir, 'identity.json')
  const stored = (path === undefined ? undefined : await readStored(path)) ?? (await createStored(nowMs))
  const save = async (identity: Stored) => {
    if (path === undefined) return
    await replaceFile(path, file => file.writeFile(`${JSON.stringify(identity, undefined, 2)}\n`))
  }
  await save(stored)
  return {
    authority: stored.authority,
    tokenKeys: {
      privateKey: (await importJWK(stored.tokenKey.private, 'ES256')) as CryptoKey,
      publicKey: (await importJWK(stored.tokenKey.public, 'ES256')) as CryptoKey,
    },
    adminToken: stored.adminToken,
    port: stored.port,
    savePort: port => save({ ...stored, port }),
  }
}

const authorityDays = 3650

async function createStored(nowMs: number): Promise<Stored> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return {
    authority: await createAuthority('connectors-standalone', { nowMs, days: authorityDays }),
    tokenKey: { private: await exportJWK(privateKey), public: await exportJWK(publicKey) },
    adminToken: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
    port: 0,
  }
}

async function readStored(path: string): Promise<Stored | undefined> {
  let text: string
  try {
    const file = await openPrivateFile(path, constants.O_RDONLY)
    text = await file.readFile('utf8').finally(() => file.close())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text) as Stored
  } catch {
    const message = `Cannot read "${path}" as the identity of the control plane: it is not JSON`
    throw new ConnectorsError('INTERNAL', 'IdentityDamaged', message)
  }
}
