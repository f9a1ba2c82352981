// What two readers could take differently is refused before the tool sees a byte of it.
import { setTimeout as delay } from 'node:timers/promises'
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
  ['a length in hexadecimal digits', ['Content-Length: 0x2'], 'hi'],
  ['a length of 2^64 and more', ['Content-Length: 18446744073709551618'], 'hi'],
  ['an empty length', ['Content-Length:'], smuggled],
  ['a coding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['no coding', ['Transfer-Encoding: identity'], smuggled],
  ['a tab before the colon', ['Content-Length\t: 44'], smuggled],
  ['a field without a colon', ['Content-Length 44'], smuggled],
  ['a chunk size of 2^64', ['Transfer-Encoding: chunked'], `10000000000000002\r\nhi\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with a sign', ['Transfer-Encoding: chunked'], '-1\r\nhi\r\n0\r\n\r\n'],
  ['a chunk size with 0x', ['Transfer-Encoding: chunked'], '0x2\r\nhi\r\n0\r\n\r\n'],
  ['a chunk size behind a space', ['Transfer-Encoding: chunked'], ' 2\r\nhi\r\n0\r\n\r\n'],
  ['a chunk size before a space', ['Transfer-Encoding: chunked'], '2 \r\nhi\r\n0\r\n\r\n'],
  ['no chunk size', ['Transfer-Encoding: chunked'], `\r\n${smuggled}`],
  ['a chunk that is longer than it says', ['Transfer-Encoding: chunked'], `2\r\nhi0\r\n\r\n${smuggled}`],
  ['a line feed for the end of a chunk', ['Transfer-Encoding: chunked'], `2\r\nhi\n0\r\n\r\n${smuggled}`],
  ['a coding among the trailers', ['Transfer-Encoding: chunked'], '0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a host among the trailers', ['Transfer-Encoding: chunked'], '0\r\nHost: c-second.team\r\n\r\n'],
  ['a folded trailer', ['Transfer-Encoding: chunked'], '0\r\nX-A: 1\r\n 2\r\n\r\n'],
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
    ['a field before the first', `GET /a HTTP/1.1\r\n X-A: 1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['two spaces in the request line', `GET  /a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['a tab in the request line', `GET\t/a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['a fragment in the target', `GET /a#b HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['HTTP/1.2', `GET /a HTTP/1.2\r\n${host}\r\n${auth}\r\n\r\n`],
    [
      'a coding in HTTP/1.0',
      `POST /a HTTP/1.0\r\n${host}\r\n${auth}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['TRACE', `TRACE /a HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a request line of 17 KiB', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\n${host}\r\n${auth}\r\n\r\n`],
  ]
}

const honest: readonly Row[] = [
  ['a body of known length', ['Content-Length: 2'], 'hi'],
  ['a body in chunks, with a trailer', ['Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n'],
  ['chunks in other letters', ['transfer-encoding:CHUNKED'], '00002\r\nhi\r\n0\r\n\r\n'],
  ['a length that Connection names', ['Content-Length: 2', 'Connection: content-length, close'], 'hi'],
  ['a field that Connection names', ['Content-Length: 2', 'X-A: 1', 'Connection: x-a'], 'hi'],
  ['200 fields with those that must be', ['Content-Length: 2', ...Array(196).fill('X-A: 1')], 'hi'],
  ['50 names in Connection', ['Content-Length: 2', `Connection: ${Array(50).fill('n').join()}`], 'hi'],
  ['an empty field', ['Content-Length: 2', 'X-Empty:'], 'hi'],
]

function message(token: string, [, fields, body = '']: Row, host = 'c-app.team'): string {
  const lines = ['POST /a HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${token}`, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

type Tools = { readonly direct: Tool; readonly behindNginx: Tool }

/** The Connector `app` leads to a tool, and `nginx` to another behind nginx. */
function withTools(use: (system: Attacked, tools: Tools) => Promise<void>): Promise<void> {
  return withRecorder(
    () => okAnswer,
    behindNginx =>
      withNginx(`    location / { proxy_pass http://${behindNginx.host}; }`, nginx =>
        withRecorder(
          () => okAnswer,
          direct =>
            withAttacked(async system => {
              await system.connect('app', `http://${direct.host}`)
              await system.connect('nginx', `http://${nginx}`)
              behindNginx.requests.length = 0
              await use(system, { direct, behindNginx })
            }),
        ),
      ),
  )
}

test('attack: what could be read in two ways ends at the proxy, with one answer', () =>
  withTools(async (system, { direct, behindNginx }) => {
    const rows = attacks.flatMap(row =>
      ['c-app.team', 'c-nginx.team'].map(host => [row[0], message(system.token, row, host)] as const),
    )
    for (const [name, raw] of [...rows, ...otherAttacks(system.token)]) {
      // Whole, and with the head before its body: then the tool may have the head already.
      for (const cut of [raw.length, raw.indexOf('\r\n\r\n') + 4]) {
        const connection = await system.wire()
        connection.send(raw.slice(0, cut))
        if (cut < raw.length) {
          await delay(5)
          connection.send(raw.slice(cut))
        }
        const { status } = await connection.answer()
        assert.ok(status >= 400 && status < 600, `${name}: ${status}`)
        connection.end()
        await connection.closed()
        assert.is(connection.received, '', `${name}: nothing more`)
      }
    }
    const lines = direct.received().match(/^[A-Z]+ \S+ HTTP.*$/gm) ?? []
    assert.equal([...new Set(lines)], ['POST /a HTTP/1.1'], 'heads of what was decided on')
    assert.not.ok(direct.received().includes('smuggled'), direct.received())
    assert.equal([direct.requests.length, behindNginx.requests.length], [0, 0], 'no request was whole')
  }))

test('honest: what cannot be read in two ways is seen alike by the tool and behind nginx', () =>
  withTools(async (system, { direct, behindNginx }) => {
    const bodies = ({ requests }: Tool) =>
      requests.map(
        ({ line, body }) =>
          `${line.replace(/1\.[01]$/, '1')} ${body.replace(/^\d+\r\n(hi)\r\n[\s\S]*$/, '$1')}`,
      )
    for (const host of ['c-app.team', 'c-nginx.team']) {
      for (const row of honest) {
        const connection = await system.wire()
        const { status, body } = await connection.ask(message(system.token, row, host))
        assert.equal([status, body], [200, 'ok'], row[0])
        connection.close()
      }
    }
    assert.equal(bodies(direct), Array(honest.length).fill('POST /a HTTP/1 hi'))
    assert.equal(bodies(behindNginx), bodies(direct))
    assert.ok(direct.received().includes('X-Sum: 1'), 'the trailer')
  }))

test('honest: the least of a request, and a body that waits to be asked for, are served', () =>
  withTools(async (system, { direct, behindNginx }) => {
    const least = await system.wire()
    const { status } = await least.ask(
      `GET / HTTP/1.1\r\nHost:c-app.team\r\nAuthorization:Bearer ${system.token}\r\n\r\n`,
    )
    assert.is(status, 200)
    assert.is(direct.requests.at(-1)?.line, 'GET / HTTP/1.1')
    const patient = await system.wire()
    patient.send(message(system.token, ['', ['Content-Length: 2', 'Expect: 100-continue']], 'c-nginx.team'))
    await waitFor(() => patient.received === 'HTTP/1.1 100 Continue\r\n\r\n')
    assert.is((await patient.ask('hi')).status, 200)
    assert.is(behindNginx.requests.at(-1)?.body, 'hi')
    for (const wire of [least, patient]) wire.close()
  }))

test('attack: a request behind another is decided on its own; honest: two of one caller are both served', () =>
  withTools(async (system, { direct }) => {
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
      direct.requests.map(({ target }) => target),
      ['/1', '/3'],
    )
  }))

test.run()
