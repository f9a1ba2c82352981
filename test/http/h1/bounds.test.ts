// What a client may send before anybody asked for it, and how long it may be gone.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Answer } from '../../../http/message/ports.ts'
import { waitFor } from '../../helpers/poll.ts'
import { type Decider, get, withHttp1 } from './boot-http1.ts'

const bounds = suite('a bound')

const mebibyte = 1024 * 1024

bounds('on what is sent ahead of the decision stops the client, and nothing is lost', async () => {
  const decided = Promise.withResolvers<void>()
  const decide: Decider = async (_, origin) => {
    await decided.promise
    return { kind: 'relay', origin, target: '/', host: 'a', headers: [] }
  }
  await withHttp1({ decide, tool: () => {} }, async ({ open, tool }) => {
    const client = await open()
    // More than the buffers of the system take.
    const length = 64 * mebibyte
    client.send(`POST / HTTP/1.1\r\nHost: tool\r\nContent-Length: ${length}\r\n\r\n`)
    client.send('x'.repeat(length))
    let waiting = -1
    await waitFor(
      () => {
        const before = waiting
        waiting = client.socket.writableLength
        return waiting === before
      },
      { intervalMs: 100, what: 'the client to stop' },
    )
    assert.ok(waiting > 32 * mebibyte, `${waiting} bytes wait in the client`)
    decided.resolve()
    const wire = await tool.wire(0)
    wire.keepsText = false
    await waitFor(() => wire.bytes > length, { timeoutMs: 20_000 })
    assert.is(client.socket.writableLength, 0)
  })
})

bounds('on what a client still sends after its answer closes the connection', async () => {
  const decide = (): Answer => ({ kind: 'answer', status: 403, headers: [], body: 'no' })
  await withHttp1({ decide, limits: { lingerBytes: mebibyte } }, async ({ open, server }) => {
    const client = await open()
    client.send('POST / HTTP/1.1\r\nHost: tool\r\nTransfer-Encoding: chunked\r\n\r\n')
    await client.expect(/^HTTP\/1\.1 403 [\s\S]*no$/)
    const chunk = `${mebibyte.toString(16)}\r\n${'x'.repeat(mebibyte)}\r\n`
    client.send(chunk.repeat(16))
    await waitFor(() => server.connectionCount === 0, { what: 'the connection to be closed' })
  })
})

bounds('on the time of a client that has left ends its request', async () => {
  await withHttp1({ tool: () => {}, limits: { leftTimeoutMs: 60 } }, async ({ open, tool, records }) => {
    const client = await open()
    client.socket.end(get())
    const wire = await tool.wire(0)
    await waitFor(() => wire.isClosed || wire.hasEnded, { what: 'the connection to the tool to end' })
    await waitFor(() => records.length === 1)
    assert.is(records[0]?.outcome, 'client-aborted')
  })
})

bounds.run()
