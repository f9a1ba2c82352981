// What two readers could take differently is refused before the tool sees a byte of it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import type { Tool } from '../../helpers/proxy.ts'
import { okAnswer, withNginx, withRecorder } from './servers.ts'
import { type Attacked, withAttacked } from './system.ts'

const test = suite('clients/attack/smuggling')

const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: c-app.team\r\n\r\n'

type Row = readonly [name: string, fields: readonly string[], body?: string]

const attacks: readonly Row[] = [
  ['both lengths', ['Content-Length: 6', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
  ['both lengths, the other first', ['Transfer-Encoding: chunked', 'Content-Length: 4'], `5c\r\n${smuggled}`],
  ['two lengths', ['Content-Length: 0', 'Content-Length: 44'], smuggled],
  ['a length twice', ['Content-Length: 1', 'Content-Length: 1'], 'x'],
  ['a length with a sign', ['Content-Length: +1'], 'x'],
  ['a list of lengths', ['Content-Length: 1, 1'], 'x'],
  ['a coding that nobody knows', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
  ['a list of codings', ['Transfer-Encoding: gzip, chunked'], '0\r\n\r\n'],
  ['a coding behind a vertical tab', ['Transfer-Encoding:\x0bchunked'], '0\r\n\r\n'],
  ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
  ['a folded field', ['X-A: 1', ' Transfer-Encoding: chunked']],
  ['a bare line feed', ['X-A: 1\nX-B: 2']],
  ['a bare carriage return', ['X-A: 1\rX-B: 2']],
  ['a NUL', ['X-A: 1\0']],
  ['another Host', ['Host: c-second.team']],
  ['two credentials', ['Authorization: Bearer aaaa']],
  ['201 fields', Array.from({ length: 201 }, (_, at) => `X-${at}: 1`)],
  ['a head of 65 KiB', [`X-A: ${'a'.repeat(65_536)}`]],
  ['51 names in Connection', [`Connection: ${Array.from({ length: 51 }, (_, at) => `n${at}`).join(',')}`]],
  ['a chunk with an extension', ['Transfer-Encoding: chunked'], '0;x\r\n\r\n'],
  ['a chunk size with a line feed alone', ['Transfer-Encoding: chunked'], `2\nok\r\n0\r\n\r\n${smuggled}`],
  ['a length among the trailers', ['Transfer-Encoding: chunked'], '0\r\nContent-Length: 5\r\n\r\n'],
]

/** Whole messages. */
const otherAttacks = (token: string): readonly (readonly [string, string])[] => {
  const host = 'Host: c-app.team'
  const auth = `Authorization: Bearer ${token}`
  return [
    ['line feeds alone', `GET /a HTTP/1.1\n${host}\n${auth}\n\n`],
    ['HTTP/0.9', 'GET /a\r\n\r\n'],
    ['no Host', `GET /a HTTP/1.1\r\n${auth}\r\n\r\n`],
    ['another host in the target', `GET http://x.example/a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['TRACE', `TRACE /a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a request line of 17 KiB', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
  ]
}

const honest: readonly Row[] = [
  ['a body of known length', ['Content-Length: 2'], 'hi'],
  ['a body in chunks, with a trailer', ['Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n'],
  ['a body after 100 Continue', ['Content-Length: 2', 'Expect: 100-continue'], 'hi'],
  ['200 fields with those that must be', Array.from({ length: 197 }, (_, at) => `X-${at}: 1`)],
  ['50 names in Connection', [`Connection: ${Array.from({ length: 50 }, (_, at) => `n${at}`).join(',')}`]],
]

function message(token: string, [, fields, body = '']: Row, host = 'c-app.team'): string {
  const lines = ['POST /a HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${token}`, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

function withTools(use: (system: Attacked, tool: Tool) => Promise<void>): Promise<void> {
  return withNginx('    location / { return 200 ok; }', nginx =>
    withRecorder(
      () => okAnswer,
      tool =>
        withAttacked(async system => {
          await system.connect('app', `http://${tool.host}`)
          await system.connect('nginx', `http://${nginx}`)
          await use(system, tool)
        }),
    ),
  )
}

test('attack: what could be read in two ways ends at the proxy, with one answer; honest: what cannot goes on', () =>
  withTools(async (system, tool) => {
    const rows = attacks.map(row => [row[0], message(system.token, row)] as const)
    for (const [name, raw] of [...rows, ...otherAttacks(system.token)]) {
      const connection = await system.wire()
      const { status } = await connection.ask(raw)
      assert.ok(status >= 400 && status < 600, `${name}: ${status}`)
      connection.end()
      await connection.closed()
      assert.is(connection.received, '', `${name}: nothing more`)
    }
    // The head may be sent before its body is read: no request but the one that was decided on.
    const lines = tool.received().match(/^[A-Z]+ \S+ HTTP.*$/gm) ?? []
    assert.not.ok(tool.received().includes('smuggled'), tool.received())
    assert.ok(
      lines.every(line => line === 'POST /a HTTP/1.1'),
      lines.join(),
    )
    const before = tool.requests.length
    assert.is(before, 0, 'no request was whole')
    for (const row of honest) {
      const connection = await system.wire()
      assert.is((await connection.ask(message(system.token, row, 'c-nginx.team'))).status, 200, row[0])
      connection.close()
    }
  }))

test('attack: a request behind another is decided on its own; honest: two of one caller are both served', () =>
  withTools(async (system, tool) => {
    const one = `GET /1 HTTP/1.1\r\nHost: c-app.team\r\nAuthorization: Bearer ${system.token}\r\n\r\n`
    const without = 'GET /2 HTTP/1.1\r\nHost: c-app.team\r\n\r\n'
    const connection = await system.wire()
    connection.send(one + without + one.replace('/1', '/3'))
    const statuses = [await connection.answer(), await connection.answer(), await connection.answer()]
    assert.equal(
      statuses.map(({ status }) => status),
      [200, 401, 200],
    )
    assert.equal(
      tool.requests.map(({ target }) => target),
      ['/1', '/3'],
    )
  }))

test('attack: an answer that breaks off, or that is none, is an error for the client and in the audit', () =>
  withRecorder(
    ({ target }, socket) => {
      if (target === '/ok') return okAnswer
      if (target === '/short') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxyz')
      if (target === '/none') socket.end('SSH-2.0-tool\r\n')
      if (target === '/both')
        return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
      if (target === '/extension')
        return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n'
      return undefined
    },
    tool =>
      withAttacked(async system => {
        await system.connect('app', `http://${tool.host}`)
        const ask = async (path: string) => {
          const connection = await system.wire()
          const raw = message(system.token, ['', ['Content-Length: 0']]).replace('/a', path)
          const reply = await connection.ask(raw)
          connection.close()
          return reply
        }
        assert.is((await ask('/none')).status, 502)
        assert.is((await ask('/both')).status, 502)
        assert.is((await ask('/short')).body, 'xyz', 'and then the connection is cut')
        assert.is((await ask('/ok')).status, 200, 'honest')
        const extended = await ask('/extension')
        assert.is(extended.status, 200, 'honest: extensions of an answer mean nothing')
        assert.not.match(extended.raw, /a=b/)
        const line = await waitFor(() => system.audits().find(({ path }) => path === '/short'))
        assert.is(line.status, 502, JSON.stringify(line))
      }),
  ))

test.run()
