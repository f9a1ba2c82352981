// A tool that says all it is told does not tell the client the credential: docs/security.md has where the search ends.
import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectorClasses } from '../../../kube/object/resources.ts'
import { waitFor } from '../../helpers/poll.ts'
import { basicOf, canaryPassword, type Reply } from '../../helpers/proxy.ts'
import { formsOf } from '../../helpers/secret-forms.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { withLfsServer } from '../lfs/server.ts'
import { passing } from '../paths/spellings.ts'
import { withRecorder } from './servers.ts'
import { type Attacked, username, withAttacked } from './system.ts'

const test = suite('clients/attack/credential')

const injected = basicOf(username, canaryPassword)
const encoded = injected.slice('Basic '.length)
const unpadded = encoded.replace(/=+$/, '')
const inUrl = encodeURIComponent(canaryPassword)
const inJson = JSON.stringify(canaryPassword).slice(1, -1)
/** Slashes as PHP writes them in JSON, too. */
const secrets = [
  ...formsOf(canaryPassword),
  ...formsOf(`${username}:${canaryPassword}`),
  unpadded,
  inJson,
].flatMap(text => [text, text.replaceAll('/', '\\/')])

async function ask(
  system: Attacked,
  path: string,
  { method = 'GET', body = '', host = 'c-app.team' } = {},
): Promise<Reply> {
  const connection = await system.wire()
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`, `Authorization: Bearer ${system.token}`]
  const length = body === '' ? [] : [`Content-Length: ${body.length}`]
  const reply = await connection.ask(
    `${[...lines, ...length, 'TE: trailers', 'Connection: TE'].join('\r\n')}\r\n\r\n${body}`,
  )
  connection.close()
  return reply
}

function checkClean({ raw }: Reply, name: string): void {
  for (const secret of secrets)
    assert.not.ok(raw.includes(secret), `${name}: ${secret}\n${raw.slice(0, 500)}`)
}

const chunked = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n'
const withBody = (type: string, body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** What the tool says, and what the client may be told: a status, or that the connection is cut. */
const answers: Readonly<Record<string, readonly [says: string, status: number | 'cut']>> = {
  header: [`HTTP/1.1 200 OK\r\nX-Echo: ${injected}\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n`, 200],
  'header, the password': [`HTTP/1.1 200 OK\r\nX-P: ${canaryPassword}\r\nContent-Length: 0\r\n\r\n`, 200],
  'header, in a URL': [
    `HTTP/1.1 302 Found\r\nLocation: https://x.example/?p=${inUrl}\r\nContent-Length: 0\r\n\r\n`,
    302,
  ],
  'header, a name': [
    `HTTP/1.1 200 OK\r\nX-${unpadded.replace(/[^A-Za-z0-9]/g, '')}: 1\r\nContent-Length: 0\r\n\r\n`,
    200,
  ],
  'header of an interim answer': [
    `HTTP/1.1 103 Early Hints\r\nX-Echo: ${injected}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
    200,
  ],
  trailer: [`${chunked}Trailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: ${injected}\r\n\r\n`, 200],
  'reason phrase': [`HTTP/1.1 200 ${unpadded}\r\nContent-Length: 0\r\n\r\n`, 502],
  JSON: [withBody('application/json', JSON.stringify({ auth: injected })), 502],
  'JSON with escaped slashes': [
    withBody('application/json', JSON.stringify({ auth: injected }).replaceAll('/', '\\/')),
    502,
  ],
  'a page': [withBody('text/html', `${'x'.repeat(70_000)}${injected}${'x'.repeat(70_000)}`), 'cut'],
  'a page, in pieces': [
    `${chunked}\r\n4\r\nabcd\r\n${unpadded.length.toString(16)}\r\n${unpadded}\r\n0\r\n\r\n`,
    'cut',
  ],
  'a page, across pieces': [
    `${chunked}\r\n14\r\n${unpadded.slice(0, 20)}\r\n${(unpadded.length - 20).toString(16)}\r\n${unpadded.slice(20)}\r\n0\r\n\r\n`,
    'cut',
  ],
  'an LFS answer by its type': [
    withBody(
      'application/vnd.git-lfs+json',
      JSON.stringify({
        objects: [
          { actions: { download: { href: 'https://b.example', header: { Authorization: injected } } } },
        ],
      }),
    ),
    200,
  ],
}

test('attack: a tool that repeats the credential in any place tells the client nothing of it', () =>
  withRecorder(
    ({ target }) => answers[decodeURIComponent(target.slice(1))]?.[0] ?? withBody('text/plain', 'fine'),
    tool =>
      withAttacked(async system => {
        await system.connect('app', `http://${tool.host}`)
        for (const [name, [, expected]] of Object.entries(answers)) {
          const path = `/${encodeURIComponent(name)}`
          const reply = await ask(system, path)
          checkClean(reply, name)
          if (expected !== 'cut') assert.is(reply.status, expected, name)
          else {
            assert.not.match(reply.raw, /0\r\n\r\n$/, `${name}: no clean end`)
            const length = reply.header('content-length')
            if (length !== undefined) assert.ok(reply.body.length < Number(length), name)
            const line = await waitFor(() => system.audits().find(line => line['path'] === path))
            assert.equal([line['refusal'], line.status], ['CredentialInAnswer', 502], name)
          }
        }
        const log = system.instance.stderr() + system.instance.stdout()
        for (const secret of [...secrets, system.token]) assert.not.ok(log.includes(secret), 'in the log')
      }),
  ))

