// A request reaches the tool as it was decided on: not by another path, nor with what the proxy takes off in other clothes.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import { base64, basicOf, canaryPassword, type Tool } from '../../helpers/proxy.ts'
import { okAnswer, withNginx, withRecorder } from './servers.ts'
import { type Attacked, username, withAttacked } from './system.ts'

const test = suite('clients/attack/disguises')

async function ask(
  system: Attacked,
  path: string,
  {
    fields = [],
    host = 'c-app.team',
    body = '',
  }: { fields?: readonly string[]; host?: string; body?: string } = {},
) {
  const connection = await system.wire()
  const lines = [`POST ${path} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${system.token}`, ...fields]
  const reply = await connection.ask(`${lines.join('\r\n')}\r\n\r\n${body}`)
  connection.close()
  return reply
}

/** The Connector's address has the path /team-a, behind an nginx that decodes and tidies paths. */
function withTeamA(use: (system: Attacked, tool: Tool) => Promise<void>): Promise<void> {
  return withRecorder(
    () => okAnswer,
    tool =>
      withNginx(`    location / { proxy_pass http://${tool.host}/; }`, nginx =>
        withAttacked(async system => {
          await system.connect('app', `http://${nginx}/team-a`)
          await system.connect('direct', `http://${tool.host}/team-a`)
          await use(system, tool)
        }),
      ),
  )
}

test('attack: no spelling of a path leads out of the address; honest: what cannot, arrives byte for byte', () =>
  withTeamA(async (system, tool) => {
    const before = tool.requests.length
    for (const path of [
      '/../team-b',
      '/x/../../team-b',
      '/%2e%2e/team-b',
      '/.%2e/team-b',
      '/%252e%252e/team-b',
      '/..;/team-b',
      '/..%2fteam-b',
      '/..%5cteam-b',
      '/..\\team-b',
      '/%09../team-b',
      '/%0a../team-b',
      '/%0d../team-b',
      '/%00/../team-b',
      '//team-b',
      '/%2fteam-b',
      '/a;b%2Fc',
      '/%c0%ae%c0%ae/team-b',
    ]) {
      for (const host of ['c-app.team', 'c-direct.team']) {
        assert.is((await ask(system, path, { host })).status, 400, `${path} ${host}`)
        assert.is(
          (await ask(system, `/namespaces/team/connectors/app${path}`, { host: 'proxy' })).status,
          400,
          path,
        )
      }
    }
    assert.is(tool.requests.length, before)
    for (const path of [
      '/@scope%2fname',
      '/projects/a%2Fb',
      '/a%252Fb',
      '/a//b',
      '/a;v=1/b',
      '/a%5Cb',
      '/100%25',
    ]) {
      assert.is((await ask(system, path, { host: 'c-direct.team' })).status, 200, path)
      assert.is(tool.requests.at(-1)?.target, `/team-a${path}`)
    }
  }))

test('attack: what makes another request of one is refused; honest: other fields of the kind pass', () =>
  withTeamA(async (system, tool) => {
    const before = tool.requests.length
    for (const field of [
      'X-Original-URL: /team-b',
      'X_Original_Url: /team-b',
      'X-Rewrite-URL: /team-b',
      'X-HTTP-Method-Override: DELETE',
      'X-Method-Override: TRACE',
    ]) {
      const { status, body } = await ask(system, '/a', { fields: [field] })
      assert.equal([status, JSON.parse(body).reason], [400, 'OverrideRefused'], field)
    }
    assert.is(tool.requests.length, before)
    const fields = ['X-Original: 1', 'X-HTTP-Version: 1', 'X-Requested-With: XMLHttpRequest']
    assert.is((await ask(system, '/a', { fields })).status, 200)
    const names = tool.requests.at(-1)?.headers.map(([name]) => name) ?? []
    for (const name of ['x-original', 'x-http-version', 'x-requested-with'])
      assert.ok(names.includes(name), name)
  }))

test('attack: a credential of the client and its own token reach no tool; honest: its other fields do', () =>
  withTeamA(async (system, tool) => {
    const { token } = system
    for (const path of [
      `/a?private_token=${token}`,
      `/${token}/a`,
      `/a?b=${base64(`x:${token}`).replace(/=+$/, '')}`,
    ]) {
      assert.is((await ask(system, path)).status, 400, path.slice(0, 40))
    }
    const host = 'c-direct.team'
    const fields = [
      'PRIVATE-TOKEN: mine',
      'Private_Token: mine',
      'Proxy_Authorization: mine',
      'X-Remote-User: mine',
      `X-Raw: ${token}`,
      `X-Basic: Basic ${base64(`ci:${token}`)}`,
      'X-Kept: yes',
      'Transfer-Encoding: chunked',
    ]
    const trailers = ['PRIVATE-TOKEN: mine', 'Authorization: mine', `X-T: ${token}`, 'X-Fine: yes']
    assert.is((await ask(system, '/a', { host, fields, body: '0\r\n\r\n' })).status, 200)
    const sent = tool.requests.at(-1)?.headers ?? []
    assert.equal(
      sent.filter(([, value]) => value === 'mine'),
      [],
    )
    assert.equal(
      sent.filter(([name]) => name === 'authorization'),
      [['authorization', basicOf(username, canaryPassword)]],
    )
    assert.ok(sent.some(([name, value]) => name === 'x-kept' && value === 'yes'))
    const connection = await system.wire()
    const head = `POST /t HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n`
    connection.send(`${head}\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`)
    await waitForText(tool, 'X-Fine: yes')
    connection.close()
    assert.not.ok(tool.received().includes('mine'))
    assert.not.ok(tool.received().includes(token))
  }))

async function waitForText(tool: Tool, text: string): Promise<void> {
  await waitFor(() => tool.received().includes(text), { what: text })
}

test.run()
