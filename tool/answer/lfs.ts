// Git LFS: an answer tells the client where objects are and which headers to send there. Some servers repeat the
// request's own Authorization in it, which is the injected one. Spec: proxy.md, "What comes back".
import { ConnectorsError } from '../../connector/errors.ts'
import { type ReturnPath, rewriteLocation } from './headers.ts'
import { carriesTrace } from './traces.ts'

/** Clients ask for 100 objects at once, of about 1 KiB each. */
export const maxLfsAnswerBytes = 2 * 1024 * 1024

/** What is nested deeper is not an answer of an LFS server. */
const maxDepth = 32

export type LfsAnswer = { readonly json: unknown } | { readonly problem: string }

export function parseLfsAnswer(text: string): LfsAnswer {
  if (isDeeperThan(maxDepth, text)) return { problem: 'it is nested too deep' }
  try {
    return { json: JSON.parse(text) }
  } catch {
    return { problem: 'it is not JSON' }
  }
}

/**
 * The answer so that transfers come back through the proxy, with their own token; undefined if it is fit as it is.
 * Throws UNAVAILABLE for what would carry the credential still.
 */
export function rewriteLfsAnswer(answer: unknown, way: ReturnPath): string | undefined {
  let isChanged = false
  for (const object of objectsOf(answer)) isChanged = rewriteObject(object, way) || isChanged
  if (holdsTrace(answer, way.traces.texts)) throw lfsRefused("it repeats the Connector's credential")
  return isChanged ? JSON.stringify(answer) : undefined
}

type Fields = Record<string, unknown>

/** A batch has many, the older API answers with one. */
function objectsOf(answer: unknown): readonly Fields[] {
  if (!isRecord(answer)) return []
  const { objects } = answer
  return [answer, ...(Array.isArray(objects) ? objects.filter(isRecord) : [])]
}

/** Whether anything was changed. */
function rewriteObject(object: Fields, way: ReturnPath): boolean {
  let isChanged = false
  // `_links` is the older spelling of `actions`.
  for (const actions of [object['actions'], object['_links']]) {
    if (!isRecord(actions)) continue
    for (const action of Object.values(actions)) {
      if (!isRecord(action) || typeof action['href'] !== 'string') continue
      const href = rewriteLocation(action['href'], way)
      const isOurs = href !== action['href']
      action['href'] = href
      const isDropped = dropHeaders(action, isOurs, way)
      // Otherwise the client would send the transfer without its own token.
      if (isOurs) delete object['authenticated']
      isChanged ||= isOurs || isDropped
    }
  }
  return isChanged
}

function dropHeaders(action: Fields, isOurs: boolean, { traces }: ReturnPath): boolean {
  const headers = action['header']
  if (!isRecord(headers)) return false
  let isDropped = false
  for (const [name, value] of Object.entries(headers)) {
    const isTaken = isOurs && name.toLowerCase() === 'authorization'
    if (isTaken || holdsTrace(value, traces.texts) || carriesTrace(name, traces.texts)) {
      isDropped = true
      delete headers[name]
    }
  }
  return isDropped
}

function holdsTrace(value: unknown, texts: readonly string[]): boolean {
  if (typeof value === 'string') return carriesTrace(value, texts)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, inner]) => carriesTrace(name, texts) || holdsTrace(inner, texts))
}

/** Asked before it is parsed: a text made to be deep would use up the stack of whoever walks it. */
function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0
  let isString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isString) {
      if (code === 0x5c) at++
      else if (code === 0x22) isString = false
    } else if (code === 0x22) isString = true
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true
    } else if (code === 0x5d || code === 0x7d) depth--
  }
  return false
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function lfsRefused(why: string): ConnectorsError {
  return new ConnectorsError(
    'UNAVAILABLE',
    'LfsAnswerRefused',
    `Cannot pass the tool's Git LFS answer on: ${why}`,
  )
}
