// Extensions of chunks: a tool's are dropped (RFC 9112, 7.1.1), a client's refused.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { answering, get, withHttp1 } from './boot-http1.ts'

const test = suite('http/h1/chunk-extensions')

const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

test('those of an answer are dropped, wherever the answer is cut', async () => {
  for (const body of [
    '5;a=b\r\nhello\r\n0\r\n\r\n',
    '5;a="x;y"\r\nhello\r\n0;last\r\n\r\n',
    '2\r\nhe\r\n3;x\r\nllo\r\n0\r\n\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    '5 ; a = b\r\nhello\r\n0;\r\n\r\n',
    `5;${'x'.repeat(5000)}\r\nhello\r\n0\r\n\r\n`,
  ]) {
    const pieces = body.length > 1000 ? [1000] : Array.from({ length: body.length }, (_, at) => at)
    for (const cut of pieces) {
      const tool = (wire: { socket: import('node:net').Socket }) =>
        wire.socket.on('data', async () => {
          wire.socket.write(head + body.slice(0, cut))
          await new Promise(resolve => setTimeout(resolve, 1))
          wire.socket.write(body.slice(cut))
        })
      await withHttp1({ tool }, async ({ open, server }) => {
        const client = await open()
        client.send(get())
        const text = await client.expect(/\r\n0\r\n\r\n$/)
        assert.not.match(text.slice(text.indexOf('\r\n\r\n')), /[;x]/)
        const payload = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/[0-9]+\r\n|\r\n/g, '')
        assert.is(payload, 'hello', `${JSON.stringify(body)} cut at ${cut}`)
        assert.is(server.idleUpstreamCount, 1)
      })
    }
  }
})

test('endless ones are a malformed answer', async () => {
  const endless = `${head}5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`
  await withHttp1({ tool: answering(() => endless) }, async ({ open, records }) => {
    const client = await open()
    client.send(get())
    await client.end()
    assert.is(records[0]?.failure?.reason, 'UpstreamMalformed')
  })
})

test('control characters in them, or no size before them, are malformed', async () => {
  for (const line of ['5;a\0b', '5;a\x7f', ';a=b', '5;a\nb', '5;a\r\r']) {
    await withHttp1(
      { tool: answering(() => `${head}${line}\r\nhello\r\n0\r\n\r\n`) },
      async ({ open, records }) => {
        const client = await open()
        client.send(get())
        await client.end()
        assert.is(records[0]?.failure?.reason, 'UpstreamMalformed', JSON.stringify(line))
      },
    )
  }
})

test.run()
