// The caller's token on a request: Bearer, or the password of Basic whatever the user name.
// Spec: proxy.md, "Authentication and authorization".

/** Undefined when the header carries none. */
export function parseCallerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const space = authorization.indexOf(' ')
  if (space < 0) return undefined
  const scheme = authorization.slice(0, space).toLowerCase()
  const value = authorization.slice(space + 1).trim()
  const token = scheme === 'bearer' ? value : scheme === 'basic' ? passwordOf(value) : undefined
  return token !== undefined && tokenSyntax.test(token) ? token : undefined
}

// A JWT or any other token of RFC 6750, of a length that an API server would read.
const tokenSyntax = /^[A-Za-z0-9\-._~+/]{1,16384}=*$/

/** `user:token`, `:token`, or the token alone, in Base64. */
function passwordOf(base64: string): string {
  const pair = Buffer.from(base64, 'base64').toString('latin1')
  return pair.slice(pair.indexOf(':') + 1)
}
