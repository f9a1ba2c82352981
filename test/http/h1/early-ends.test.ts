// Ends that come early, late or not at all: of clients, tools and their connections.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import { answering, type Decider, get, ok, type Wire, withHttp1 } from './boot-http1.ts'

const post = (headers: string, body = ''): string => `POST /x HTTP/1.1\r\nHost: tool\r\n${headers}\r\n${body}`

const clients = suite('a client')

clients('that half-closes gets the answer of a slow tool', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool }) => {
    const client = await open()
    client.socket.end(get())
    const wire = await tool.wire(0)
    await wire.expect('\r\n\r\n')
    // A turn of the event loop: the end has arrived long before the answer.
    await waitFor(() => client.socket.writableFinished)
    wire.send(ok('late'))
    assert.match(await client.end(), /^HTTP\/1\.1 200 [\s\S]*late$/)
  })
})

clients('that half-closes after several requests gets all answers', async () => {
  await withHttp1({}, async ({ open }) => {
    const client = await open()
    client.socket.end(get('/1') + get('/2') + get('/3'))
    assert.is((await client.end()).split('200 OK').length, 4)
  })
})

clients('that half-closes gets the answers of the consumer between those of the tool', async () => {
  const decide: Decider = (request, origin) =>
    request.path === '/tool'
      ? { kind: 'relay', origin, target: '/', host: 'a', headers: [] }
      : { kind: 'answer', status: 403, headers: [], body: 'no' }
  await withHttp1({ decide }, async ({ open }) => {
    const client = await open()
    client.socket.end(get('/tool') + get('/a') + get('/b') + get('/tool') + get('/c'))
    const statuses = (await client.end()).match(/HTTP\/1\.1 \d+/g)?.map(line => line.slice(9))
    assert.equal(statuses, ['200', '403', '403', '200', '403'])
  })
})

clients('that leaves amid its upload takes the exchange with it', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool, records }) => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const client = await open()
      client.send(post('Content-Length: 100\r\n', 'abc'))
      const wire = await tool.wire(leave === 'end' ? 0 : 1)
      await wire.expect('abc')
      client.socket[leave]()
      await waitFor(() => wire.isClosed || wire.hasEnded)
      await waitFor(() => records.length === (leave === 'end' ? 1 : 2))
      assert.is(records.at(-1)?.outcome, 'client-aborted')
    }
  })
})

clients('that leaves while its answer comes ends the transfer', async () => {
  const tool = answering(() => `HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc`)
  await withHttp1({ tool }, async ({ open, tool: { wires }, records }) => {
    const client = await open()
    client.send(get())
    await client.expect('abc')
    client.socket.resetAndDestroy()
    await waitFor(() => wires[0]?.isClosed || wires[0]?.hasEnded)
    await waitFor(() => records[0]?.outcome === 'client-aborted')
  })
})

clients('that leaves while the decision is made still gets its end recorded', async () => {
  const gate = Promise.withResolvers<void>()
  const outcomes: string[] = []
  const decide = async () => {
    await gate.promise
    return {
      kind: 'answer' as const,
      status: 200,
      headers: [],
      onEnd: ({ outcome }: { outcome: string }) => outcomes.push(outcome),
    }
  }
  await withHttp1({ decide }, async ({ open, server, heads }) => {
    const client = await open()
    client.send(get())
    await waitFor(() => heads.length === 1)
    client.socket.resetAndDestroy()
    await waitFor(() => server.connectionCount === 0)
    gate.resolve()
    await waitFor(() => outcomes.length === 1)
    assert.equal(outcomes, ['client-aborted'])
  })
})

clients('that waits for 100 Continue gets the refusal alone', async () => {
  const decide = () => ({
    kind: 'answer' as const,
    status: 401,
    headers: ['WWW-Authenticate', 'Bearer'],
    body: 'no',
  })
  await withHttp1({ decide }, async ({ open, tool }) => {
    const client = await open()
    client.send(post('Expect: 100-continue\r\nContent-Length: 100\r\n'))
    assert.is(
      await client.end(),
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
    )
    assert.is(tool.wires.length, 0)
  })
})