test('honest: what is not a credential arrives whole: archives, short words of it, and all where a class says so', () => {
  const archive = randomBytes(3 * 1024 * 1024).toString('latin1')
  return withRecorder(
    ({ target }) => {
      if (target === '/archive')
        return `HTTP/1.1 200 OK\r\nContent-Length: ${archive.length}\r\n\r\n${archive}`
      if (target === '/echo') return withBody('text/plain', injected)
      return withBody('text/plain', `${username} ${canaryPassword} ${unpadded.slice(0, 15)}`)
    },
    tool =>
      withAttacked(async system => {
        await system.connect('app', `http://${tool.host}`)
        assert.ok((await ask(system, '/archive')).body === archive)
        // A password alone may stand in any tarball.
        assert.is(
          (await ask(system, '/words')).body,
          `${username} ${canaryPassword} ${unpadded.slice(0, 15)}`,
        )
        assert.is((await ask(system, '/echo')).body, '')
        const annotations = { 'connectors.cpaas.io/scan-answers': 'false' }
        await system.client.patch(
          connectorClasses,
          { name: 'tool' },
          { patch: { metadata: { annotations } } },
        )
        await waitFor(async () => (await ask(system, '/echo')).body === injected)
      }),
  )
})

const oid = 'ab'.repeat(32)
const types = ['application/vnd.git-lfs+json', 'application/json', 'application/octet-stream', 'none']

test('attack: no spelling of an LFS path brings the credential; honest: its actions lead through the proxy', () =>
  withTempDir(root =>
    withLfsServer({ root, authorization: injected }, server =>
      withAttacked(async system => {
        await system.connect('app', server.url)
        const batch = JSON.stringify({ operation: 'download', objects: [{ oid, size: 1 }] })
        const own = '/r.git/info/lfs/objects/batch'
        for (const path of passing.filter(path => /batch/i.test(path) && !path.includes('?'))) {
          for (const type of types) {
            // What only an answer of the LFS API is searched for: the password by itself.
            for (const form of ['header', 'plain']) {
              const query = `?type=${encodeURIComponent(type)}&form=${form}`
              checkClean(await ask(system, path + query, { method: 'POST', body: batch }), path)
              checkClean(await ask(system, path.replace(/(?:batch|%(?:25)*62atch)/i, oid) + query), path)
            }
          }
        }
        assert.ok(server.said().filter(path => path === own).length > 10, 'the server took many for its own')
        const { body, status } = await ask(system, own, { method: 'POST', body: batch })
        assert.is(status, 200)
        const [{ actions }] = JSON.parse(body).objects
        assert.is(actions.download.href, `http://c-app.team/r.git/lfs/${oid}`)
      }),
    ),
  ))

test.run()
