// inject: what a request gets in the credential's place. Spec: proxy.md, "Injection".
import type { Credential } from './credential.ts'
import { ConnectorsError } from './errors.ts'
import { Sensitive } from './sensitive.ts'

export type InjectedHeader = { readonly name: string; readonly value: Sensitive }

/** Only the proxy sets these. */
const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'private-token',
])

/**
 * Whether a client may never send a header of this name (lower case) to a tool itself. CGI, WSGI and Rack make one
 * variable of a dash and an underscore. `X-Remote-*` is how an authenticating proxy tells a tool who somebody is.
 */
export function isCredentialHeader(name: string): boolean {
  const dashed = name.includes('_') ? name.replaceAll('_', '-') : name
  return credentialHeaders.has(dashed) || dashed.startsWith('x-remote-')
}

/** The headers that carry the credential; none for a Connector without one. */
export function injectedHeaders(credential: Credential | undefined): readonly InjectedHeader[] {
  if (credential === undefined) return []
  switch (credential.secretType) {
    case 'kubernetes.io/basic-auth':
      return [{ name: 'Authorization', value: basic(credential) }]
    case 'connectors.cpaas.io/bearer-token':
      return [{ name: 'Authorization', value: bearer(credential) }]
    default:
      throw new ConnectorsError(
        'UNSUPPORTED',
        'InjectionUnsupported',
        `Cannot inject a credential of type "${credential.secretType}": no way to put it on a request is known`,
      )
  }
}

function basic(credential: Credential): Sensitive {
  const username = secretValue(credential, 'username')
  // RFC 7617: the first colon ends the user name.
  if (username.includes(':')) throw unfit("the Secret's username holds a colon")
  const pair = `${username}:${secretValue(credential, 'password')}`
  // Encoded they would pass; a tool that decodes them reads more than one line.
  if (/[\r\n\0]/.test(pair)) throw unfit("the Secret's value holds a line break or a NUL")
  return new Sensitive(`Basic ${base64FromText(pair)}`)
}

function bearer(credential: Credential): Sensitive {
  const token = secretValue(credential, 'token').trim()
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw unfit("the Secret's token is empty, or holds a space, a control or a non-ASCII character")
  }
  return new Sensitive(`Bearer ${token}`)
}

function secretValue(credential: Credential, key: string): string {
  return credential.values.get(key)?.reveal() ?? ''
}

function unfit(why: string): ConnectorsError {
  return new ConnectorsError(
    'PRECONDITION',
    'CredentialInvalid',
    `Cannot inject header "Authorization": ${why}`,
  )
}

function base64FromText(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), byte => String.fromCharCode(byte)).join(''))
}
