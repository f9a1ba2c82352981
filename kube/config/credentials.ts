// Who we are to the API server: nothing, a fixed token, a token file that kubelet renews, or a certificate.
import { readFile } from 'node:fs/promises'
import { ConnectorsError } from '../../connector/errors.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import type { Clock } from '../../runtime/clock.ts'

export interface Credentials {
  readonly clientCertificate?: { readonly cert: string; readonly key: Sensitive }
  /** The Authorization header, the same object while it is unchanged; `fresh` reads its file anew (after a 401). */
  authorization(options: { readonly fresh: boolean }): Promise<Sensitive | undefined>
}

export const anonymous: Credentials = { authorization: async () => undefined }

export function tokenCredentials(token: Sensitive): Credentials {
  const header = new Sensitive(`Bearer ${token.reveal()}`)
  return { authorization: async () => header }
}

/** Whether a header may carry it. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text)
}

// kubelet renews a bound token when 80 % of its life has passed: reading it every 10 s is early enough.
const rereadMs = 10_000

export function tokenFileCredentials(file: string, { clock }: { readonly clock: Clock }): Credentials {
  let header: Sensitive | undefined
  let readAtMs = 0
  return {
    async authorization({ fresh }) {
      if (header !== undefined && !fresh && clock.monotonicMs() - readAtMs < rereadMs) return header
      const value = `Bearer ${await readToken(file)}`
      readAtMs = clock.monotonicMs()
      if (header?.reveal() !== value) header = new Sensitive(value)
      return header
    },
  }
}

async function readToken(file: string): Promise<string> {
  const problem = (current: string, cause?: unknown) =>
    new ConnectorsError(
      'UNAVAILABLE',
      'TokenFileUnreadable',
      `Cannot read token file "${file}": ${current}`,
      {
        cause,
      },
    )
  let text: string
  try {
    text = (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw problem((error as NodeJS.ErrnoException).code ?? 'unreadable', error)
  }
  // The value itself never shows in the message.
  if (!isToken(text)) throw problem('it does not hold one token')
  return text
}
