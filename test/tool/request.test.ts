import type { IncomingMessage, RequestListener } from 'node:http'
import { createSecureContext } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAddress } from '../../connector/address.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import { DialError } from '../../tool/dial/dial-error.ts'
import { type RequestOptions, sendRequest, type ToolRequest } from '../../tool/request.ts'
import { localReach, recorder, withHttp, withTcp } from './servers.ts'

const test = suite('tool/request')
const canary = 's3cret-canary'
const credentials = [
  { name: 'Authorization', value: `Basic ${canary}` },
  { name: 'PRIVATE-TOKEN', value: canary },
  { name: 'Cookie', value: `session=${canary}` },
  { name: 'X-Custom', value: canary },
]

function probe(port: number, change: Partial<ToolRequest> = {}): ToolRequest {
  const address = parseAddress(`http://127.0.0.1:${port}`, 'address')
  return { method: 'GET', address, path: '/', headers: credentials, followRedirects: true, ...change }
}

function sent(request: ToolRequest, options: Partial<RequestOptions> = {}) {
  const { signal } = new AbortController()
  const usual = {
    trust: createSecureContext(),
    owner: 'team',
    reach: localReach,
    timeoutMs: 5000,
    userAgent: 'test',
  }
  return sendRequest(request, { signal, ...usual, ...options })
}

function failureOf(promise: Promise<unknown>): Promise<ConnectorsError> {
  return promise.then(
    () => assert.unreachable('it did not fail'),
    error => {
      if (error instanceof ConnectorsError) return error
      throw error
    },
  ) as Promise<ConnectorsError>
}

function redirect(location: string, statusCode = 302): RequestListener {
  return (_, response) => response.writeHead(statusCode, { Location: location }).end()
}

test('sends what the class says, and brings back status, headers and body', async () => {
  const seen: IncomingMessage[] = []
  const listener: RequestListener = (request, response) => {
    seen.push(request)
    response.writeHead(418, { 'X-A': ['1', '2'] }).end('tea')
  }
  await withHttp(listener, async port => {
    const path = '/a%2Fb/../c?service=git-upload-pack'
    const answer = await sent(probe(port, { method: 'POST', path }))
    assert.is(answer.statusCode, 418)
    assert.equal(answer.headers.get('x-a'), ['1', '2'])
    assert.is(answer.body, 'tea')
    assert.is(seen[0]?.url, path)
    assert.is(seen[0]?.method, 'POST')
    assert.is(seen[0]?.headers.host, `127.0.0.1:${port}`)
    assert.is(seen[0]?.headers['private-token'], canary)
  })
})

test('follows a redirect within the origin with its headers', async () => {
  const seen: IncomingMessage[] = []
  const listener: RequestListener = (request, response) => {
    seen.push(request)
    if (request.url === '/') redirect('/next')(request, response as never)
    else response.end('there')
  }
  await withHttp(listener, async port => {
    assert.is((await sent(probe(port))).body, 'there')
    assert.equal(
      seen.map(({ url, headers }) => [url, headers['x-custom']]),
      [
        ['/', canary],
        ['/next', canary],
      ],
    )
  })
})

test('gives no header of the probe to another origin, nor on the way back', async () => {
  const elsewhere = recorder()
  const back: IncomingMessage[] = []
  let ownPort = 0
  const bounce: RequestListener = (request, response) => {
    elsewhere.requests.push(request)
    redirect(`http://127.0.0.1:${ownPort}/back`)(request, response as never)
  }
  await withHttp(bounce, async otherPort => {
    const own: RequestListener = (request, response) => {
      if (request.url === '/')
        return redirect(`http://127.0.0.1:${otherPort}/`, 307)(request, response as never)
      back.push(request)
      response.end('back')
    }
    await withHttp(own, async port => {
      ownPort = port
      assert.is((await sent(probe(port))).body, 'back')
    })
  })
  assert.is(elsewhere.requests.length, 1)
  assert.is(back.length, 1)
  for (const { rawHeaders } of [...elsewhere.requests, ...back]) {
    assert.not.ok(rawHeaders.join('\n').includes(canary))
    assert.not.ok(rawHeaders.some(name => /^(authorization|private-token|cookie|x-custom)$/i.test(name)))
  }
})

