// URLs as Go's net/url reads and writes them; the WHATWG rules of JavaScript's URL differ at every turn.
import { byteLength, bytesOf, sliceBytes, textOf } from '../bytes.ts'
import { quote } from '../format/quote.ts'
import { addressProblem } from './ip-address.ts'

export interface Userinfo {
  readonly username: string
  /** Undefined without a colon. */
  readonly password: string | undefined
}

export interface GoUrl {
  readonly scheme: string
  readonly opaque: string
  readonly user: Userinfo | undefined
  readonly host: string
  /** Decoded. */
  readonly path: string
  readonly rawQuery: string
  /** Decoded. */
  readonly fragment: string
}

/** `message` is Go's, with the URL in it; `problem` is without. */
export class UrlError extends Error {
  readonly problem: string

  constructor(url: string, problem: string) {
    super(`parse ${quote(url)}: ${problem}`)
    this.problem = problem
  }
}

/** A part of a URL by what may stand there unescaped. */
type Part = 'path' | 'userinfo' | 'host' | 'zone' | 'fragment'

const UNRESERVED = '-_.~A-Za-z0-9'
const ALLOWED: Readonly<Record<Part, RegExp>> = {
  path: new RegExp(`[${UNRESERVED}$&+,/:;=@]`),
  userinfo: new RegExp(`[${UNRESERVED}$&+,;=]`),
  host: new RegExp(`[${UNRESERVED}!$&'()*+,;=:[\\]<>"]`),
  zone: new RegExp(`[${UNRESERVED}!$&'()*+,;=:[\\]<>"]`),
  fragment: new RegExp(`[${UNRESERVED}$&+,/:;=?@!()*]`),
}

export function escapePart(text: string, part: Part): string {
  let out = ''
  for (const byte of bytesOf(text)) {
    const character = String.fromCharCode(byte)
    const isPlain = byte < 0x80 && ALLOWED[part].test(character)
    out += isPlain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

/** Thrown with Go's words while parsing; `parseUrl` puts the URL in front. */
class Problem extends Error {}

const PLAIN_HOST = /^[A-Za-z0-9.:-]*$/

function unescapePart(text: string, part: Part): string {
  // Most parts have nothing to unescape, and only a host refuses characters.
  const isHost = part === 'host' || part === 'zone'
  if (isHost ? PLAIN_HOST.test(text) : !text.includes('%')) return text
  for (const match of text.matchAll(isHost ? /%([0-9A-Fa-f]{2})?|[\s\S]/gu : /%([0-9A-Fa-f]{2})?/g)) {
    const [token, hexadecimal] = match
    if (token.startsWith('%'))
      checkEscape(firstBytes(text.slice(match.index, match.index + 3)), hexadecimal, part)
    else if (isHost && token < '\u0080' && !ALLOWED[part].test(token)) {
      throw new Problem(`invalid character ${quote(token)} in host name`)
    }
  }
  if (!/%[89A-Fa-f]/.test(text)) {
    return text.replace(/%(..)/g, (_, ascii: string) => String.fromCharCode(Number.parseInt(ascii, 16)))
  }
  const bytes = bytesOf(text)
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const isEscape = bytes[i] === 0x25
    out.push(
      isEscape
        ? Number.parseInt(String.fromCharCode(bytes[i + 1] as number, bytes[i + 2] as number), 16)
        : (bytes[i] as number),
    )
    if (isEscape) i += 2
  }
  return textOf(Uint8Array.from(out))
}

function firstBytes(text: string): string {
  return sliceBytes(text, 0, Math.min(3, byteLength(text)))
}

// A host may escape only what is beyond ASCII; a zone also what could stand there anyway, and blanks.
function checkEscape(spelled: string, hexadecimal: string | undefined, part: Part): void {
  if (hexadecimal === undefined) throw new Problem(`invalid URL escape ${quote(spelled)}`)
  const byte = Number.parseInt(hexadecimal, 16)
  if (spelled === '%25') return
  const character = String.fromCharCode(byte)
  const isRefused =
    (part === 'host' && byte < 0x80) ||
    (part === 'zone' && byte !== 0x20 && (byte >= 0x80 || !ALLOWED.host.test(character)))
  if (isRefused) throw new Problem(`invalid URL escape ${quote(spelled)}`)
}

function cut(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Throws a UrlError. */
export function parseUrl(text: string): GoUrl {
  const [withoutFragment, fragment] = cut(text, '#')
  const url = attempt(withoutFragment, () => parseBeforeFragment(withoutFragment))
  return { ...url, fragment: attempt(text, () => unescapePart(fragment, 'fragment')) }
}

function attempt<T>(url: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Problem) throw new UrlError(url, error.message)
    throw error
  }
}

const NOTHING: GoUrl = {
  scheme: '',
  opaque: '',
  user: undefined,
  host: '',
  path: '',
  rawQuery: '',
  fragment: '',
}

