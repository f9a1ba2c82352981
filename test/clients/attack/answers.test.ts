// What a tool answers that two readers could take differently, or that breaks off, is an error for the client and in
// the audit, and never the beginning of another answer.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import { okAnswer, withRecorder } from './servers.ts'
import { type Attacked, type AuditLine, withAttacked } from './system.ts'
import type { Wire } from './wire.ts'

const test = suite('clients/attack/answers')

const head = 'HTTP/1.1 200 OK\r\n'
const chunked = `${head}Transfer-Encoding: chunked\r\n`
const early = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'

const refused: Readonly<Record<string, string>> = {
  'another protocol': 'SSH-2.0-tool\r\n',
  'another version': 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'no status': 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n',
  'a status of no class': 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n',
  'both lengths': `${chunked}Content-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'two lengths': `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`,
  'a length twice': `${head}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
  'a length with a sign': `${head}Content-Length: +2\r\n\r\nok`,
  'a list of lengths': `${head}Content-Length: 2, 2\r\n\r\nok`,
  'a list of codings': `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'a coding that nobody knows': `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'a coding twice': `${chunked}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a coding in HTTP/1.0': chunked.replace('1.1', '1.0').concat('\r\n0\r\n\r\n'),
  'a space before the colon': `${head}Content-Length : 2\r\n\r\nok`,
  'a folded field': `${head}X-A: 1\r\n Content-Length: 2\r\n\r\nok`,
  'a bare line feed': `${head}X-A: 1\nContent-Length: 2\r\n\r\nok`,
  'a bare carriage return': `${head}X-A: 1\rX-B: 2\r\nContent-Length: 2\r\n\r\nok`,
  'a NUL': `${head}X-A: 1\0\r\nContent-Length: 2\r\n\r\nok`,
  '201 fields': `${head}${'X-A: 1\r\n'.repeat(200)}Content-Length: 2\r\n\r\nok`,
  'a head of 65 KiB': `${head}X-A: ${'a'.repeat(65_536)}\r\nContent-Length: 2\r\n\r\nok`,
  '51 names in Connection': `${head}Connection: ${Array(51).fill('n').join()}\r\nContent-Length: 2\r\n\r\nok`,
  'another protocol unasked':
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  'interim answers without end': early.repeat(11) + okAnswer,
  'no more than interim answers': early,
  nothing: '',
}

/** What follows a head that the client has, until the tool closes. */
const cut: Readonly<Record<string, string>> = {
  'a short body': `${head}Content-Length: 10\r\n\r\nxyz`,
  'a chunk that breaks off': `${chunked}\r\n5\r\nxy`,
  'chunks without the last': `${chunked}\r\n2\r\nok\r\n`,
  'a last chunk without its end': `${chunked}\r\n2\r\nok\r\n0\r\n`,
  'a size that is none': `${chunked}\r\n2\r\nok\r\nzz\r\n`,
  'a size with a sign': `${chunked}\r\n2\r\nok\r\n-1\r\n`,
  'a size of 2^52': `${chunked}\r\n2\r\nok\r\n10000000000000\r\n`,
  'a line feed for the end of a chunk': `${chunked}\r\n2\r\nok\n0\r\n\r\n`,
  'a chunk that is longer than it says': `${chunked}\r\n2\r\nokk\r\n0\r\n\r\n`,
  'an extension without end': `${chunked}\r\n2\r\nok\r\n2;${'x'.repeat(20_000)}\r\nok\r\n0\r\n\r\n`,
  'a length among the trailers': `${chunked}\r\n2\r\nok\r\n0\r\nContent-Length: 5\r\n\r\n`,
}

const honest: Readonly<Record<string, string>> = {
  'of known length': okAnswer,
  'in chunks': `${chunked}\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n`,
  'in chunks with extensions': `${chunked}\r\n2;a=b\r\nok\r\n0;c\r\n\r\n`,
  'in chunks with a trailer': `${chunked}\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`,
  'after interim answers': early.repeat(10) + okAnswer,
  '200 fields': `${head}${'X-A: 1\r\n'.repeat(199)}Content-Length: 2\r\n\r\nok`,
  'without a reason': okAnswer.replace(' OK', ''),
}

/** Up to the end of the connection. */
const honestByClose: Readonly<Record<string, string>> = {
  'of no known length': `${head}\r\nok`,
  'of HTTP/1.0': 'HTTP/1.0 200 OK\r\n\r\nok',
}

const answers = { ...refused, ...cut, ...honest, ...honestByClose }
const pathOf = (name: string) => `/${encodeURIComponent(name)}`

function get(token: string, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: c-app.team\r\nAuthorization: Bearer ${token}\r\n\r\n`
}

