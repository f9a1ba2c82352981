// How long connections live: back-pressure, time-outs, bounds and the drain.
import { once } from 'node:events'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import { answering, get, ok, type Wire, withHttp1 } from './boot-http1.ts'

const post = (headers: string, body = ''): string => `POST /x HTTP/1.1\r\nHost: tool\r\n${headers}\r\n${body}`

const pressure = suite('back-pressure')

const total = 64 * 1024 * 1024
/** What the buffers of the kernel and of us may hold between the two ends. */
const inFlight = 24 * 1024 * 1024

/** Writes as fast as it may, and counts. */
const pour = (wire: Wire, bytes: number): { readonly written: number } => {
  const chunk = Buffer.alloc(256 * 1024, 'x')
  const poured = { written: 0 }
  const more = () => {
    while (poured.written < bytes) {
      poured.written += chunk.length
      if (!wire.socket.write(chunk)) return
    }
  }
  wire.socket.on('drain', more)
  more()
  return poured
}

/** Until a number has not changed for a while. */
const settles = async (read: () => number) => {
  let last = -1
  let since = performance.now()
  await waitFor(() => {
    if (read() !== last) since = performance.now()
    last = read()
    return performance.now() - since > 150
  })
}

pressure('stops a tool whose client does not read, and lets it go on later', async () => {
  let poured: { readonly written: number } = { written: 0 }
  for (const framing of ['length', 'chunked', 'close'] as const) {
    const tool = (wire: Wire) =>
      wire.socket.once('data', () => {
        if (framing === 'length') wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`)
        if (framing === 'chunked')
          wire.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${total.toString(16)}\r\n`)
        if (framing === 'close') wire.send('HTTP/1.1 200 OK\r\n\r\n')
        poured = pour(wire, total)
        if (framing === 'close') wire.socket.once('drain', () => {})
      })
    await withHttp1({ tool }, async ({ open, server }) => {
      const client = await open()
      client.keepsText = false
      client.socket.pause()
      client.send(get())
      await waitFor(() => poured.written > 0)
      await settles(() => poured.written)
      assert.ok(poured.written < inFlight, `${framing}: ${poured.written} bytes are in flight`)
      client.socket.resume()
      await waitFor(() => client.bytes > total, { what: 'the whole body' })
      assert.is(poured.written, total)
      if (framing === 'length') await waitFor(() => server.idleUpstreamCount === 1)
    })
  }
})

pressure('stops a client whose tool does not read, and lets it go on later', async () => {
  await withHttp1({ tool: wire => wire.socket.pause() }, async ({ open, tool }) => {
    const client = await open()
    client.send(post(`Content-Length: ${total}\r\n`))
    const poured = pour(client, total)
    const wire = await tool.wire(0)
    wire.keepsText = false
    await settles(() => poured.written)
    assert.ok(poured.written < inFlight, `${poured.written} bytes are in flight`)
    wire.socket.resume()
    await waitFor(() => wire.bytes > total, { what: 'the whole body' })
    wire.send(ok())
    await client.expect('ok')
  })
})

pressure('stops a client that sends requests and reads no answer', async () => {
  const decide = () => ({ kind: 'answer' as const, status: 200, headers: [], body: 'x'.repeat(100_000) })
  await withHttp1({ decide }, async ({ open, heads }) => {
    const client = await open()
    client.keepsText = false
    client.socket.pause()
    const count = 1000
    client.send(get().repeat(count))
    await settles(() => heads.length)
    assert.ok(heads.length < count / 2, `${heads.length} were answered`)
    client.socket.resume()
    await waitFor(() => client.bytes > count * 100_000)
    assert.is(heads.length, count)
  })
})

pressure.run()

const limits = suite('a bound')

limits('in time ends a head that does not arrive', async () => {
  await withHttp1({ limits: { headerTimeoutMs: 60, lingerTimeoutMs: 60 } }, async ({ open, server }) => {
    const slow = await open()
    slow.send('GET / HTTP/1.1\r\nHo')
    const silent = await open()
    assert.match(await slow.end(), /^HTTP\/1\.1 408 [\s\S]*Connection: close\r\n\r\nRequestTimeout$/)
    assert.is(await silent.end(), '')
    await waitFor(() => server.connectionCount === 0, { what: 'the end of those who do not close' })
  })
})

