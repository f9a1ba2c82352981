// What a tool and a client send each other through the data path, case by case.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { forwardableHeaders } from '../../../http/message/request.ts'
import { waitFor } from '../../helpers/poll.ts'
import { answering, get, ok, type Wire, withHttp1 } from './boot-http1.ts'

const post = (headers: string, body = ''): string => `POST /x HTTP/1.1\r\nHost: tool\r\n${headers}\r\n${body}`

const heads = suite('heads')

heads('keep order and spelling, without what ends at this hop', async () => {
  const answer = `HTTP/1.1 207 Multi \xe9\r\nX-First: 1\r\nconnection: x-mine\r\nX-Mine: gone\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nSet-Cookie: a\r\nSet-Cookie: b\r\ncontent-length: 2\r\n\r\nhi`
  await withHttp1({ tool: answering(() => answer) }, async ({ open, tool }) => {
    const client = await open()
    client.send(
      get(
        '/a?b=%2F',
        'b-Second: 2\r\nConnection: close, X-Named\r\nx-named: gone\r\nA-First: 1\r\nKeep-Alive: 3\r\nProxy-Authorization: Basic eA==\r\nproxy-connection: keep-alive\r\nAuthorization: Bearer mine\r\nUpgrade: h2c\r\nTE: gzip\r\n',
      ),
    )
    await client.end()
    assert.is(
      tool.received,
      'GET /a?b=%2F HTTP/1.1\r\nHost: tool.internal\r\nb-Second: 2\r\nA-First: 1\r\nAuthorization: Bearer injected\r\n\r\n',
    )
    assert.is(
      client.received,
      'HTTP/1.1 207 Multi \xe9\r\nX-First: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
    )
  })
})

heads('cannot be robbed of Host or framing by naming them in Connection', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    const client = await open()
    client.send(post('Connection: host, content-length, transfer-encoding\r\nContent-Length: 3\r\n', 'abc'))
    await client.expect('200 OK')
    assert.match(
      tool.received,
      /^POST \/x HTTP\/1.1\r\nHost: tool.internal\r\n.*\r\nContent-Length: 3\r\n\r\nabc$/s,
    )
  })
})

heads('with a value that would break its line are an error and never sent', async () => {
  for (const value of ['a\r\nX: y', 'a\nb', 'a\0b', 'a\u{1f600}']) {
    for (const relay of [
      { headers: ['X-Key', value] },
      { headers: [`X${value}`, 'a'] },
      { host: value },
      { target: `/${value}` },
    ]) {
      await withHttp1({ relay }, async ({ open, tool, records }) => {
        const client = await open()
        client.send(get())
        await client.expect(/^HTTP\/1\.1 500 .*UnsafeHeader$/s)
        assert.is(tool.received, '')
        assert.not.match(records[0]?.failure?.message ?? '', /[\r\n\0]/)
      })
    }
  }
})

heads('that the consumer rewrote badly never reach the client', async () => {
  const rewriteResponse = () => ({ kind: 'pass' as const, headers: ['Location', 'a\r\nSet-Cookie: x'] })
  await withHttp1({ relay: { rewriteResponse } }, async ({ open }) => {
    const client = await open()
    client.send(get())
    await client.expect(/^HTTP\/1\.1 500 /)
    assert.not.match(client.received, 'Set-Cookie')
  })
})

heads('of an absolute-form request reach the consumer as path and authority', async () => {
  await withHttp1({}, async ({ open, heads: seen }) => {
    const client = await open()
    client.send(
      'GET http://Tool:80?q HTTP/1.1\r\nHost: tool\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n',
    )
    await client.expect(/200[\s\S]*200/)
    assert.equal(
      seen.map(({ form, scheme, path, authority }) => ({ form, scheme, path, authority })),
      [
        { form: 'absolute', scheme: 'http', path: '/?q', authority: { hostname: 'tool', port: undefined } },
        { form: 'asterisk', scheme: undefined, path: '*', authority: { hostname: '::1', port: 8080 } },
      ],
    )
  })
})

heads.run()

const bodies = suite('bodies')