function parseBeforeFragment(text: string): GoUrl {
  if (/[\0-\x1f\x7f]/.test(text)) throw new Problem('net/url: invalid control character in URL')
  if (text === '*') return { ...NOTHING, path: '*' }
  if (text.startsWith(':')) throw new Problem('missing protocol scheme')
  const spelled = /^[A-Za-z][A-Za-z0-9+.-]*(?=:)/.exec(text)?.[0] ?? ''
  const scheme = spelled.toLowerCase()
  const [beforeQuery, rawQuery] = cut(spelled === '' ? text : text.slice(spelled.length + 1), '?')
  if (!beforeQuery.startsWith('/')) {
    if (scheme !== '') return { ...NOTHING, scheme, rawQuery, opaque: beforeQuery }
    if (cut(beforeQuery, '/')[0].includes(':')) {
      throw new Problem('first path segment in URL cannot contain colon')
    }
  }
  const url = { ...NOTHING, scheme, rawQuery }
  const hasAuthority = beforeQuery.startsWith('//') && (scheme !== '' || !beforeQuery.startsWith('///'))
  if (!hasAuthority) return { ...url, path: unescapePart(beforeQuery, 'path') }
  const slash = beforeQuery.indexOf('/', 2)
  const authority = beforeQuery.slice(2, slash < 0 ? undefined : slash)
  const { user, host } = parseAuthority(scheme, authority)
  return { ...url, user, host, path: slash < 0 ? '' : unescapePart(beforeQuery.slice(slash), 'path') }
}

function parseAuthority(scheme: string, authority: string): Pick<GoUrl, 'user' | 'host'> {
  const at = authority.lastIndexOf('@')
  const host = parseHost(scheme, authority.slice(at + 1))
  if (at < 0) return { user: undefined, host }
  const userinfo = authority.slice(0, at)
  if (!/^[A-Za-z0-9._:~!$&'()*+,;=%@-]*$/.test(userinfo)) throw new Problem('net/url: invalid userinfo')
  const [username, password] = cut(userinfo, ':')
  return {
    user: {
      username: unescapePart(username, 'userinfo'),
      password: userinfo.includes(':') ? unescapePart(password, 'userinfo') : undefined,
    },
    host,
  }
}

function checkPort(port: string): void {
  if (!/^(?::[0-9]*)?$/.test(port)) throw new Problem(`invalid port ${quote(port)} after host`)
}

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[')
  if (open > 0) throw new Problem('invalid IP-literal')
  if (open === 0) return parseBracketedHost(host)
  const first = host.indexOf(':')
  const last = host.lastIndexOf(':')
  // Lists of hosts have many colons; only the web is strict.
  if (first >= 0) checkPort(host.slice(scheme === 'http' || scheme === 'https' ? first : last))
  return unescapePart(host, 'host')
}

function parseBracketedHost(host: string): string {
  const close = host.lastIndexOf(']')
  if (close < 0) throw new Problem("missing ']' in host")
  const port = host.slice(close + 1)
  checkPort(port)
  const inner = host.slice(1, close)
  const zone = inner.indexOf('%25')
  const address =
    zone < 0
      ? unescapePart(inner, 'host')
      : unescapePart(inner.slice(0, zone), 'host') + unescapePart(inner.slice(zone), 'zone')
  const problem = addressProblem(address)
  if (problem !== undefined) throw new Problem(problem)
  return `[${address}]${port}`
}

export function hostname({ host }: GoUrl): string {
  const colon = host.lastIndexOf(':')
  const name = colon >= 0 && /^:[0-9]*$/.test(host.slice(colon)) ? host.slice(0, colon) : host
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

export function formatUserinfo({ username, password }: Userinfo): string {
  const secret = password === undefined ? '' : `:${escapePart(password, 'userinfo')}`
  return escapePart(username, 'userinfo') + secret
}

export function formatUrl(url: GoUrl): string {
  const { scheme, opaque, user, host, rawQuery, fragment } = url
  let out = scheme === '' ? '' : `${scheme}:`
  if (opaque !== '') out += opaque
  else {
    if (
      (scheme !== '' || host !== '' || user !== undefined) &&
      (host !== '' || url.path !== '' || user !== undefined)
    ) {
      out += '//'
    }
    if (user !== undefined) out += `${formatUserinfo(user)}@`
    out += escapePart(host, 'host')
    out += pathBehind(out, url)
  }
  if (rawQuery !== '') out += `?${rawQuery}`
  return fragment === '' ? out : `${out}#${escapePart(fragment, 'fragment')}`
}

// A relative path must not look like a scheme.
function pathBehind(before: string, { path, host }: GoUrl): string {
  const escaped = path === '*' ? path : escapePart(path, 'path')
  if (escaped !== '' && !escaped.startsWith('/') && host !== '') return `/${escaped}`
  return before === '' && cut(escaped, '/')[0].includes(':') ? `./${escaped}` : escaped
}
