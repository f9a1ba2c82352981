// What a consumer may do besides passing on: collect bodies, rewrite answers, ask again.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Decision, Origin, Relay } from '../../../proxy/http1/decision.ts'
import { answering, get, ok, withHttp1 } from './boot-http1.ts'

const post = (headers: string, body = ''): string => `POST /x HTTP/1.1\r\nHost: tool\r\n${headers}\r\n${body}`
const relay: Relay<Origin> = {
  kind: 'relay',
  origin: { key: 'tool' },
  target: '/relayed',
  host: 'tool',
  headers: [],
}

const collecting = suite('a collected body')

const echo =
  (limitBytes = 100) =>
  (): Decision<Origin> => ({
    kind: 'collect',
    limitBytes,
    decide: body => ({ kind: 'answer', status: 200, headers: [], body: `got ${body.toString()}` }),
  })

collecting('is handed over whole, however it is framed', async () => {
  await withHttp1({ decide: echo() }, async ({ open }) => {
    const client = await open()
    client.send(post('Content-Length: 5\r\n', 'he'))
    await new Promise(resolve => setImmediate(resolve))
    client.send(`llo${post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n')}${get()}`)
    const bodies = (await client.expect(/got $/)).split('\r\n\r\n').map(part => part.split('HTTP')[0])
    assert.equal(bodies, ['', 'got hello', 'got abcde', 'got '])
  })
})

