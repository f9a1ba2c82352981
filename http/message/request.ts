// A request as decisions see it, whatever version of HTTP it came by.
import type { Authority } from './authority.ts'
import { field, fieldKind, type HeaderList, withoutNamed } from './headers.ts'

export interface IncomingRequest {
  readonly method: string
  /** As the client sent it. */
  readonly target: string
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk'
  /** Path and query byte for byte: the target without scheme and authority; empty for CONNECT. */
  readonly path: string
  /** Scheme of an absolute-form target. */
  readonly scheme: 'http' | 'https' | undefined
  /** The `Host` header; for CONNECT the target. */
  readonly authority: Authority
  /** All fields as sent, those that end at this hop included. */
  readonly headers: HeaderList
  /** Fields that end at this hop because the client says so, in lower case. */
  readonly hopFields: ReadonlySet<string>
  /** The one protocol of `Upgrade`, if it may be switched to; never another HTTP. */
  readonly upgrade: string | undefined
}

/** The fields that may go on to the tool: without the client's credentials and what ends at this hop. */
export const forwardableHeaders = ({
  headers,
  hopFields,
}: Pick<IncomingRequest, 'headers' | 'hopFields'>): string[] => {
  const kept: string[] = []
  const named = withoutNamed(headers, hopFields)
  for (let at = 0; at < named.length; at += 2) {
    const name = named[at] as string
    if (fieldKind(name) === field.ordinary) kept.push(name, named[at + 1] as string)
  }
  return kept
}
