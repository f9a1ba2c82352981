// What a set of files was rendered from. It stands in the set's name, so that a refresh knows whether anything that it
// depends on has changed: the bytes do not tell, for a template may print the time.
import { createHash } from 'node:crypto'
import type { UnsealedVolume } from './collect.ts'
import type { KubeletToken, TokenLifetime } from './token.ts'

export type RenderFingerprint = {
  readonly lifetime: TokenLifetime | undefined
  /** Of the objects, the attributes, the token, and the driver that rendered them. */
  readonly digest: string
}

export function fingerprintOf(
  token: KubeletToken,
  volume: UnsealedVolume,
  options: {
    readonly fileMode: number
    readonly version: string
    /** Of the key that the tokens are sealed with: sealing itself never gives the same bytes twice. */
    readonly sealedBy: string | undefined
  },
): RenderFingerprint {
  const { connectors, configurationNames, excludedFiles, parameters, context } = volume
  const { namespace, serviceAccount, pod } = context
  const { fileMode, version, sealedBy } = options
  const all = [
    [version, fileMode, sealedBy, token.value.reveal(), namespace, serviceAccount, pod],
    [configurationNames, [...excludedFiles], parameters, connectors],
  ]
  const digest = createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 32)
  return { lifetime: token.lifetime, digest }
}

/** Letters, digits and dashes. */
export function formatFingerprint({ lifetime, digest }: RenderFingerprint): string {
  return lifetime === undefined ? digest : `${digest}-${lifetime.issuedAt}-${lifetime.expiresAt}`
}

export function parseFingerprint(text: string): RenderFingerprint {
  const [digest = '', issuedAt, expiresAt] = text.split('-')
  const isLimited = issuedAt !== undefined && expiresAt !== undefined
  return {
    digest,
    lifetime: isLimited ? { issuedAt: Number(issuedAt), expiresAt: Number(expiresAt) } : undefined,
  }
}

/** Whether the request brings an older token than the files hold, which is still good: it came late. */
export function isOutdated(
  offered: RenderFingerprint,
  held: RenderFingerprint,
  { nowMs }: { readonly nowMs: number },
): boolean {
  if (offered.lifetime === undefined || held.lifetime === undefined) return false
  return offered.lifetime.issuedAt < held.lifetime.issuedAt && nowMs < held.lifetime.expiresAt * 1000
}
