// What a request and an answer are in the Git LFS API, in all its versions.
import { foldedPath } from '../path.ts'

/**
 * Whether the tool could take it for a request of the LFS API: by its path (as `canonicalPath` reads it), or by what
 * the client says that it accepts. The method does not tell: the older API answers GET with the same actions.
 */
export function isLfsRequest(path: string, accept: string | undefined): boolean {
  return /\/info\/lfs(?![\w-])/.test(foldedPath(path)) || (accept !== undefined && /git-lfs/i.test(accept))
}

/** An answer of this type is one of the LFS API wherever it comes from. */
export function isLfsType(contentType: string | undefined): boolean {
  return contentType !== undefined && /\bvnd\.git-lfs\b/i.test(contentType)
}
