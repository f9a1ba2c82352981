// What both sources of configuration are made of: a server's URL and files, checked.
import { readFile } from 'node:fs/promises'
import { ConnectorsError } from '../connector/errors.ts'

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