/** Closes after all but the honest answers. */
function withMisbehaving(use: (system: Attacked) => Promise<void>): Promise<void> {
  return withRecorder(
    ({ target }, socket) => {
      const name = decodeURIComponent(target.slice(1))
      if (name in honest) return honest[name]
      if (name === 'endless') return `${head}Content-Length: 10\r\n\r\nxyz`
      if (name === 'reset') {
        socket.write(`${head}Content-Length: 10\r\n\r\nxyz`)
        setTimeout(() => socket.resetAndDestroy(), 20)
      } else socket.end((answers as Readonly<Record<string, string>>)[name] ?? '', 'latin1')
      return undefined
    },
    tool =>
      withAttacked(async system => {
        await system.connect('app', `http://${tool.host}`)
        await use(system)
      }),
  )
}

function auditOf(system: Attacked, path: string): Promise<AuditLine> {
  const isOf = (line: AuditLine) => line['path'] === path
  return waitFor(() => system.audits().find(isOf), { what: `${path} in the audit` })
}

async function ask(system: Attacked, path: string): Promise<Wire> {
  const wire = await system.wire()
  wire.send(get(system.token, path))
  return wire
}

test('attack: an answer that can be read in two ways, or is none, is 502; honest: the next one of the connection', () =>
  withMisbehaving(async system => {
    for (const name of Object.keys(refused)) {
      const wire = await ask(system, pathOf(name))
      assert.is((await wire.answer()).status, 502, name)
      const { status, body } = await wire.ask(get(system.token, pathOf('of known length')))
      assert.equal([status, body], [200, 'ok'], name)
      assert.is(wire.received, '', name)
      assert.is((await auditOf(system, pathOf(name))).status, 502, name)
      wire.close()
    }
  }))

test('attack: an answer that breaks off ends the connection, and is not a success in the audit', () =>
  withMisbehaving(async system => {
    for (const name of [...Object.keys(cut), 'reset']) {
      const wire = await ask(system, pathOf(name))
      await wire.closed()
      // The reset that tells of the cut may overtake what was sent before.
      assert.match(wire.received, /^(?:HTTP\/1\.1 200 |$)/, name)
      assert.not.match(wire.received, /\r\n0\r\n(?:[^\r]+\r\n)*\r\n$/, `${name}: no clean end`)
      assert.is((await auditOf(system, pathOf(name))).status, 502, name)
    }
    const left = await ask(system, '/endless')
    await waitFor(() => left.received.endsWith('xyz'))
    left.socket.resetAndDestroy()
    const line = await auditOf(system, '/endless')
    assert.equal([line.status, line['outcome']], [499, 'client-aborted'])
  }))

test('honest: answers in every form arrive whole, and those with an end leave the connection open', () =>
  withMisbehaving(async system => {
    const wire = await system.wire()
    for (const name of Object.keys(honest)) {
      const { status, body, raw } = await wire.ask(get(system.token, pathOf(name)))
      assert.is(status, 200, name)
      assert.is(body.replace(/\r\n0\r\n[\s\S]*$/, '').replace(/(?:^|\r\n)\d+\r\n/g, ''), 'ok', name)
      assert.not.match(raw, /a=b/, 'extensions mean nothing')
      assert.is((await auditOf(system, pathOf(name))).status, 200, name)
    }
    wire.close()
    for (const name of Object.keys(honestByClose)) {
      const { status, body } = await (await ask(system, pathOf(name))).answer()
      assert.equal([status, body], [200, 'ok'], name)
    }
  }))

test.run()
