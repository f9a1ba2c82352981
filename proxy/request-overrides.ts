// Headers by which some tools take a request for another one than its request line says: decisions would be made on
// the one, and the tool would serve the other.
import { ConnectorsError } from '../connector/errors.ts'
import type { IncomingRequest } from '../http/message/request.ts'

const overrides: ReadonlySet<string> = new Set([
  'x-original-url',
  'x-original-uri',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
])

/** Throws INVALID for a request that holds one, under either spelling of its dashes. */
export function checkOverrides({ headers }: IncomingRequest): void {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    if ((name.charCodeAt(0) | 0x20) !== 0x78 || name.length < 13 || name.length > 22) continue
    const dashed = name.toLowerCase().replaceAll('_', '-')
    if (!overrides.has(dashed)) continue
    throw new ConnectorsError(
      'INVALID',
      'OverrideRefused',
      `Cannot forward a request with header "${dashed}": it would make it another request`,
    )
  }
}
