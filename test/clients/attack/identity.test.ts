// Who has no right learns nothing: whether a Connector exists reads alike to strangers and to accounts of elsewhere.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startTool } from '../../helpers/proxy.ts'
import { type Attacked, grantUse, withAttacked } from './system.ts'

const test = suite('clients/attack/identity')

async function withTool(use: (system: Attacked) => Promise<void>): Promise<void> {
  const tool = await startTool(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  try {
    await withAttacked(async system => {
      await system.connect('present', `http://${tool.host}`)
      await use(system)
    })
  } finally {
    await tool.close()
  }
}

/** Ways to name a Connector of namespace `team`. */
const forms = [
  (name: string) => [`c-${name}.team`, '/a'] as const,
  (name: string) => [`c-${name}.team.svc.cluster.local`, '/a'] as const,
  (name: string) => ['proxy', `/namespaces/team/connectors/${name}/a`] as const,
]

async function ask({ wire }: Attacked, [host, path]: readonly [string, string], token: string | undefined) {
  const connection = await wire()
  const credential = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  const reply = await connection.ask(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${credential}\r\n`)
  connection.close()
  return reply
}

/** The answer without what differs by the question: the name, and ids. */
function shape({ head, body }: { readonly head: string; readonly body: string }, name: string): string {
  return `${head}\n${body}`.replaceAll(name, 'NAME')
}

test('attack: a Connector that exists reads like one that does not, to strangers and to other accounts', () =>
  withTool(async system => {
    const foreign = await system.addTeam('other')
    for (const token of [undefined, 'aaaa.bbbb.cccc', foreign]) {
      for (const form of forms) {
        const [real, absent] = [
          await ask(system, form('present'), token),
          await ask(system, form('missing'), token),
        ]
        assert.ok(real.status === 401 || real.status === 403, real.raw)
        assert.is(shape(real, 'present'), shape(absent, 'missing'))
      }
    }
  }))

test('honest: who may use it gets an answer by every name, and who may list is told what is not there', () =>
  withTool(async system => {
    await system.addAccount('team', 'lister')
    const lister = await system.tokenOf('team', 'lister')
    await grantUse(system.client, {
      namespace: 'team',
      users: ['team/lister'],
      name: 'lists',
      verbs: ['list'],
    })
    for (const form of forms) {
      assert.is((await ask(system, form('present'), system.token)).status, 200)
      const absent = await ask(system, form('missing'), lister)
      assert.is(absent.status, 404, absent.raw)
    }
  }))

test.run()