bodies('in chunks pass as they are, with the trailers that may', async () => {
  const trailers = 'X-Sum: 1\r\nAuthorization: stolen\r\nConnection: x\r\nSet-Cookie: a\r\nx-other: 2\r\n'
  const chunks = `5\r\nhello\r\nA\r\n0123456789\r\n0\r\n${trailers}\r\n`
  const passed = '5\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\nx-other: 2\r\n\r\n'
  const tool = (wire: Wire) =>
    wire.socket.on('data', () => {
      if (wire.received.endsWith('x-other: 2\r\n\r\n')) {
        wire.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n${chunks}`)
      }
    })
  await withHttp1({ tool }, async ({ open, tool: { wires }, records }) => {
    const client = await open()
    client.send(post('Transfer-Encoding: chunked\r\n', chunks))
    await client.expect('x-other: 2\r\n\r\n')
    assert.ok(wires[0]?.received.endsWith(`Transfer-Encoding: chunked\r\n\r\n${passed}`))
    assert.ok(client.received.endsWith(`Trailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n${passed}`))
    const { bytesIn, bytesOut, outcome } = records[0] ?? {}
    assert.equal({ bytesIn, bytesOut, outcome }, { bytesIn: 15, bytesOut: 15, outcome: 'complete' })
  })
})

bodies('mean the same wherever their chunks are split', async () => {
  const message = post(
    'Transfer-Encoding: chunked\r\n',
    '5\r\nhello\r\n00a\r\n0123456789\r\n0\r\nX: y\r\n\r\n',
  )
  const tool = (wire: Wire) =>
    wire.socket.on('data', () => {
      if (wire.received.endsWith('X: y\r\n\r\n')) {
        wire.received = ''
        for (const byte of `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n`)
          wire.send(byte)
      }
    })
  await withHttp1({ tool }, async ({ open }) => {
    const client = await open()
    for (let split = 1; split < message.length; split++) {
      client.received = ''
      client.send(message.slice(0, split))
      await new Promise(resolve => setImmediate(resolve))
      client.send(message.slice(split))
      await client.expect(/3\r\nabc\r\n0\r\nX: y\r\n\r\n$/)
    }
  })
})

bodies('that end with the connection end with it', async () => {
  const tool = (wire: Wire) =>
    wire.socket.on('data', () => wire.socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'))
  await withHttp1({ tool }, async ({ open, records }) => {
    const client = await open()
    client.send(get())
    assert.is(await client.end(), 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it')
    await waitFor(() => records[0]?.outcome === 'complete')
  })
})

bodies('that the tool cuts off are cut off for the client too', async () => {
  for (const begun of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
  ]) {
    const tool = (wire: Wire) => wire.socket.on('data', () => wire.socket.end(begun))
    await withHttp1({ tool }, async ({ open, records }) => {
      const client = await open()
      let reset: unknown
      client.socket.on('error', error => {
        reset = error
      })
      client.send(get())
      await waitFor(() => client.isClosed)
      assert.match(String(reset), 'ECONNRESET')
      assert.is(records[0]?.outcome, 'upstream-failed')
      // Not what the answer began with: it never ended.
      assert.is(records[0]?.status, 502)
    })
  }
})

bodies('of HEAD, 204 and 304 do not exist whatever the length says', async () => {
  const answers: Record<string, string> = {
    '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
    '/chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
  }
  await withHttp1(
    { tool: answering(request => answers[request.split(' ')[1] as string] ?? '') },
    async ({ open, tool }) => {
      const client = await open()
      client.send('HEAD /head HTTP/1.1\r\nHost: tool\r\n\r\nHEAD /chunked HTTP/1.1\r\nHost: tool\r\n\r\n')
      client.send(get('/304') + get('/204'))
      await client.expect('204')
      assert.is(
        client.received,
        Object.values(answers).join('').replace('Transfer-Encoding: chunked\r\n', ''),
      )
      assert.is(tool.wires.length, 1)
    },
  )
})

bodies('that a 204 must not have are dropped with their connection', async () => {
  for (const stray of [
    'Content-Length: 5\r\n\r\nhello',
    'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '\r\nhello',
  ]) {
    await withHttp1(
      { tool: answering(() => `HTTP/1.1 204 No Content\r\n${stray}`) },
      async ({ open, server }) => {
        const client = await open()
        for (let round = 0; round < 2; round++) {
          client.received = ''
          client.send(get())
          assert.is(await client.expect('\r\n\r\n'), 'HTTP/1.1 204 No Content\r\n\r\n')
          assert.is(server.idleUpstreamCount, 0)
        }
      },
    )
  }
})

bodies('to a client of HTTP/1.0 come without chunks and end with the connection', async () => {
  const chunks = '5\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n'
  const tool = answering(() => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`)
  await withHttp1({ tool }, async ({ open, server }) => {
    const client = await open()
    client.send('GET / HTTP/1.0\r\nHost: tool\r\nConnection: keep-alive\r\n\r\n')
    assert.is(await client.end(), 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world')
    assert.is(server.idleUpstreamCount, 1)
  })
})

bodies.run()

const answers = suite('answers')

const malformed: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi',
  'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX : a\r\n\r\n',
  'HTTP/1.1 200 OK\r\nX: a\0\r\n\r\n',
  'HTTP/2 200 OK\r\n\r\n',
  'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'HTTP/1.1 20 OK\r\n\r\n',
  'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 999 Highest\r\nContent-Length: 0\r\n\r\n',
  `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: ${'x,'.repeat(50)}y\r\n\r\n`,
  'SSH-2.0-OpenSSH_9.9\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(11),
]

answers('that are malformed are a 502, their connection is dropped', async () => {
  for (const answer of malformed) {
    await withHttp1({ tool: answering(() => answer) }, async ({ open, records, server }) => {
      const client = await open()
      client.send(get())
      await client.expect(/HTTP\/1\.1 502 [\s\S]*UpstreamMalformed$/)
      assert.is(records[0]?.outcome, 'upstream-failed', answer)
      assert.is(server.idleUpstreamCount, 0)
    })
  }
})

answers('of any status that is of a class pass', async () => {
  for (const status of [299, 420, 451, 499, 599]) {
    const answer = `HTTP/1.1 ${status} Odd\r\nContent-Length: 0\r\n\r\n`
    await withHttp1({ tool: answering(() => answer) }, async ({ open }) => {
      const client = await open()
      client.send(get())
      await client.expect(new RegExp(`^HTTP/1\\.1 ${status} Odd\r\n`))
    })
  }
})

answers('with 103 before them pass both; 100 passes only to those who wait for it', async () => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'
  await withHttp1(
    { tool: answering(() => `HTTP/1.1 100 Continue\r\n\r\n${hint}${ok()}`) },
    async ({ open }) => {
      const client = await open()
      client.send(get())
      assert.is(await client.expect('ok'), hint + ok())
    },
  )
})

answers('of the consumer are given without a tool, and the connection serves on', async () => {
  const decide = () => ({ kind: 'answer' as const, status: 403, headers: ['X-A', 'b'], body: 'no é' })
  await withHttp1({ decide }, async ({ open, tool }) => {
    const client = await open()
    client.send(
      post('Content-Length: 3\r\n', 'abc') +
        get() +
        'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n' +
        post('Content-Length: 4\r\n', 'ab'),
    )
    const answer = 'HTTP/1.1 403 Forbidden\r\nX-A: b\r\nContent-Length: 5\r\n\r\n'
    const body = Buffer.from('no é').toString('latin1')
    const all = answer + body + answer + body + answer + answer + body
    assert.is(await client.expect(/(403[\s\S]*){4}no/), all)
    client.send(`cd${get()}`)
    assert.is(await client.expect(/(403[\s\S]*){5}no/), all + answer + body)
    assert.is(tool.wires.length, 0)
  })
})

answers('come when the decision does, to the body that came before it as well', async () => {
  const gate = Promise.withResolvers<void>()
  await withHttp1(
    {
      decide: async (request, origin) => {
        await gate.promise
        return {
          kind: 'relay',
          origin,
          target: request.path,
          host: 'a',
          headers: forwardableHeaders(request),
        }
      },
    },
    async ({ open, tool, heads: seen }) => {
      const client = await open()
      client.send(post('Content-Length: 6\r\n', 'abc'))
      await waitFor(() => seen.length === 1)
      client.send(`def${get('/next')}`)
      gate.resolve()
      await client.expect(/200[\s\S]*200/)
      assert.match(tool.received, /abcdefGET \/next/)
    },
  )
})

answers('to a decision that fails are a 500', async () => {
  for (const decide of [
    () => Promise.reject(new Error('secret')),
    () => {
      throw new Error('secret')
    },
  ]) {
    await withHttp1({ decide }, async ({ open }) => {
      const client = await open()
      client.send(get())
      await client.expect(/^HTTP\/1\.1 500 [\s\S]*InternalError$/)
      assert.not.match(client.received, 'secret')
    })
  }
})

answers('to requests that were sent at once come in order', async () => {
  const delays = ['/0', '/1', '/2', '/3']
  const tool = answering(request => ok(request.split(' ')[1]))
  await withHttp1({ tool }, async ({ open, tool: { wires } }) => {
    const client = await open()
    client.send(delays.map(path => get(path)).join(''))
    assert.is(await client.expect('/3'), delays.map(path => ok(path)).join(''))
    assert.is(wires.length, 1)
  })
})

answers.run()
