// The request as the tool gets it: the client's headers less every credential, and the Connector's own put on.
// Spec: proxy.md, "Injection".
import { isCredentialHeader } from '../connector/inject.ts'
import type { HeaderList } from '../http/message/headers.ts'
import { forwardableHeaders, type IncomingRequest } from '../http/message/request.ts'
import { hopHeader } from './hop.ts'

/** Recognises the caller's own token in whatever a client sends. */
export type TokenSpellings = { areIn(text: string): boolean }

export type OutgoingOptions = {
  /** name, value, name, value, ... */
  readonly injected: readonly string[]
  readonly requestId: string
  /** Goes nowhere, under whatever header the client repeats it. */
  readonly callerToken: TokenSpellings
  /** Whether the answer may be read here, and so must come unencoded. */
  readonly readsAnswer: boolean
}

export const requestIdHeader = 'x-request-id'

export function outgoingHeaders(request: IncomingRequest, options: OutgoingOptions): HeaderList {
  const { injected, requestId, callerToken, readsAnswer } = options
  const headers: string[] = []
  const forwarded = forwardableHeaders(request)
  for (let at = 0; at < forwarded.length; at += 2) {
    const name = (forwarded[at] as string).toLowerCase()
    const value = forwarded[at + 1] as string
    if (isCredentialHeader(name) || name === requestIdHeader || name === hopHeader) continue
    if (readsAnswer && name === 'accept-encoding') continue
    if (callerToken.areIn(value)) continue
    headers.push(forwarded[at] as string, value)
  }
  headers.push('X-Request-Id', requestId, hopHeader, '1', ...injected)
  return headers
}

/** Trailers as the tool gets them. */
export function outgoingTrailers(trailers: HeaderList, callerToken: TokenSpellings): HeaderList {
  const kept: string[] = []
  for (let at = 0; at < trailers.length; at += 2) {
    const value = trailers[at + 1] as string
    if (isCredentialHeader((trailers[at] as string).toLowerCase()) || callerToken.areIn(value)) continue
    kept.push(trailers[at] as string, value)
  }
  return kept
}