limits('in time ends idle connections, and answers for a tool that does not', async () => {
  const tool = answering(request => (request.includes('/slow') ? '' : ok()))
  await withHttp1(
    { tool, limits: { idleTimeoutMs: 80, responseHeadTimeoutMs: 160 } },
    async ({ open, records }) => {
      const idle = await open()
      idle.send(get())
      await idle.expect('ok')
      assert.ok((await idle.end()).endsWith('ok'))
      const waiting = await open()
      waiting.send(get('/slow'))
      await waiting.expect(/^HTTP\/1\.1 504 [\s\S]*UpstreamTimeout$/)
      assert.is(records.at(-1)?.outcome, 'timeout')
      const uploading = await open()
      uploading.send(post('Content-Length: 10\r\n', 'abc'))
      assert.match(await uploading.end(), /^HTTP\/1\.1 408 /)
    },
  )
})

limits('on connections closes those beyond it', async () => {
  await withHttp1({ limits: { connections: 2 } }, async ({ open, port, server }) => {
    const clients = [await open(), await open()]
    for (const client of clients) {
      client.send(get())
      await client.expect('ok')
    }
    const beyond = connect(port, '127.0.0.1')
    beyond.on('error', () => {})
    await once(beyond, 'close')
    clients[0]?.socket.destroy()
    await waitFor(() => server.connectionCount === 1)
    const next = await open()
    next.send(get())
    await next.expect('ok')
  })
})

limits('on idle connections to tools drops the rest', async () => {
  await withHttp1({ tool: () => {}, limits: { idleUpstreamsPerKey: 2 } }, async ({ open, tool, server }) => {
    const clients = [await open(), await open(), await open()]
    for (const [at, client] of clients.entries()) {
      client.send(get())
      await (await tool.wire(at)).expect('\r\n\r\n')
    }
    for (const wire of tool.wires) wire.send(ok())
    for (const client of clients) await client.expect('ok')
    assert.is(server.idleUpstreamCount, 2)
  })
})

limits('in time drops idle connections to tools', async () => {
  await withHttp1(
    { limits: { idleUpstreamTimeoutMs: 30, headerTimeoutMs: 40 } },
    async ({ open, tool, server }) => {
      const client = await open()
      client.send(get())
      await client.expect('ok')
      await waitFor(() => server.idleUpstreamCount === 0)
      await waitFor(() => tool.wires[0]?.hasEnded)
    },
  )
})

limits.run()

const drains = suite('a drain')

drains('lets running exchanges end, closes idle connections and accepts no more', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool, server, port }) => {
    const idle = await open()
    const running = await open()
    running.send(post('Content-Length: 6\r\n', 'abc'))
    const wire = await tool.wire(0)
    await wire.expect('abc')
    const closed = server.close({ timeoutMs: 60_000 })
    assert.is(await idle.end(), '')
    idle.socket.end()
    const refused = connect(port, '127.0.0.1')
    const [error] = await once(refused, 'error')
    assert.is(error.code, 'ECONNREFUSED')
    running.send('def')
    await wire.expect('abcdef')
    wire.send(ok())
    assert.match(await running.end(), /Connection: close\r\n\r\nok$/)
    running.socket.end()
    await closed
    assert.is(server.connectionCount, 0)
  })
})

drains('ends a connection whose answer had begun before it, once that is through', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool, server }) => {
    const client = await open()
    client.send(get())
    const wire = await tool.wire(0)
    await wire.expect('\r\n\r\n')
    wire.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc')
    await client.expect('abc')
    const closed = server.close({ timeoutMs: 60_000 })
    wire.send('def')
    await client.end()
    client.socket.end()
    await closed
  })
})

drains('cuts what has not ended in time', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool, server, records }) => {
    const client = await open()
    client.send(get())
    await (await tool.wire(0)).expect('\r\n\r\n')
    await server.close({ timeoutMs: 20 })
    await client.end()
    assert.is(records[0]?.outcome, 'server-closed')
    await waitFor(() => tool.wires[0]?.hasEnded)
  })
})

drains.run()
