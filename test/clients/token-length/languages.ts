// Where programs in Go, Python and JavaScript keep a token.
import { join } from 'node:path'
import { type Carrier, distantUrl, netrc, type RunOptions, run, withUserInfo } from './carrier.ts'

const programs = join(import.meta.dirname, 'programs')

/** Of a URL, with a token or without. */
type Get = (options: RunOptions, url: string, token?: string) => ReturnType<typeof run>

const goGet: Get = (options, ...args) => run(['go-get', ...given(args)], options)

function given(args: readonly (string | undefined)[]): readonly string[] {
  return args.filter(arg => arg !== undefined)
}

function pythonGet(library: 'urllib' | 'requests'): Get {
  return (options, ...args) =>
    run(['/usr/bin/python3', join(programs, 'get.py'), library, ...given(args)], options)
}

function nodeGet(library: 'fetch' | 'http'): Get {
  return ({ env, ...options }, ...args) =>
    run([process.execPath, join(programs, 'get.ts'), library, ...given(args)], {
      ...options,
      env: { ...env, NODE_USE_ENV_PROXY: '1' },
    })
}

function inUrl(library: string, get: Get): Carrier {
  return {
    to: 'connector',
    place: `${library}: URL`,
    send: sending => get({ dir: sending.dir }, withUserInfo(sending)),
  }
}

function inHeader(library: string, get: Get): Carrier {
  return {
    to: 'connector',
    place: `${library}: header`,
    send: ({ dir, url, token }) => get({ dir }, url, token),
  }
}

function inProxyUrl(library: string, get: Get): Carrier {
  return {
    to: 'forward-proxy',
    place: `${library}: http_proxy`,
    send: sending => get({ dir: sending.dir, env: { http_proxy: withUserInfo(sending) } }, distantUrl),
  }
}

const urllib = pythonGet('urllib')
const requests = pythonGet('requests')
const fetchGet = nodeGet('fetch')
const httpGet = nodeGet('http')

export const goCarriers: readonly Carrier[] = [
  inUrl('net/http', goGet),
  inHeader('net/http', goGet),
  inProxyUrl('net/http', goGet),
]

export const pythonCarriers: readonly Carrier[] = [
  inHeader('urllib', urllib),
  inProxyUrl('urllib', urllib),
  inUrl('requests', requests),
  inHeader('requests', requests),
  inProxyUrl('requests', requests),
  {
    to: 'connector',
    place: 'requests: .netrc',
    send: sending => requests({ dir: sending.dir, files: { '.netrc': netrc(sending) } }, sending.url),
  },
]

/** A URL with user info is an error to fetch. */
export const nodeCarriers: readonly Carrier[] = [
  inHeader('fetch', fetchGet),
  inProxyUrl('fetch', fetchGet),
  inUrl('http', httpGet),
  inHeader('http', httpGet),
  inProxyUrl('http', httpGet),
]
