// inject: what a request gets in the credential's place. Spec: proxy.md, "Injection".
import type { Credential } from './credential.ts'
import { ConnectorsError } from './errors.ts'
import { Sensitive } from './sensitive.ts'

export type InjectedHeader = { readonly name: string; readonly value: Sensitive }

/** Names (lower case) that a client may never send to a tool itself: what stands there is ours or nobody's. */
export const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'private-token',
])

/** The headers that carry the credential; none for a Connector without one. */
export function injectedHeaders(credential: Credential | undefined): readonly InjectedHeader[] {
  if (credential === undefined) return []
  switch (credential.secretType) {
    case 'kubernetes.io/basic-auth': {
      const pair = `${secretValue(credential, 'username')}:${secretValue(credential, 'password')}`
      return [header('Authorization', `Basic ${base64FromText(pair)}`)]
    }
    case 'connectors.cpaas.io/bearer-token':
      return [header('Authorization', `Bearer ${secretValue(credential, 'token').trim()}`)]
    default:
      throw new ConnectorsError(
        'UNSUPPORTED',
        'InjectionUnsupported',
        `Cannot inject a credential of type "${credential.secretType}": no way to put it on a request is known`,
      )
  }
}

function secretValue(credential: Credential, key: string): string {
  return credential.values.get(key)?.reveal() ?? ''
}

function header(name: string, value: string): InjectedHeader {
  if (/[\r\n\0]/.test(value)) {
    throw new ConnectorsError(
      'PRECONDITION',
      'CredentialInvalid',
      `Cannot inject header "${name}": the Secret's value holds a line break or a NUL`,
    )
  }
  return { name, value: new Sensitive(value) }
}

function base64FromText(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