test('takes no credential from the address of a redirect', async () => {
  const other = recorder()
  await withHttp(other.listener, otherPort =>
    withHttp(redirect(`http://user:pass@127.0.0.1:${otherPort}/`), async port => {
      await sent(probe(port))
    }),
  )
  assert.is(other.requests[0]?.headers.authorization, undefined)
})

test('does not follow where the class says so', () =>
  withHttp(redirect('/next'), async port => {
    assert.is((await sent(probe(port, { followRedirects: false }))).statusCode, 302)
  }))

test('follows no redirect to a metadata service or another scheme, and no endless chain', async () => {
  const cases = [
    ['http://169.254.169.254/latest/meta-data/', 'AddressRefused'],
    ['http://0xA9FEA9FE/', 'AddressRefused'],
    ['file:///etc/passwd', 'UnexpectedResponse'],
    ['http://', 'UnexpectedResponse'],
    ['/', 'UnexpectedResponse'],
  ] as const
  for (const [location, reason] of cases) {
    await withHttp(redirect(location), async port => {
      assert.is((await failureOf(sent(probe(port)))).reason, reason, location)
    })
  }
})

test('reads no more than one MiB of a body', () =>
  withHttp(
    (_, response) => {
      response.on('error', () => {})
      const chunk = Buffer.alloc(256 * 1024, 'a')
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    },
    async port => assert.is((await sent(probe(port))).body.length, 1024 * 1024),
  ))

test('ends in time, whatever the server leaves out', async () => {
  const slow: readonly RequestListener[] = [() => {}, (_, response) => response.write('a beginning')]
  for (const listener of slow) {
    await withHttp(listener, async port => {
      const error = await failureOf(sent(probe(port), { timeoutMs: 100 }))
      assert.is((error as DialError).current, 'no answer within 0.1 s')
    })
  }
})

test('ends when it is told to', () =>
  withHttp(
    () => {},
    async port => {
      const stop = new AbortController()
      const sending = sent(probe(port), { signal: stop.signal })
      stop.abort(new Error('enough'))
      assert.is(await sending.catch((error: Error) => error.message), 'enough')
    },
  ))

test('says what is no HTTP, and what was cut off', async () => {
  const cases: readonly (readonly [text: string, current: string])[] = [
    ['SSH-2.0-server\r\n', 'the answer is not HTTP'],
    ['', 'connection reset'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'connection reset'],
  ]
  for (const [text, current] of cases) {
    await withTcp(
      socket => {
        socket.on('error', () => {}).once('data', () => socket.end(text))
      },
      async port => {
        const error = await failureOf(sent(probe(port)))
        assert.instance(error, DialError)
        assert.is((error as DialError).current, current, text)
      },
    )
  }
})

test('takes a switch of protocols for an answer, and does not wait for more', () =>
  withTcp(
    socket => {
      const text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
      socket.on('error', () => {}).once('data', () => socket.write(text))
    },
    async port => assert.is((await sent(probe(port))).statusCode, 101),
  ))

test('repeats no host of a redirect, in which the tool may have put what it was sent', async () => {
  for (const location of [`http://${canary}.invalid/`, `http://${canary}..x/`, `ftp://${canary}/`]) {
    await withHttp(
      (_, response) => response.writeHead(302, { Location: location }).end(),
      async port => {
        const error = await failureOf(sent(probe(port)))
        const shown = error instanceof DialError ? error.current : error.message
        assert.not.ok(shown.includes(canary), shown)
      },
    )
  }
})

test('refuses a header that is none, without repeating it', () =>
  withHttp(recorder().listener, async port => {
    for (const header of [
      { name: 'a b', value: canary },
      { name: 'X-A', value: `${canary}\u0001` },
    ]) {
      const error = await failureOf(sent(probe(port, { headers: [header] })))
      assert.is(error.reason, 'RequestInvalid')
      assert.not.ok(error.message.includes(canary))
    }
  }))

test.run()
