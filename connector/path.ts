// path: the one reading of a request's path that decisions are made on. The bytes themselves go on as they came.
// Spec: proxy.md, "Strictness".
import { ConnectorsError } from './errors.ts'

/** Readers that decode more often than this are not known. */
const maxDecodings = 3

/**
 * The path as the most eager reader would take it: decoded until nothing changes, backslashes as slashes, runs of
 * slashes as one, path parameters (`;a=b`) and a slash at the end dropped; one character a byte. Whatever is asked of
 * a path must be asked of this, so that no spelling of it gets another answer.
 *
 * Throws INVALID for a path that two readers could take for different ones: dot segments and control characters in
 * any decoding, slashes inside parameters, malformed or repeated encodings, bytes that are not UTF-8. All else is
 * harmless, `%2F` in a project's name and `//` alike.
 */
export function canonicalPath(path: string): string {
  if (isPlain(path)) return withoutEndSlash(path)
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw pathRefused('it holds a "%" without two hexadecimal digits')
  let view = path
  for (let decodings = 0; ; decodings++) {
    checkView(view)
    const decoded = decodedOnce(view)
    if (decoded === view) break
    if (decodings === maxDecodings) throw pathRefused('it is encoded too often')
    view = decoded
  }
  const slashed = view.replaceAll('\\', '/').replace(/;[^/]*/g, '')
  return withoutEndSlash(slashed.replace(/\/{2,}/g, '/'))
}

/**
 * A path as `canonicalPath` reads it, for the question whether it is a certain one: as text, without the differences
 * that some tools ignore in their routes, which are those of case, of width and of marks (`ſ` is an `s` without case).
 */
export function foldedPath(path: string): string {
  if (isAscii(path)) return path.toLowerCase()
  const text = new TextDecoder().decode(bytesOf(path)).normalize('NFKD')
  return text
    .replace(/[\p{M}\p{Cf}]/gu, '')
    .toUpperCase()
    .toLowerCase()
}

/** All readers agree on such a path. */
function isPlain(path: string): boolean {
  return path.charCodeAt(0) === 0x2f && !/[^\w\-~!$&'()*+,=:@/.]|\/[/.]/.test(path)
}

function withoutEndSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function checkView(view: string): void {
  if (view !== '' && !view.startsWith('/')) throw pathRefused('it does not start with a slash')
  if (/[\0-\x1f\x7f]/.test(view)) throw pathRefused('it holds a control character')
  const slashed = view.replaceAll('\\', '/')
  if (/\/\.{1,2}(?:[/;?#\s]|$)/.test(slashed)) throw pathRefused('it holds a "." or ".." segment')
  // Whoever drops parameters before the slash is decoded drops more than whoever does it afterwards.
  for (const [parameters] of view.matchAll(/(?:;|%(?:25)*3b)[^/]*/gi)) {
    if (/\\|%(?:25)*(?:2f|5c)/i.test(parameters)) throw pathRefused('it holds a slash inside a parameter')
  }
  // Decoders replace, drop or take as Latin-1 what is not UTF-8, and some read forms of "." that are too long for it.
  if (!isUtf8(view)) throw pathRefused('it is not UTF-8')
}

/** One character per byte. */
function decodedOnce(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function isUtf8(path: string): boolean {
  if (isAscii(path)) return true
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(path))
    return true
  } catch {
    return false
  }
}

function isAscii(path: string): boolean {
  return !/[^\0-\x7f]/.test(path)
}

function bytesOf(path: string): Uint8Array {
  return Uint8Array.from(path, char => char.charCodeAt(0))
}

export function pathRefused(why: string): ConnectorsError {
  return new ConnectorsError('INVALID', 'PathRefused', `Cannot forward this path as it is written: ${why}`)
}
