// What both sources of configuration are made of: a server's URL, files and certificates, checked.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { ConnectorsError } from '../../connector/errors.ts'

/** Throws INVALID for what must not see a token. */
export function parseServer(server: string): URL {
  const url = URL.parse(server)
  const loopback = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
  // Plain HTTP would show the token to the network; a local `kubectl proxy` is the one use of it.
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
    throw new ConnectorsError(
      'INVALID',
      'KubeConfigInvalid',
      `Cannot use "${url?.host ?? server}" as API server: an https URL is needed`,
    )
  }
  return url
}

export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new ConnectorsError('PRECONDITION', 'KubeConfigUnreadable', `Cannot read file "${path}": ${code}`, {
      cause: error,
    })
  }
}

/** The same text. Node takes one without a certificate, and trusts nobody then. `source`: `file "ca.crt"`. */
export function parseAuthority(pem: string, source: string): string {
  try {
    new X509Certificate(pem)
  } catch (error) {
    throw unusable(source, 'its certificate authority holds no PEM certificate', error)
  }
  return pem
}

/** Throws INVALID for what no connection could be made with. */
export function checkClientCertificate(
  pair: { readonly cert: string; readonly key: string },
  source: string,
): void {
  try {
    createSecureContext(pair)
  } catch (error) {
    throw unusable(source, 'client-certificate and client-key are no PEM certificate and its key', error)
  }
}

function unusable(source: string, why: string, cause: unknown): ConnectorsError {
  return new ConnectorsError('INVALID', 'KubeConfigInvalid', `Cannot use ${source}: ${why}`, { cause })
}
