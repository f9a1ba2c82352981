// What a request is in Git's smart HTTP protocol.

/** `path` as `canonicalPath` reads it; `query` with its `?`, or empty. */
export function isGitRequest(path: string, query: string): boolean {
  if (/\/git-(?:upload|receive)-pack\/?$/.test(path)) return true
  return /\/info\/refs\/?$/.test(path) && /[?&]service=git-/.test(query)
}
