// What a consumer may do besides passing on: rewrite answers, and fail at it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Failure } from '../../../http/message/failure.ts'
import type { BodyMemory, Relay } from '../../../http/message/ports.ts'
import { waitFor } from '../../helpers/poll.ts'
import { answering, formatFailure, get, ok, withHttp1 } from './boot-http1.ts'

const responses = suite('a response')

const unbounded = (): BodyMemory => ({ grow: () => undefined, release: () => {}, onRevoked: undefined })

responses('is rewritten head and trailers', async () => {
  const tool = answering(
    () =>
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n2\r\nhi\r\n0\r\nX-T: secret\r\n\r\n',
  )
  const rewriting: Partial<Relay> = {
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

responses('is read whole and replaced', async () => {
  const long = 'x'.repeat(40_000)
  const rewriteResponse: NonNullable<Relay['rewriteResponse']> = () => ({
    kind: 'collect',
    limitBytes: 50_000,
    memory: unbounded(),
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
  const rewriteResponse: NonNullable<Relay['rewriteResponse']> = () => ({
    kind: 'collect',
    limitBytes: 1,
    memory: unbounded(),
    rewrite: () => ({ kind: 'answer', status: 200, headers: [] }),
  })
  await withHttp1({ relay: { rewriteResponse } }, async ({ open }) => {
    const client = await open()
    client.send(get())
    await client.expect(/^HTTP\/1\.1 502 [\s\S]*UpstreamBodyTooLarge$/)
  })
})

responses('is dropped for an answer of ours', async () => {
  const rewriteResponse: NonNullable<Relay['rewriteResponse']> = () => ({
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

responses('whose rewriting throws is a 500, and the connection serves on', async () => {
  const boom = (): never => {
    throw new Error('secret')
  }
  for (const rewriteResponse of [
    boom,
    () => ({ kind: 'collect' as const, limitBytes: 9, memory: unbounded(), rewrite: boom }),
  ]) {
    await withHttp1({ relay: { rewriteResponse } }, async ({ open, records }) => {
      const client = await open()
      client.send(get() + get())
      await client.expect(/^(HTTP\/1\.1 500 [\s\S]*InternalError){2}$/)
      assert.equal(
        records.map(({ failure }) => failure?.reason),
        ['InternalError', 'InternalError'],
      )
    })
  }
})

responses.run()

const failing = suite('a consumer that throws')

const throwing = (): never => {
  throw new Error('the disk is full')
}

failing('on the end of a relayed request is told to formatFailure, and the server serves on', async () => {
  const failures: Failure[] = []
  const noting = (failure: Failure) => {
    failures.push(failure)
    return formatFailure(failure)
  }
  await withHttp1({ relay: { onEnd: throwing }, formatFailure: noting }, async ({ open }) => {
    const client = await open()
    client.send(get() + get())
    await client.expect(/^(HTTP\/1\.1 200 [\s\S]*ok){2}$/)
    assert.equal(
      failures.map(({ status, cause }) => [status, (cause as Error).message]),
      Array(2).fill([500, 'the disk is full']),
    )
  })
})

failing('on the end of a request that it answers itself turns that answer into a 500', async () => {
  for (const isLate of [false, true]) {
    const answer = { kind: 'answer' as const, status: 200, headers: [], body: 'fine', onEnd: throwing }
    const decide = () => (isLate ? Promise.resolve(answer) : answer)
    await withHttp1({ decide }, async ({ open }) => {
      const client = await open()
      client.send(get() + get())
      await client.expect(/^(HTTP\/1\.1 500 [\s\S]*InternalError){2}$/)
    })
  }
})

failing('on the end of a client that left takes nothing down', async () => {
  const gate = Promise.withResolvers<void>()
  let ends = 0
  const decide = async () => {
    await gate.promise
    const onEnd = () => {
      ends++
      throwing()
    }
    return { kind: 'answer' as const, status: 200, headers: [], onEnd }
  }
  await withHttp1({ decide }, async ({ open, server, heads }) => {
    const client = await open()
    client.send(get())
    await waitFor(() => heads.length === 1)
    client.socket.resetAndDestroy()
    await waitFor(() => server.connectionCount === 0)
    gate.resolve()
    await waitFor(() => ends === 1)
    const next = await open()
    next.send(get())
    await next.expect(/^HTTP\/1\.1 500 /)
  })
})

failing('on a failure leaves a bare 500, recorded as an internal failure', async () => {
  await withHttp1({ formatFailure: throwing }, async ({ open, dialNowhere, records }) => {
    dialNowhere()
    const client = await open()
    client.send(`${get()}GET / HTTP/9\r\n\r\n`)
    const bare = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n'
    assert.is(await client.end(), `${bare}\r\n${bare}Connection: close\r\n\r\n`)
    assert.equal(
      records.map(({ status, outcome, failure }) => [status, outcome, failure?.reason]),
      [[500, 'answered', 'InternalError']],
    )
  })
})

failing.run()
