// The real servers that the spellings of a path are put to: applications, and proxies in front of them.
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { waitFor } from '../../helpers/poll.ts'
import { type ApacheHost, apacheConfig } from './apache.ts'
import { type Answer, ask } from './ask.ts'
import { parseEcho } from './echo.ts'
import { nginxConfig } from './nginx.ts'
import { ownAddress, withPrograms } from './programs.ts'

export type EchoServer = {
  readonly name: string
  /** `address:port` */
  readonly host: string
  /** The path of its address, and what of that the application sees. */
  readonly prefix: '' | '/p'
  readonly seenPrefix: '' | '/p'
  /** Of a target below the prefix. */
  ask(target: string): Promise<Answer>
}

export type App = { readonly name: string; readonly port: number }

const apps = ['url', 'express', 'flask', 'django', 'rails', 'go', 'tomcat', 'tomcat-raw'].map((name, at) => ({
  name,
  port: 20_001 + at,
}))

/** The applications that read some spelling otherwise behind Apache than behind nginx. */
const telling = ['url', 'rails', 'tomcat', 'tomcat-raw']

const fronts: readonly Front[] = [
  { name: 'nginx', port: 20_100, before: apps },
  { name: 'apache', port: 20_200, before: appsNamed(telling), slashes: 'On' },
  { name: 'apache-raw', port: 20_300, before: appsNamed(telling), slashes: 'NoDecode', isRaw: true },
  { name: 'apache-mixed', port: 20_400, before: appsNamed(telling), slashes: 'NoDecode' },
]

type Front = {
  readonly name: string
  /** Its own; those of what it stands before follow. */
  readonly port: number
  readonly before: readonly App[]
  readonly slashes?: 'On' | 'NoDecode'
  readonly isRaw?: boolean
}

type Prefixes = readonly [prefix: '' | '/p', seen: '' | '/p']

const folder = join(import.meta.dirname, 'apps')

/** Starts them all below `dir`, for the length of a scope; the agent's connections end with it. */
export async function withEchoServers(
  dir: string,
  use: (servers: readonly EchoServer[], agent: Agent) => Promise<void>,
): Promise<void> {
  const address = ownAddress()
  const servers = serversAt(address)
  const agent = new Agent({ keepAlive: true })
  await writeConfigs(dir, address)
  await withPrograms(programsAt(address, dir), { cwd: dir }, async written => {
    try {
      for (const server of servers) await untilEcho(server, written)
      await use(servers, agent)
    } finally {
      agent.destroy()
    }
  })
}

function programsAt(address: string, dir: string): readonly (readonly string[])[] {
  const bind = (name: string) => `${address}:${portOf(name)}`
  const python = (name: string) => ['--chdir', folder, '--bind', bind(name), `${name}_echo`]
  const ruby = ['-q', '-e', 'production', '-t', '4:4', '-b', `tcp://${bind('rails')}`]
  const tomcatPorts = ['tomcat', 'tomcat-raw'].map(name => String(portOf(name)))
  return [
    ['tomcat-path-echo', address, ...tomcatPorts, join(dir, 'tomcat')],
    ['puma', ...ruby, join(folder, 'rails-echo.ru')],
    ['/usr/bin/gunicorn', ...python('flask')],
    ['/usr/bin/gunicorn', ...python('django')],
    [process.execPath, join(folder, 'node-echo.ts'), bind('url'), bind('express'), modulesOf('express')],
    ['go-path-echo', bind('go')],
    ['nginx', '-p', join(dir, 'nginx'), '-e', 'stderr', '-c', join(dir, 'nginx.conf')],
    ['apache2', '-f', join(dir, 'apache.conf'), '-DFOREGROUND'],
  ]
}

function serversAt(address: string): readonly EchoServer[] {
  const server = (name: string, port: number, [prefix, seenPrefix]: Prefixes): EchoServer => {
    const host = `${address}:${port}`
    const askIt = (target: string) => ask({ host, target: prefix + target, agent: false })
    return { name, host, prefix, seenPrefix, ask: askIt }
  }
  return [
    ...apps.map(({ name, port }) => server(name, port, ['', ''])),
    ...appsNamed(telling).map(({ name, port }) => server(`${name}/p`, port, ['/p', '/p'])),
    ...fronts.flatMap(({ name, port, before }) => [
      server(name, port, ['', '']),
      ...before.map((app, at) => server(`${name}->${app.name}`, port + 1 + at, ['/p', ''])),
    ]),
  ]
}

async function untilEcho({ name, ask }: EchoServer, written: () => string): Promise<void> {
  const options = { timeoutMs: 60_000, intervalMs: 100, what: name }
  try {
    await waitFor(async () => parseEcho(await ask('/a/b'))?.route === '/a/b', options)
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${written()}`, { cause: error })
  }
}

function portOf(name: string): number {
  return appsNamed([name])[0]?.port ?? 0
}

function appsNamed(names: readonly string[]): readonly App[] {
  return apps.filter(({ name }) => names.includes(name))
}

/** The folder on the PATH that has the package. */
function modulesOf(name: string): string {
  const folders = (process.env['PATH'] ?? '').split(':')
  const found = folders.find(path => existsSync(join(path, name, 'package.json')))
  if (found === undefined) throw new Error(`Cannot start ${name}: no folder on the PATH holds its package`)
  return found
}

async function writeConfigs(dir: string, address: string): Promise<void> {
  const ported = ({ port, before }: Front) => before.map((app, at) => ({ app, port: port + 1 + at }))
  for (const name of ['nginx', 'tomcat']) await mkdir(join(dir, name))
  const [nginx, ...apaches] = fronts as [Front, ...Front[]]
  const nginxOptions = { address, echoPort: nginx.port, apps: ported(nginx) }
  await writeFile(join(dir, 'nginx.conf'), nginxConfig(nginxOptions))
  const hosts = apaches.flatMap((front): ApacheHost[] => {
    const { port, slashes = 'On', isRaw = false } = front
    return [{ port, slashes }, ...ported(front).map(own => ({ ...own, slashes, isRaw }))]
  })
  await writeFile(join(dir, 'apache.conf'), apacheConfig({ dir, address, hosts }))
}
