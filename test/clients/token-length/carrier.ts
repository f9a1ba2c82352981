// A carrier: one place in which one client keeps a token, and how that client is made to send it.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandResult, runCommand } from '../../helpers/command.ts'

export type Sending = {
  /** The client's home: empty, and used once. */
  readonly dir: string
  /** Where the token goes, of a server or of a proxy: `http://address:port`, and of a server a path. */
  readonly url: string
  readonly user: string
  readonly token: string
}

/** What answers at the URL: the proxy for one of its Connectors, or a server that takes any credential. */
export type Destination = 'connector' | 'connector-tls' | 'forward-proxy' | 'registry'

export type Carrier = {
  readonly to: Destination
  readonly place: string
  readonly send: (sending: Sending) => Promise<CommandResult>
}

export type RunOptions = {
  readonly dir: string
  readonly env?: Readonly<Record<string, string>>
  /** Of the client's home, by name. */
  readonly files?: Readonly<Record<string, string>>
}

/** Asked for through a proxy. A name, since some clients take no proxy to loopback addresses. */
export const distantUrl = 'http://tool.test/a'

/** Runs a client that sees nothing of this machine's settings. */
export async function run(
  command: readonly [program: string, ...args: string[]],
  { dir, env, files = {} }: RunOptions,
): Promise<CommandResult> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text, { mode: 0o600 })
  const [program, ...args] = command
  const inherited = Object.fromEntries(Object.keys(process.env).map(name => [name, undefined]))
  const own = { PATH: process.env['PATH'], HOME: dir, LC_ALL: 'C.UTF-8' }
  return runCommand(program, args, { cwd: dir, env: { ...inherited, ...own, ...env } })
}

/** `http://user:token@address:port/path` */
export function withUserInfo({ url, user, token }: Sending): string {
  return url.replace('://', `://${encodeURIComponent(user)}:${token}@`)
}

export function netrc({ url, user, token }: Sending): string {
  return `machine ${new URL(url).hostname}\nlogin ${user}\npassword ${token}\n`
}

export function bearer({ token }: Sending): string {
  return `Authorization: Bearer ${token}`
}

export function basicValue({ user, token }: Sending): string {
  return Buffer.from(`${user}:${token}`).toString('base64')
}
