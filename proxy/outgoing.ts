// The request as the tool gets it: the client's headers less every credential, and the Connector's own put on.
// Spec: proxy.md, "Injection".
import { credentialHeaders } from '../connector/inject.ts'
import type { HeaderList } from './http1/headers.ts'
import { forwardableHeaders, type RequestHead } from './http1/request-head.ts'

export function outgoingHeaders(
  head: RequestHead,
  { injected, requestId }: { readonly injected: readonly string[]; readonly requestId: string },
): HeaderList {
  const headers: string[] = []
  const forwarded = forwardableHeaders(head, 'drop')
  let hasRequestId = false
  for (let at = 0; at < forwarded.length; at += 2) {
    const name = (forwarded[at] as string).toLowerCase()
    if (credentialHeaders.has(name)) continue
    hasRequestId ||= name === requestIdHeader
    headers.push(forwarded[at] as string, forwarded[at + 1] as string)
  }
  if (!hasRequestId) headers.push('X-Request-Id', requestId)
  headers.push(...injected)
  return headers
}

export const requestIdHeader = 'x-request-id'
