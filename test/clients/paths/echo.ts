// What the servers of these tests answer: the route that they took and the path as they see it, in each form that
// they offer of it. Text: `echo ROUTE`, then lines of `b64 PATH`, or one of `raw PATH` up to the end.
import type { Answer } from './ask.ts'

/** The routes of every server, each of which also has them below `/p`. `*` stands for all else. */
export const routes = ['/a/b', '/admin', '/r.git/info/refs', '/r.git/info/lfs/objects/batch', '/other/team']

export type Echo = {
  readonly route: string
  /** One character a byte. */
  readonly views: readonly string[]
}

export function echoText(route: string, views: readonly string[]): string {
  return [`echo ${route}`, ...views.map(view => `b64 ${Buffer.from(view).toString('base64')}`)].join('\n')
}

/**
 * Undefined for an answer of the server itself, which took no route. Apache has no body to put it into, and has the
 * header on its refusals too.
 */
export function parseEcho({ status, headers, body }: Answer): Echo | undefined {
  const text = status === 204 ? String(headers['x-echo']).replace(' b64 ', '\nb64 ') : body
  const [, route, rest] = /^echo (\S+)\n(.*)$/s.exec(text) ?? []
  if (route === undefined || rest === undefined) return undefined
  if (rest.startsWith('raw ')) return { route, views: [rest.slice(4)] }
  const views = rest.split('\n').map(line => Buffer.from(line.slice(4), 'base64').toString('latin1'))
  return { route, views }
}