collecting('gets its 100 Continue from us', async () => {
  await withHttp1({ decide: echo() }, async ({ open }) => {
    const client = await open()
    client.send(post('Expect: 100-continue\r\nContent-Length: 2\r\n'))
    await client.expect(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    client.send('hi')
    await client.expect('got hi')
  })
})

collecting('over its bound is a 413, announced or not', async () => {
  await withHttp1({ decide: echo(4) }, async ({ open }) => {
    for (const request of [
      post('Content-Length: 5\r\n', 'hello'),
      post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n'),
    ]) {
      const client = await open()
      client.send(request)
      assert.match(await client.end(), /^HTTP\/1\.1 413 .*Connection: close\r\n\r\nBodyTooLarge$/s)
    }
  })
})

collecting('goes on to the tool with its length, or as the consumer changed it', async () => {
  for (const [changed, sent] of [
    [undefined, 'Content-Length: 5\r\n\r\nhello'],
    [Buffer.from('other'.repeat(2)), 'Content-Length: 10\r\n\r\notherother'],
  ] as const) {
    const decide = (): Decision<Origin> => ({
      kind: 'collect',
      limitBytes: 10,
      decide: async () => ({ ...relay, ...(changed && { body: changed }) }),
    })
    await withHttp1({ decide }, async ({ open, tool }) => {
      const client = await open()
      client.send(post('Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'))
      await client.expect('ok')
      assert.ok(tool.received.endsWith(sent), tool.received)
    })
  }
})

collecting.run()

const responses = suite('a response')

responses('is rewritten head and trailers', async () => {
  const tool = answering(
    () =>
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n2\r\nhi\r\n0\r\nX-T: secret\r\n\r\n',
  )
  const rewriting: Partial<Relay<Origin>> = {
    rewriteResponse: head => ({ kind: 'pass', headers: [...head.headers, 'X-Status', String(head.status)] }),
    rewriteTrailers: trailers => trailers.map(text => text.replace('secret', 'hidden')),
  }
  await withHttp1({ tool, relay: rewriting }, async ({ open }) => {
    const client = await open()
    client.send(get())
    assert.is(
      await client.expect('hidden\r\n\r\n'),
      'HTTP/1.1 200 OK\r\nX-A: b\r\nX-Status: 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: hidden\r\n\r\n',
    )
  })
})

responses('waits for a verdict that takes its time, with all that came meanwhile', async () => {
  const bodies = [
    'Content-Length: 6\r\n\r\nabcdef',
    'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n',
    '\r\nabcdef',
  ]
  for (const body of bodies) {
    const gate = Promise.withResolvers<void>()
    const rewriteResponse: Relay<Origin>['rewriteResponse'] = async head => {
      await gate.promise
      return { kind: 'pass', headers: head.headers }
    }
    const half = body.length - 8
    await withHttp1({ tool: () => {}, relay: { rewriteResponse } }, async ({ open, tool, records }) => {
      const client = await open()
      client.send(get())
      const wire = await tool.wire(0)
      await wire.expect('\r\n\r\n')
      wire.send(`HTTP/1.1 200 OK\r\n${body.slice(0, half)}`)
      wire.socket.end(body.slice(half))
      await new Promise(resolve => setTimeout(resolve, 5))
      assert.is(client.received, '')
      gate.resolve()
      await client.expect(/abc(\r\n3\r\n)?def/)
      assert.is(records[0]?.outcome, 'complete', body)
    })
  }
})

responses('is read whole and replaced', async () => {
  const long = 'x'.repeat(40_000)
  const rewriteResponse: Relay<Origin>['rewriteResponse'] = () => ({
    kind: 'collect',
    limitBytes: 50_000,
    rewrite: body => ({
      kind: 'answer',
      status: 200,
      headers: ['A', 'b'],
      body: body.toString().replaceAll('x', 'yz'),
    }),
  })
  const framings = [
    ok(long),
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n${long}\r\n0\r\n\r\n`,
  ]
  for (const answer of framings) {
    await withHttp1(
      { tool: answering(() => answer), relay: { rewriteResponse } },
      async ({ open, server }) => {
        const client = await open()
        client.send(get())
        await client.expect(/z$/)
        assert.match(
          client.received,
          /^HTTP\/1\.1 200 OK\r\nA: b\r\nContent-Length: 80000\r\n\r\n(yz){40000}$/,
        )
        assert.is(server.idleUpstreamCount, 1)
      },
    )
  }
})

responses('too long to be rewritten is a 502', async () => {
  const rewriteResponse: Relay<Origin>['rewriteResponse'] = () => ({
    kind: 'collect',
    limitBytes: 1,
    rewrite: () => ({ kind: 'answer', status: 200, headers: [] }),
  })
  await withHttp1({ relay: { rewriteResponse } }, async ({ open }) => {
    const client = await open()
    client.send(get())
    await client.expect(/^HTTP\/1\.1 502 [\s\S]*UpstreamBodyTooLarge$/)
  })
})

responses('is dropped for an answer of ours', async () => {
  const rewriteResponse: Relay<Origin>['rewriteResponse'] = async () => ({
    kind: 'answer',
    status: 403,
    headers: [],
    body: 'echoes a credential',
  })
  await withHttp1({ relay: { rewriteResponse } }, async ({ open, records }) => {
    const client = await open()
    client.send(get() + get())
    await client.expect(/^(HTTP\/1\.1 403 [\s\S]*echoes a credential){2}$/)
    assert.equal(
      records.map(({ status, outcome }) => ({ status, outcome })),
      Array(2).fill({ status: 403, outcome: 'answered' }),
    )
  })
})

responses('is dropped and the request asked anew, as long as no body of the client is spent', async () => {
  const again: Relay<Origin> = { ...relay, headers: ['Authorization', 'Bearer fresh'] }
  const rewriteResponse: Relay<Origin>['rewriteResponse'] = head =>
    head.status === 401 ? again : { kind: 'pass', headers: head.headers }
  const tool = answering(request =>
    request.includes('fresh') ? ok('in') : 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
  )
  await withHttp1({ tool, relay: { rewriteResponse } }, async ({ open, records }) => {
    const client = await open()
    client.send(get())
    await client.expect(/^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n\r\nin$/)
    assert.is(records.length, 1)
    client.received = ''
    client.send(post('Content-Length: 2\r\n', 'hi'))
    await client.expect(/^HTTP\/1\.1 500 /)
  })
})

responses.run()
