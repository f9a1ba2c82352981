// What a request is in Git's smart HTTP protocol.
import { foldedPath } from '../path.ts'

/** `path` as `canonicalPath` reads it; `query` with its `?`, or empty. Some routers take a suffix for a format. */
export function isGitRequest(path: string, query: string): boolean {
  const folded = foldedPath(path)
  if (/\/git-(?:upload|receive)-pack(?:\.\w+)?$/.test(folded)) return true
  return /\/info\/refs(?:\.\w+)?$/.test(folded) && namesService(query)
}

function namesService(query: string): boolean {
  const services = new URLSearchParams(query.replaceAll(';', '&')).getAll('service')
  return services.some(service => service.startsWith('git-'))
}
