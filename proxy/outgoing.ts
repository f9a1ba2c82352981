// The request as the tool gets it: the client's headers less every credential, and the Connector's own put on.
// Spec: proxy.md, "Injection".
import { credentialHeaders } from '../connector/inject.ts'
import type { HeaderList } from './http1/headers.ts'
import { forwardableHeaders, type RequestHead } from './http1/request-head.ts'

export type OutgoingOptions = {
  /** name, value, name, value, ... */
  readonly injected: readonly string[]
  readonly requestId: string
  /** Goes nowhere, under whatever header the client repeats it. */
  readonly callerToken: string
  /** Whether the answer will be read here, and so must come unencoded. */
  readonly readsAnswer: boolean
}

export function outgoingHeaders(head: RequestHead, options: OutgoingOptions): HeaderList {
  const { injected, requestId, callerToken, readsAnswer } = options
  const headers: string[] = []
  const forwarded = forwardableHeaders(head)
  for (let at = 0; at < forwarded.length; at += 2) {
    const name = (forwarded[at] as string).toLowerCase()
    const value = forwarded[at + 1] as string
    if (credentialHeaders.has(name) || name === requestIdHeader) continue
    if (readsAnswer && name === 'accept-encoding') continue
    if (value.length >= callerToken.length && value.includes(callerToken)) continue
    headers.push(forwarded[at] as string, value)
  }
  headers.push('X-Request-Id', requestId, ...injected)
  return headers
}

export const requestIdHeader = 'x-request-id'
