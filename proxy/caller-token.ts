// The caller's token on a request: Bearer, or the password of Basic whatever the user name; and how it is recognised
// where else the client puts it. Spec: proxy.md, "Authentication and authorization".

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

/** The token as it is, and inside of Base64: there it has three spellings, by where it begins. */
export class CallerTokenSpellings {
  readonly #token: string
  #encoded: readonly string[] | undefined

  constructor(token: string) {
    this.#token = token
  }

  areIn(text: string): boolean {
    if (text.length < this.#token.length) return false
    if (text.includes(this.#token)) return true
    this.#encoded ??= base64Spellings(this.#token)
    return this.#encoded.some(spelling => text.includes(spelling))
  }
}

/** What is the same whatever stands before and behind the text. */
function base64Spellings(text: string): readonly string[] {
  const spellings = [0, 1, 2].map(before => {
    const encoded = Buffer.from(' '.repeat(before) + text).toString('base64')
    const start = Math.ceil((before * 4) / 3)
    const whole = Math.floor(((before + text.length) * 8) / 6)
    return encoded.slice(start, whole)
  })
  return [...spellings, ...spellings.map(text => text.replaceAll('+', '-').replaceAll('/', '_'))]
}
