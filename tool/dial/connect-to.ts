// Where a connection really goes when it is not where its name says, as in curl's --connect-to: for development
// set-ups and names that no DNS knows.
import { ConnectorsError } from '../../connector/errors.ts'
import { normalHost } from './guard.ts'

export type Endpoint = { readonly host: string; readonly port: number }

/** By `host:port` as a URL means it; certificates are still checked for the host that was asked for. */
export type ConnectTo = ReadonlyMap<string, Endpoint>

/** `entries` such as `git.example.com:443=127.0.0.1:8443`. */
export function parseConnectTo(entries: readonly string[]): ConnectTo {
  return new Map(
    entries.map(entry => {
      const ends = parseEntry(entry)
      if (ends !== undefined) return [endpointKey(ends.from), ends.to]
      throw new ConnectorsError(
        'INVALID',
        'ConnectToInvalid',
        `Cannot use "${entry}" as a connection's other end: it ${wanted}`,
      )
    }),
  )
}

const wanted = 'must be host:port=host:port'

/** What is wrong with entries, undefined for nothing. */
export function connectToProblem(entries: readonly string[]): string | undefined {
  return entries.every(entry => parseEntry(entry) !== undefined) ? undefined : wanted
}

function parseEntry(entry: string): { readonly from: Endpoint; readonly to: Endpoint } | undefined {
  const [from, to, ...rest] = entry.split('=').map(parseEndpoint)
  return from === undefined || to === undefined || rest.length > 0 ? undefined : { from, to }
}

export function endpointKey({ host, port }: Endpoint): string {
  return `${host}:${port}`
}

function parseEndpoint(text: string): Endpoint | undefined {
  const [, hostText = '', portText = ''] = /^(.+):(\d{1,5})$/.exec(text.trim()) ?? []
  const host = normalHost(hostText)
  const port = Number(portText)
  return host === undefined || port < 1 || port > 65535 ? undefined : { host, port }
}