clients('that waits for 100 Continue gets it from the tool', async () => {
  await withHttp1({ tool: () => {} }, async ({ open, tool }) => {
    const client = await open()
    client.send(post('Expect: 100-continue\r\nContent-Length: 4\r\n'))
    const wire = await tool.wire(0)
    await wire.expect(/Expect: 100-continue\r\n\r\n$/)
    wire.send('HTTP/1.1 100 Continue\r\nX-Secret: a\r\n\r\n')
    assert.is(await client.expect('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
    client.send('body')
    await wire.expect('body')
    wire.send(ok())
    await client.expect(/Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n.*ok$/s)
    client.received = ''
    client.send(get())
    await wire.expect('GET / ')
  })
})

clients.run()

const tools = suite('a tool')

tools('that answers before it took the upload is heard, the rest of the upload is dropped', async () => {
  const tool = (wire: Wire) => {
    let isAnswered = false
    wire.socket.on('data', () => {
      if (wire.bytes > 10_000 && !isAnswered)
        wire.send('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig')
      isAnswered ||= wire.bytes > 10_000
    })
  }
  const bytes = 20_000_000
  await withHttp1({ tool }, async ({ open, tool: { wires }, server }) => {
    const client = await open()
    client.send(post(`Content-Length: ${bytes}\r\n`))
    client.socket.write(Buffer.alloc(bytes))
    assert.is(
      await client.end(),
      'HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig',
    )
    await waitFor(() => client.socket.writableLength === 0, { what: 'the rest of the upload being taken' })
    assert.ok((wires[0] as Wire).bytes < bytes)
    assert.is(server.idleUpstreamCount, 0)
  })
})

tools('that answers early and resets at once is heard too', async () => {
  const tool = (wire: Wire) =>
    wire.socket.once('data', () => {
      wire.socket.pause()
      wire.socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig', () =>
        wire.socket.resetAndDestroy(),
      )
    })
  let delivered = 0
  for (let round = 0; round < 20; round++) {
    await withHttp1({ tool }, async ({ open }) => {
      const client = await open()
      client.send(post('Content-Length: 20000000\r\n'))
      client.socket.write(Buffer.alloc(20_000_000))
      await client.end()
      if (client.received.startsWith('HTTP/1.1 413 ')) delivered++
    })
  }
  assert.is(delivered, 20)
})

tools('that closes idle connections costs bodyless GET and HEAD one more attempt, others a 502', async () => {
  const requests: string[] = []
  // Answers one request a connection; the second dies unanswered.
  const closing = (wire: Wire) => {
    let count = 0
    answering(request => {
      count++
      requests.push(request.split(' ')[0] as string)
      if (count === 1) return ok()
      wire.socket.destroy()
      return ''
    })(wire)
  }
  const cases: readonly (readonly [string, RegExp, number])[] = [
    [get(), /^HTTP\/1\.1 200 /, 3],
    ['HEAD / HTTP/1.1\r\nHost: tool\r\n\r\n', /^HTTP\/1\.1 200 /, 3],
    [post('Content-Length: 1\r\n', 'x'), /^HTTP\/1\.1 502 [\s\S]*UpstreamClosed$/, 2],
    ['DELETE / HTTP/1.1\r\nHost: tool\r\n\r\n', /^HTTP\/1\.1 502 [\s\S]*UpstreamClosed$/, 2],
    [`${get('/', 'Content-Length: 1\r\n')}x`, /^HTTP\/1\.1 502 [\s\S]*UpstreamClosed$/, 2],
  ]
  for (const [request, answer, attempts] of cases) {
    requests.length = 0
    await withHttp1({ tool: closing }, async ({ open, server }) => {
      const client = await open()
      client.send(get())
      await client.expect('ok')
      await waitFor(() => server.idleUpstreamCount === 1)
      client.received = ''
      client.send(request)
      await client.expect(answer)
      assert.is(requests.length, attempts, request)
    })
  }
})

tools(
  'that closes every connection unanswered is asked once, and once more only on a reused one',
  async () => {
    await withHttp1(
      { tool: wire => wire.socket.on('data', () => wire.socket.destroy()) },
      async ({ open, tool, records }) => {
        const client = await open()
        client.send(get())
        await client.expect(/^HTTP\/1\.1 502 /)
        assert.is(tool.wires.length, 1)
        assert.is(records[0]?.failure?.reason, 'UpstreamClosed')
      },
    )
  },
)

tools('that speaks unasked, announces its close or says too much is not asked again there', async () => {
  const ways: readonly ((wire: Wire) => void)[] = [
    wire => setImmediate(() => wire.send('HTTP/1.1 408 Request Timeout\r\n\r\n')),
    wire => wire.socket.end(),
  ]
  for (const way of ways) {
    const tool = (wire: Wire) => answering(() => ok())(wire)
    await withHttp1({ tool }, async ({ open, tool: { wires }, server }) => {
      const client = await open()
      client.send(get())
      await client.expect('ok')
      await waitFor(() => server.idleUpstreamCount === 1)
      way(wires[0] as Wire)
      await waitFor(() => (wires[0] as Wire).isClosed || (wires[0] as Wire).hasEnded)
      client.received = ''
      client.send(get())
      await client.expect('ok')
      assert.is(wires.length, 2)
    })
  }
  const answers = [
    ok('ok', 'Connection: close\r\n'),
    `${ok()}x`,
    ok().replace('1.1', '1.0'),
    ok('ok', 'Keep-Alive: timeout=1\r\n'),
  ]
  for (const answer of answers) {
    await withHttp1({ tool: answering(() => answer) }, async ({ open, server }) => {
      const client = await open()
      client.send(get())
      await client.expect('ok')
      assert.is(server.idleUpstreamCount, 0, answer)
    })
  }
})

tools('that keeps its connection alive is asked on it again, by any client', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    for (let at = 0; at < 5; at++) {
      const client = await open()
      client.send(get())
      await client.expect('ok')
    }
    assert.is(tool.wires.length, 1)
  })
})

tools('that cannot be reached is a 502', async () => {
  await withHttp1({}, async ({ open, dialNowhere, records }) => {
    dialNowhere()
    const client = await open()
    client.send(get() + get())
    await client.expect(/(502[\s\S]*UpstreamUnreachable[\s\S]*){2}$/)
    assert.match(String(records[0]?.failure?.cause), 'ECONNREFUSED')
  })
})

tools.run()
