// Git LFS: a batch answer tells the client where objects are and which headers to send there. Some servers repeat the
// request's own Authorization in it, which is the injected one. Spec: proxy.md, "What comes back".
import { ConnectorsError } from '../connector/errors.ts'
import { findHeader, type HeaderList } from './http1/headers.ts'
import { carriesTrace, type ReturnPath, rewriteLocation } from './response.ts'

/** Clients ask for 100 objects at once, of about 1 KiB each. */
export const maxBatchBytes = 2 * 1024 * 1024

export function isLfsBatch(method: string, path: string): boolean {
  return method === 'POST' && path.endsWith('/info/lfs/objects/batch')
}

export function isLfsAnswer(headers: HeaderList): boolean {
  const type = findHeader(headers, 'content-type') ?? ''
  return /^\s*application\/(?:vnd\.git-lfs\+)?json\s*(?:;|$)/i.test(type)
}

/** The answer's headers as they fit the rewritten body. */
export function lfsAnswerHeaders(headers: HeaderList): HeaderList {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if (!/^(?:content-md5|digest|etag|trailer|connection|keep-alive|transfer-encoding)$/i.test(name)) {
      kept.push(name, headers[at + 1] as string)
    }
  }
  return kept
}

/** Throws UNAVAILABLE for what cannot be read, or would carry the credential still. */
export function rewriteLfsBatch(body: Buffer, headers: HeaderList, way: ReturnPath): string {
  const encoding = findHeader(headers, 'content-encoding') ?? 'identity'
  if (encoding.trim().toLowerCase() !== 'identity')
    throw refused('it is encoded without having been asked for')
  let batch: unknown
  try {
    batch = JSON.parse(body.toString('utf8'))
  } catch {
    throw refused('it is not JSON')
  }
  if (isRecord(batch) && Array.isArray(batch['objects'])) {
    for (const object of batch['objects']) if (isRecord(object)) rewriteObject(object, way)
  }
  if (holdsTrace(batch, way.traces)) throw refused("it repeats the Connector's credential")
  return JSON.stringify(batch)
}

type Fields = Record<string, unknown>

function rewriteObject(object: Fields, way: ReturnPath): void {
  // `_links` is the older spelling of `actions`.
  for (const actions of [object['actions'], object['_links']]) {
    if (!isRecord(actions)) continue
    for (const action of Object.values(actions)) {
      if (!isRecord(action) || typeof action['href'] !== 'string') continue
      const href = rewriteLocation(action['href'], way)
      const isOurs = href !== action['href']
      action['href'] = href
      dropHeaders(action, isOurs, way)
      // Otherwise the client would send the transfer without its own token.
      if (isOurs) delete object['authenticated']
    }
  }
}

function dropHeaders(action: Fields, isOurs: boolean, { traces }: ReturnPath): void {
  const headers = action['header']
  if (!isRecord(headers)) return
  for (const [name, value] of Object.entries(headers)) {
    const isTaken = isOurs && name.toLowerCase() === 'authorization'
    if (isTaken || holdsTrace(value, traces) || carriesTrace(name, traces)) delete headers[name]
  }
}

function holdsTrace(value: unknown, traces: readonly string[]): boolean {
  if (typeof value === 'string') return carriesTrace(value, traces)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([name, inner]) => carriesTrace(name, traces) || holdsTrace(inner, traces),
  )
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(why: string): ConnectorsError {
  return new ConnectorsError(
    'UNAVAILABLE',
    'LfsAnswerRefused',
    `Cannot pass the tool's Git LFS answer on: ${why}`,
  )
}
