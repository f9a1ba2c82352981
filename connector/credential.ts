// Credentials: what a Secret must hold for an auth type, and the credential read out of it.
// Spec: resources.md, "secretType"; the reasons are those of the SecretReady condition.
import type { AuthType, ConnectorClass } from './connector-class.ts'
import { ConnectorsError } from './errors.ts'
import type { Secret } from './object.ts'
import { Sensitive } from './sensitive.ts'

export type Credential = {
  /** The Secret's type, as the auth type spells it. */
  readonly secretType: string
  readonly values: ReadonlyMap<string, Sensitive>
}

const fixedKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/basic-auth': ['username', 'password'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'connectors.cpaas.io/bearer-token': ['token'],
  'cpaas.io/distribution-registry-token': ['username', 'password'],
  'connectors.cpaas.io/gitlab-pat-auth': ['token'],
}

/** Kubernetes spells it `Opaque`; manifests of the reference product also write `kubernetes.io/opaque`. */
export function normalSecretType(type: string | undefined): string {
  if (type === undefined || type === '') return 'Opaque'
  const lower = type.toLowerCase()
  return lower === 'opaque' || lower === 'kubernetes.io/opaque' ? 'Opaque' : type
}

/** The types of Secrets that the classes' Connectors can use, as Secrets spell them. */
export function watchedSecretTypes(classes: readonly ConnectorClass[]): ReadonlySet<string> {
  const types = classes.flatMap(item => item.spec.auth?.types ?? [])
  return new Set(types.map(type => normalSecretType(type.secretType)))
}

export function hasFixedKeys(secretType: string): boolean {
  return Object.hasOwn(fixedKeys, secretType)
}

export function requiredSecretKeys(authType: AuthType): readonly string[] {
  const fixed = fixedKeys[normalSecretType(authType.secretType)]
  if (fixed !== undefined) return fixed
  return (authType.params ?? []).filter(param => param.default === undefined).map(param => param.name)
}

/** The credential in a Secret, or why there is none: SecretTypeMismatch, SecretKeyMissing. */
export function parseCredential(secret: Secret, authType: AuthType): Credential {
  const wanted = normalSecretType(authType.secretType)
  const { name } = secret.metadata
  const refuse = (reason: string, current: string) =>
    new ConnectorsError('PRECONDITION', reason, `Cannot use Secret "${name}" as ${authType.name}: ${current}`)
  if (authType.secretType !== undefined && normalSecretType(secret.type) !== wanted) {
    throw refuse('SecretTypeMismatch', `its type is ${normalSecretType(secret.type)}, it must be ${wanted}`)
  }
  const missing = requiredSecretKeys(authType).filter(key => secret.data?.[key] === undefined)
  if (missing.length > 0) throw refuse('SecretKeyMissing', `it lacks the key ${missing.join(', ')}`)

  const values = new Map<string, Sensitive>()
  for (const param of authType.params ?? []) {
    if (typeof param.default === 'string') values.set(param.name, new Sensitive(param.default))
  }
  for (const [key, base64] of Object.entries(secret.data ?? {})) {
    values.set(key, new Sensitive(textFromBase64(base64)))
  }
  return { secretType: wanted, values }
}

function textFromBase64(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}
