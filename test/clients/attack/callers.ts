// Requests to the Connector team/app, of callers that may use it, and its tool, which answers some when it is told to.
import { okAnswer, withRecorder } from './servers.ts'
import { type Attacked, grantUse, withAttacked } from './system.ts'
import { Wire } from './wire.ts'

/** undefined: without a token. */
export function get(token: string | undefined, path = '/a'): string {
  const credential = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: c-app.team\r\n${credential}\r\n`
}

/** Of a request on a connection of its own, to this or another proxy. */
export async function statusFor(
  { host }: Pick<Attacked, 'host'>,
  token: string,
  from: string,
  path = '/a',
): Promise<number> {
  const connection = await Wire.open(host, { from })
  const { status } = await connection.ask(get(token, path))
  connection.close()
  return status
}

export type SlowTool = {
  /** Answers all that wait. */
  release(): void
  /** How many wait, among them those that nobody waits for any more. */
  waiting(): number
}

/** Requests to `/slow` are answered when it is told to. */
export async function withSlowTool(use: (system: Attacked, tool: SlowTool) => Promise<void>): Promise<void> {
  const waiting = new Set<() => void>()
  const tool: SlowTool = {
    release() {
      for (const answer of waiting) answer()
      waiting.clear()
    },
    waiting: () => waiting.size,
  }
  await withRecorder(
    ({ target }, socket) => {
      if (target !== '/slow') return okAnswer
      const answer = () => socket.write(okAnswer)
      waiting.add(answer)
      socket.on('close', () => waiting.delete(answer))
      return undefined
    },
    ({ host }) =>
      withAttacked(async system => {
        await system.connect('app', `http://${host}`)
        await use(system, tool)
      }),
  )
}

/** An account of `team` that may use its Connectors; a token of it. */
export async function addUser(system: Attacked, name: string): Promise<string> {
  const token = await system.addAccount('team', name)
  await grantUse(system.client, { namespace: 'team', users: [`team/${name}`], name })
  return token
}
