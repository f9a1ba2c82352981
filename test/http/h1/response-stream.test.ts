// What must not pass in a body does not, however the body is framed and cut; everything else does.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ByteSequences } from '../../../http/message/byte-sequences.ts'
import type { ResponseVerdict } from '../../../http/message/ports.ts'
import { waitFor } from '../../helpers/poll.ts'
import { get, withHttp1 } from './boot-http1.ts'

const test = suite('http/h1/response-stream')

const secret = 'c2VjcmV0LW9mLWEtdG9vbA'
const failure = { status: 502, reason: 'CredentialInAnswer', message: 'm' }
const rewriteResponse = ({ headers }: { headers: readonly string[] }): ResponseVerdict => ({
  kind: 'pass',
  headers,
  forbidden: { sequences: new ByteSequences([Buffer.from(secret)]), failure },
})

const chunked = (pieces: readonly string[]) =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${pieces
    .map(piece => `${piece.length.toString(16)}\r\n${piece}\r\n`)
    .join('')}0\r\n\r\n`
const sized = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const untilClose = (body: string) => `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`
const bytewise = (body: string) => [...body]

/** Sends the answer in pieces of this size, one a turn. */
async function exchange(answer: string, { piece = 4096, version = '1.1' } = {}) {
  let result = { received: '', wasCut: false, reason: undefined as string | undefined }
  const tool = (wire: { socket: import('node:net').Socket }) =>
    wire.socket.once('data', async () => {
      for (let at = 0; at < answer.length; at += piece) {
        wire.socket.write(answer.slice(at, at + piece), 'latin1')
        await new Promise(resolve => setImmediate(resolve))
      }
      if (answer.includes('Connection: close')) wire.socket.end()
    })
  await withHttp1({ tool, relay: { rewriteResponse } }, async ({ open, records }) => {
    const client = await open()
    let wasCut = false
    client.socket.on('error', () => {
      wasCut = true
    })
    client.send(get('/', 'Connection: close\r\n').replace('HTTP/1.1', `HTTP/${version}`))
    await client.end()
    client.socket.end()
    await waitFor(() => client.isClosed)
    await waitFor(() => records.length === 1)
    result = { received: client.received, wasCut, reason: records[0]?.failure?.reason }
  })
  return result
}

test('a body that holds it is cut off before it is whole, and never ends cleanly', async () => {
  const body = `${'x'.repeat(700)}${secret}${'y'.repeat(700)}`
  for (const [name, answer, options] of [
    ['sized', sized(body), {}],
    ['in a later read', sized(`${'z'.repeat(100_000)}${body}`), {}],
    ['cut at every byte', sized(body), { piece: 1 }],
    ['cut in the middle', sized(body), { piece: 711 }],
    ['one chunk', chunked([body]), {}],
    ['a chunk a byte', chunked(bytewise(body)), {}],
    ['a chunk a byte, a read each', chunked(bytewise(secret)), { piece: 1 }],
    ['split between chunks', chunked([body.slice(0, 710), body.slice(710)]), {}],
    ['at the end of a chunk', chunked([body.slice(0, 700 + secret.length), 'rest']), { piece: 7 }],
    ['until close', untilClose(body), { piece: 705 }],
    ['to an old client', chunked(bytewise(body)), { version: '1.0' }],
    ['with chunk extensions', chunked([body]).replace('\r\n\r\n58e', '\r\n\r\n58e;a=b'), {}],
  ] as const) {
    const { received, wasCut, reason } = await exchange(answer, options)
    assert.is(reason, 'CredentialInAnswer', name)
    assert.ok(wasCut, `${name} was cut`)
    const payload = received.replace(/\r\n[0-9a-f]+\r\n/g, '')
    for (let length = 6; length <= secret.length; length++) {
      assert.not.ok(payload.includes(secret.slice(0, length)), `${name}: ${length} bytes of it passed`)
    }
  }
})

test('a body that only nearly holds it passes byte for byte', async () => {
  const near = `${secret.slice(0, -1)}.${secret.slice(1)}${secret.slice(0, 10)}`
  const body = `${'x'.repeat(600)}${near}${'y'.repeat(600)}${secret.slice(0, 15)}`
  for (const [name, answer, options] of [
    ['sized', sized(body), {}],
    ['cut at every byte', sized(body), { piece: 1 }],
    ['chunked', chunked([body]), {}],
    ['a chunk a byte', chunked(bytewise(body)), {}],
    ['chunks cut anywhere', chunked(bytewise(body)), { piece: 5 }],
    ['until close', untilClose(body), { piece: 613 }],
    ['to an old client', chunked(bytewise(body)), { version: '1.0', piece: 3 }],
  ] as const) {
    const { received, wasCut, reason } = await exchange(answer, options)
    assert.equal([reason, wasCut], [undefined, false], name)
    const rest = received.slice(received.indexOf('\r\n\r\n') + 4)
    const isChunked = /\r\nTransfer-Encoding: chunked/i.test(received)
    assert.is(isChunked ? dechunked(rest) : rest, body, name)
  }
})

function dechunked(text: string): string {
  let body = ''
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, end), 16)
    if (size === 0) return body
    body += text.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}

test.run()
