// ServiceAccount tokens: signed JWTs that end with their time, their ServiceAccount or the object they are bound to.
import { type CryptoKey, jwtVerify, SignJWT } from 'jose'
import type { Clock } from '../runtime/clock.ts'
import { type Fields, fieldsOf, type KubeObject, timestamp } from './object.ts'
import type { Store } from './store.ts'
import { serviceAccountUser, type User } from './user.ts'

export const tokenIssuer = 'https://kubernetes.default.svc.cluster.local'

export interface TokenKeys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

export interface BoundObject {
  readonly kind: 'Pod' | 'Secret'
  readonly object: KubeObject
}

export type Verification =
  | { readonly user: User; readonly audiences: readonly string[] }
  | { readonly problem: string }

/** Why the token was refused; shown in a TokenReview, so it says nothing of the token's content. */
class TokenRefused extends Error {}

export class Tokens {
  readonly #keys: TokenKeys
  readonly #store: Store
  readonly #clock: Pick<Clock, 'now'>

  constructor({ keys, store, clock }: { keys: TokenKeys; store: Store; clock: Pick<Clock, 'now'> }) {
    this.#keys = keys
    this.#store = store
    this.#clock = clock
  }

  async issue(
    account: KubeObject,
    options: {
      readonly audiences: readonly string[]
      readonly expirationSeconds: number
      readonly bound?: BoundObject
    },
  ): Promise<{ token: string; expirationTimestamp: string }> {
    const issuedAt = Math.floor(this.#clock.now() / 1000)
    const expiresAt = issuedAt + options.expirationSeconds
    const { name, namespace = '', uid } = account.metadata
    const claims: Fields = { namespace, serviceaccount: { name, uid } }
    const { bound } = options
    if (bound !== undefined) {
      const { metadata } = bound.object
      claims[bound.kind.toLowerCase()] = { name: metadata.name, uid: metadata.uid }
      const nodeName = fieldsOf(bound.object['spec'])['nodeName']
      if (bound.kind === 'Pod' && nodeName !== undefined) claims['node'] = { name: nodeName }
    }
    const token = await new SignJWT({ 'kubernetes.io': claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'standalone' })
      .setIssuer(tokenIssuer)
      .setSubject(`system:serviceaccount:${namespace}:${name}`)
      .setAudience([...options.audiences])
      .setJti(crypto.randomUUID())
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#keys.privateKey)
    return { token, expirationTimestamp: timestamp(expiresAt * 1000) }
  }

  /** Whose the token is, when it is for one of the audiences and all that it is bound to is still there. */
  async verify(token: string, audiences: readonly string[]): Promise<Verification> {
    try {
      const { payload } = await jwtVerify(token, this.#keys.publicKey, {
        issuer: tokenIssuer,
        algorithms: ['ES256'],
        currentDate: new Date(this.#clock.now()),
      })
      const accepted = [payload.aud ?? []].flat().filter(audience => audiences.includes(audience))
      if (accepted.length === 0) throw new TokenRefused(`token audiences are not among the requested ones`)
      return { user: this.#userOf(fieldsOf(payload['kubernetes.io']), payload.jti), audiences: accepted }
    } catch (error) {
      return { problem: error instanceof TokenRefused ? error.message : 'invalid bearer token' }
    }
  }

  #userOf(claims: Fields, jti: string | undefined): User {
    const namespace = String(claims['namespace'])
    const account = this.#find('serviceaccounts', namespace, fieldsOf(claims['serviceaccount']))
    const extra: { [key: string]: string[] } = {}
    if (jti !== undefined) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${jti}`]
    const pod = fieldsOf(claims['pod'])
    if (claims['pod'] !== undefined) {
      const { metadata } = this.#find('pods', namespace, pod)
      extra['authentication.kubernetes.io/pod-name'] = [metadata.name]
      extra['authentication.kubernetes.io/pod-uid'] = [metadata.uid]
    }
    const node = fieldsOf(claims['node'])['name']
    if (node !== undefined) extra['authentication.kubernetes.io/node-name'] = [String(node)]
    if (claims['secret'] !== undefined) this.#find('secrets', namespace, fieldsOf(claims['secret']))
    return { ...serviceAccountUser(namespace, account.metadata.name), uid: account.metadata.uid, extra }
  }

  #find(resource: string, namespace: string, { name, uid }: Fields): KubeObject {
    const object = this.#store.get(resource, namespace, String(name))
    if (object?.metadata.uid !== uid || object === undefined) {
      throw new TokenRefused('service account token has been invalidated')
    }
    return object
  }
}
