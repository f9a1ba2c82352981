// One reading of a path: what the proxy decides on is what real servers see, under every spelling that it lets
// through, and what it refuses could be read in another way. Spec: proxy.md, "Strictness".
import type { Agent } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canonicalPath, foldedPath } from '../../connector/path.ts'
import { isGitRequest } from '../../connector/protocol/git.ts'
import { isLfsRequest } from '../../connector/protocol/lfs.ts'
import { requestTarget } from '../../connector/target.ts'
import { waitFor } from '../helpers/poll.ts'
import { type BootedProxy, bootProxy } from '../helpers/proxy.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { type Answer, ask } from './paths/ask.ts'
import { type Echo, parseEcho } from './paths/echo.ts'
import { readAnyPath } from './paths/read-any-path.ts'
import { type EchoServer, withEchoServers } from './paths/servers.ts'
import { passing, readAlike, refused } from './paths/spellings.ts'

const test = suite('clients/paths')

type Tool = EchoServer & {
  /** The same through the proxy: by the host of its Connector, or by the path. */
  send(target: string): Promise<Answer>
}

function withTools(use: (tools: readonly Tool[]) => Promise<void>): Promise<void> {
  return withTempDir(dir =>
    withEchoServers(dir, (servers, agent) =>
      bootProxy(async proxy => {
        const tools = await Promise.all(servers.map((server, at) => connect(proxy, server, { at, agent })))
        for (const { name, send } of tools) {
          await waitFor(async () => parseEcho(await send('/a/b'))?.route === '/a/b', { what: name })
        }
        await use(tools)
      }),
    ),
  )
}

type Connection = { readonly at: number; readonly agent: Agent }

async function connect(proxy: BootedProxy, server: EchoServer, { at, agent }: Connection): Promise<Tool> {
  const { host, token } = proxy
  const address = `http://${server.host}${server.prefix}`
  await proxy.addConnector(`tool-${at}`, { connectorClassName: 'tool', address })
  const isByHost = at % 2 === 0
  const path = isByHost ? '' : `/namespaces/team/connectors/tool-${at}`
  const headers = { Host: isByHost ? `c-tool-${at}.team.svc` : host, Authorization: `Bearer ${token}` }
  return { ...server, send: target => ask({ host, target: path + target, headers, agent }) }
}

/** Of a path in its one reading, all that anything is decided on. */
function decisionsOn(path: string, query: string): string {
  return JSON.stringify([path, isLfsRequest(path, undefined), isGitRequest(path, query)])
}

/** The route that the path means to a router that ignores case and takes a suffix for a format. */
function routeOf(path: string): string {
  return foldedPath(path)
    .replace(/^\/(?:any-case|p)(?=\/)/, '')
    .replace(/\.json$/, '')
}

/** What the application saw or did otherwise than the proxy has read it. */
function differences({ route, views }: Echo, target: string, seenPrefix: string): readonly string[] {
  const { path, query } = requestTarget(target)
  const read = canonicalPath(seenPrefix + path)
  const seen = views.map(view => decisionsOn(readAnyPath(view), query))
  const found = seen.filter(decisions => decisions !== decisionsOn(read, query))
  if (route !== '*' && routeOf(read) !== route) found.push(`took ${route}`)
  if (/\/lfs\//.test(route) && !isLfsRequest(read, undefined)) found.push('took it for LFS')
  if (/\/info\/refs$/.test(route) && !isGitRequest(read, query)) found.push('took it for Git')
  return found
}

/** What the application said, or that the server answered itself. */
function shown(answer: Answer): string {
  return `${answer.status} ${JSON.stringify(parseEcho(answer))}`
}

const isRefusal = ({ status, body }: Answer) => status === 400 && /PathRefused|MalformedTarget/.test(body)

test('a path that passes arrives as it was sent, and every server sees what the proxy has read', () =>
  withTools(async tools => {
    const problems: string[] = []
    let seen = 0
    const putAll = async ({ name, ask, send, seenPrefix }: Tool) => {
      for (const target of passing) {
        const [direct, proxied] = await Promise.all([ask(target), send(target)])
        const at = `${name} ${target.slice(0, 80)}:`
        if (shown(proxied) !== shown(direct)) problems.push(`${at} ${shown(proxied)}, not ${shown(direct)}`)
        const echo = parseEcho(proxied)
        if (echo === undefined) continue
        seen++
        for (const difference of differences(echo, target, seenPrefix)) problems.push(`${at} ${difference}`)
      }
    }
    await Promise.all(tools.map(putAll))
    assert.equal(problems, [])
    // The rest are refusals and redirects of the servers themselves.
    assert.ok(seen > 0.95 * passing.length * tools.length, `${seen} of ${passing.length * tools.length}`)
  }))

test('a path is refused where servers see different ones, or for a reason that is written down', () =>
  withTools(async tools => {
    const passed: string[] = []
    const told = new Set<string>()
    const seenOtherwise = new Set<string>()
    const putAll = async ({ name, ask, send, seenPrefix }: Tool) => {
      for (const target of refused) {
        const [direct, proxied] = await Promise.all([ask(target), send(target)])
        if (!isRefusal(proxied)) passed.push(`${name} ${target}: ${shown(proxied)}`)
        const { path, query } = requestTarget(target)
        const read = decisionsOn(readAnyPath(seenPrefix + path), query)
        for (const view of parseEcho(direct)?.views ?? []) {
          told.add(target)
          if (decisionsOn(readAnyPath(view), query) !== read) seenOtherwise.add(target)
        }
      }
    }
    await Promise.all(tools.map(putAll))
    assert.equal(passed, [])
    const alike = refused.filter(target => told.has(target) && !seenOtherwise.has(target))
    assert.equal(alike.toSorted(), readAlike.flatMap(([, targets]) => targets).toSorted())
  }))

test.run()
