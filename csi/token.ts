// The ServiceAccount token that kubelet sends with a volume. Spec: csi.md, "Publish" step 3.
import { ConnectorsError } from '../connector/errors.ts'
import { Sensitive } from '../connector/sensitive.ts'
import type { NodePublishVolumeRequest } from './grpc/protocol.ts'

export type KubeletToken = {
  readonly value: Sensitive
  /** As the token itself says, unverified: it orders tokens and decides nothing else. Undefined where it is no JWT. */
  readonly lifetime: TokenLifetime | undefined
}

/** Seconds since the epoch. */
export type TokenLifetime = { readonly issuedAt: number; readonly expiresAt: number }

const tokensKey = 'csi.storage.k8s.io/serviceAccount.tokens'

/** From the secrets, where the cluster sends tokens there, else from the volume's context. */
export function parseToken(
  { volumeContext, secrets }: Pick<NodePublishVolumeRequest, 'volumeContext' | 'secrets'>,
  audience: string,
): KubeletToken {
  const refuse = (why: string) =>
    new ConnectorsError(
      'PRECONDITION',
      'TokenMissing',
      `Cannot publish a volume without a token for audience "${audience}": ${why}`,
    )
  const text = secrets[tokensKey] || volumeContext[tokensKey]
  if (!text) throw refuse('the CSIDriver object "connectors-csi" lacks tokenRequests')
  // The parser's words would quote a token.
  const byAudience = parseJson(text)
  if (byAudience === undefined) throw refuse('what kubelet sent is not JSON')
  const token = member(member(byAudience, audience), 'token')
  if (typeof token !== 'string' || token === '') {
    throw refuse('the tokenRequests of the CSIDriver object "connectors-csi" do not name it')
  }
  if (!/^[\x21-\x7e]{1,16384}$/.test(token)) throw refuse('what kubelet sent is no token')
  return { value: new Sensitive(token), lifetime: lifetimeOf(token) }
}

function lifetimeOf(token: string): TokenLifetime | undefined {
  const claims = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const issuedAt = member(claims, 'iat')
  const expiresAt = member(claims, 'exp')
  return isTime(issuedAt) && isTime(expiresAt) ? { issuedAt, expiresAt } : undefined
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}
