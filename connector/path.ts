// path: the one reading of a request's path that decisions are made on. The bytes themselves go on as they came.
// Spec: proxy.md, "Strictness".
import { ConnectorsError } from './errors.ts'

/** Readers that decode more often than this are not known. */
const maxDecodings = 3

/**
 * The path as the most eager reader would take it: decoded until nothing changes, backslashes as slashes, runs of
 * slashes as one, path parameters (`;a=b`) dropped; one character a byte. Whatever is asked of a path must be asked
 * of this, so that no spelling of it gets another answer.
 *
 * Throws INVALID for a path that two readers could take for different ones: dot segments and control characters in
 * any decoding, malformed or repeated encodings. All else is harmless, `%2F` in a project's name and `//` alike.
 */
export function canonicalPath(path: string): string {
  if (isPlain(path)) return path
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw pathRefused('it holds a "%" without two hexadecimal digits')
  let view = path
  for (let decodings = 0; ; decodings++) {
    checkView(view)
    const decoded = decodedOnce(view)
    if (decoded === view) break
    if (decodings === maxDecodings) throw pathRefused('it is encoded too often')
    view = decoded
  }
  return view
    .replaceAll('\\', '/')
    .replace(/;[^/]*/g, '')
    .replace(/\/{2,}/g, '/')
}

/** All readers agree on such a path. */
function isPlain(path: string): boolean {
  return path.charCodeAt(0) === 0x2f && !/[^\w\-~!$&'()*+,=:@/.]|\/[/.]/.test(path)
}

function checkView(view: string): void {
  if (view !== '' && !view.startsWith('/')) throw pathRefused('it does not start with a slash')
  if (/[\0-\x1f\x7f]/.test(view)) throw pathRefused('it holds a control character')
  const slashed = view.replaceAll('\\', '/')
  if (/\/\.{1,2}(?:[/;?#\s]|$)/.test(slashed)) throw pathRefused('it holds a "." or ".." segment')
  // Forms of "." and "/" that are too long for UTF-8, and that old decoders take all the same.
  if (/\xc0[\xae\xaf]|\xe0\x80[\xae\xaf]/.test(slashed)) throw pathRefused('it holds an overlong encoding')
}

/** One character per byte. */
function decodedOnce(path: string): string {
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

export function pathRefused(why: string): ConnectorsError {
  return new ConnectorsError('INVALID', 'PathRefused', `Cannot forward this path as it is written: ${why}`)
}
