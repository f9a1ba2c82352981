// What two readers could understand differently is refused, and not a byte of it reaches the tool.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { get, ok, withHttp1 } from './boot-http1.ts'
import { readOurs } from './read-message.ts'

const post = (headers: string, body = ''): string => `POST /x HTTP/1.1\r\nHost: tool\r\n${headers}\r\n${body}`
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body)
const smuggled = 'GET /admin HTTP/1.1\r\nHost: tool\r\n\r\n'

/** Request, and why it is refused. */
const refused: readonly (readonly [string, string, string])[] = [
  [
    'CL.TE',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
    'AmbiguousLength',
  ],
  [
    'TE.CL',
    post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `5c\r\n${smuggled}`),
    'AmbiguousLength',
  ],
  [
    'TE.TE with two lines',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'UnknownTransferCoding',
  ],
  [
    'TE.TE with an unknown one',
    post('Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n', '0\r\n\r\n'),
    'UnknownTransferCoding',
  ],
  ['TE with a list', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), 'UnknownTransferCoding'],
  [
    'TE with chunked not last',
    post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    'UnknownTransferCoding',
  ],
  ['TE identity', post('Transfer-Encoding: identity\r\nContent-Length: 1\r\n', 'x'), 'UnknownTransferCoding'],
  ['TE with a prefix', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), 'UnknownTransferCoding'],
  ['TE in quotes', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'), 'UnknownTransferCoding'],
  ['TE with a space after it', post('Transfer-Encoding: chunked \r\n', '0\r\n\r\n'), 'UnknownTransferCoding'],
  ['TE after a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'), 'MalformedFieldValue'],
  [
    'TE with a space before the colon',
    post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    'SpaceBeforeColon',
  ],
  [
    'TE with a tab before the colon',
    post('Transfer-Encoding\t: chunked\r\n', '0\r\n\r\n'),
    'SpaceBeforeColon',
  ],
  ['TE folded', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'), 'FoldedField'],
  ['TE empty', post('Transfer-Encoding:\r\n', '0\r\n\r\n'), 'UnknownTransferCoding'],
  [
    'TE in HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: tool\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'TransferCodingInHttp10',
  ],
  ['two different CLs', post('Content-Length: 3\r\nContent-Length: 30\r\n', 'abc'), 'RepeatedContentLength'],
  ['two equal CLs', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), 'RepeatedContentLength'],
  ['CL as a list', post('Content-Length: 3, 3\r\n', 'abc'), 'MalformedContentLength'],
  ['CL with a sign', post('Content-Length: +3\r\n', 'abc'), 'MalformedContentLength'],
  ['CL negative', post('Content-Length: -1\r\n'), 'MalformedContentLength'],
  ['CL hexadecimal', post('Content-Length: 0x3\r\n', 'abc'), 'MalformedContentLength'],
  ['CL with leading zeros', post('Content-Length: 03\r\n', 'abc'), 'MalformedContentLength'],
  ['CL empty', post('Content-Length:\r\n'), 'MalformedContentLength'],
  ['CL beyond counting', post('Content-Length: 18446744073709551619\r\n', 'abc'), 'MalformedContentLength'],
  ['CL with an inner space', post('Content-Length: 1 2\r\n', 'abc'), 'MalformedContentLength'],
  ['bare LF after the request line', `GET / HTTP/1.1\nHost: tool\r\n\r\n`, 'BareLineFeed'],
  ['bare LF after a field', `GET / HTTP/1.1\r\nHost: tool\nX: y\r\n\r\n`, 'BareLineFeed'],
  ['bare LF at the end', `GET / HTTP/1.1\r\nHost: tool\r\n\n`, 'BareLineFeed'],
  ['bare LF in a name', `GET / HTTP/1.1\r\nHost: tool\r\nX\nY: z\r\n\r\n`, 'BareLineFeed'],
  ['bare CR in a value', get('/', 'X: a\rb\r\n'), 'BareCarriageReturn'],
  ['bare CR after the request line', `GET / HTTP/1.1\rHost: tool\r\n\r\n`, 'BareCarriageReturn'],
  ['bare CR at the end', `GET / HTTP/1.1\r\nHost: tool\r\n\rX`, 'BareCarriageReturn'],
  ['a folded field', get('/', 'X: a\r\n b\r\n'), 'FoldedField'],
  ['a space before the first field', `GET / HTTP/1.1\r\n Host: tool\r\n\r\n`, 'FoldedField'],
  ['NUL in a value', get('/', 'X: a\0b\r\n'), 'MalformedFieldValue'],
  ['NUL in a name', get('/', 'X\0: a\r\n'), 'MalformedFieldName'],
  ['DEL in a value', get('/', 'X: \x7f\r\n'), 'MalformedFieldValue'],
  ['an escape in a value', get('/', 'X: \x1b[2J\r\n'), 'MalformedFieldValue'],
  ['a name with a space', get('/', 'X Y: a\r\n'), 'SpaceBeforeColon'],
  ['an empty name', get('/', ': a\r\n'), 'MalformedFieldName'],
  ['a line without colon', get('/', 'nothing\r\n'), 'MalformedFieldName'],
  ['a name beyond ASCII', get('/', 'X\xe9: a\r\n'), 'MalformedFieldName'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'MissingHost'],
  ['no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'MissingHost'],
  ['two Hosts', get('/', 'Host: other\r\n'), 'RepeatedHost'],
  ['two equal Hosts', get('/', 'host: tool\r\n'), 'RepeatedHost'],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'MalformedHost'],
  ['a Host with user info', 'GET / HTTP/1.1\r\nHost: a@tool\r\n\r\n', 'MalformedHost'],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: tool/x\r\n\r\n', 'MalformedHost'],
  ['a Host list', 'GET / HTTP/1.1\r\nHost: tool, other\r\n\r\n', 'MalformedHost'],
  ['a Host without its port', 'GET / HTTP/1.1\r\nHost: tool:\r\n\r\n', 'MalformedHost'],
  ['a Host with a wide port', 'GET / HTTP/1.1\r\nHost: tool:65536\r\n\r\n', 'MalformedHost'],
  ['a Host in percent-encoding', 'GET / HTTP/1.1\r\nHost: to%6fl\r\n\r\n', 'MalformedHost'],
  ['a broken IPv6 Host', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n', 'MalformedHost'],
  [
    'an absolute target for another host',
    'GET http://other/ HTTP/1.1\r\nHost: tool\r\n\r\n',
    'HostDisagrees',
  ],
  [
    'an absolute target for another port',
    'GET http://tool:81/ HTTP/1.1\r\nHost: tool\r\n\r\n',
    'HostDisagrees',
  ],
  [
    'an absolute target with user info',
    'GET http://a:b@tool/ HTTP/1.1\r\nHost: tool\r\n\r\n',
    'MalformedTarget',
  ],
  [
    'an absolute target of another scheme',
    'GET ftp://tool/ HTTP/1.1\r\nHost: tool\r\n\r\n',
    'MalformedTarget',
  ],
  ['an absolute target without host', 'GET http:///x HTTP/1.1\r\nHost: tool\r\n\r\n', 'MalformedTarget'],
  [
    'two Authorizations',
    get('/', 'Authorization: Bearer a\r\nauthorization: Bearer b\r\n'),
    'RepeatedAuthorization',
  ],
  [
    'two Proxy-Authorizations',
    get('/', 'Proxy-Authorization: Basic a\r\nProxy-Authorization: Basic b\r\n'),
    'RepeatedAuthorization',
  ],
  ...[...'#"<>{}|\\^`\x7f\xe9\t'].map(
    byte => [`${JSON.stringify(byte)} in the target`, get(`/a${byte}b`), 'MalformedTarget'] as const,
  ),
  ['a space in the target', get('/a b'), 'MalformedRequestLine'],
  ['NUL in the target', get('/a\0b'), 'MalformedTarget'],
  ['a target that is no path', get('a/b'), 'MalformedTarget'],
  ['* with GET', get('*'), 'MalformedTarget'],
  ['two spaces after the method', 'GET  / HTTP/1.1\r\nHost: tool\r\n\r\n', 'MalformedRequestLine'],
  ['a space after the version', 'GET / HTTP/1.1 \r\nHost: tool\r\n\r\n', 'MalformedRequestLine'],
  ['an empty line first', `\r\n${get()}`, 'MalformedRequestLine'],
  ['no version', 'GET /\r\nHost: tool\r\n\r\n', 'MalformedTarget'],
  ['HTTP/0.9', 'GET /\r\n', 'MalformedTarget'],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: tool\r\n\r\n', 'UnsupportedVersion'],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: tool\r\n\r\n', 'UnsupportedVersion'],
  ['HTTP/1.10', 'GET / HTTP/1.10\r\nHost: tool\r\n\r\n', 'MalformedRequestLine'],
  ['http/1.1', 'GET / http/1.1\r\nHost: tool\r\n\r\n', 'MalformedRequestLine'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'UnsupportedVersion'],
  ['a TLS handshake', '\x16\x03\x01\x02\0\x01\0', 'TlsOnPlainPort'],
  ['TRACE', 'TRACE / HTTP/1.1\r\nHost: tool\r\n\r\n', 'UnknownMethod'],
  ['a method in lower case', 'get / HTTP/1.1\r\nHost: tool\r\n\r\n', 'UnknownMethod'],
  ['a Connection that names too much', get('/', `Connection: ${'x,'.repeat(50)}y\r\n`), 'ConnectionTooLong'],
  ['a Connection of commas', get('/', `Connection: ${','.repeat(50)}\r\n`), 'ConnectionTooLong'],
  ['too many lines of Connection', get('/', 'Connection: x, close\r\n'.repeat(26)), 'ConnectionTooLong'],
  ['another expectation', post('Expect: tea\r\nContent-Length: 1\r\n', 'x'), 'UnknownExpectation'],
  ['CONNECT with a path', 'CONNECT /x HTTP/1.1\r\nHost: tool\r\n\r\n', 'MalformedTarget'],
  ['CONNECT without port', 'CONNECT tool HTTP/1.1\r\nHost: tool\r\n\r\n', 'MalformedTarget'],
  [
    'CONNECT with a body',
    'CONNECT tool:443 HTTP/1.1\r\nHost: tool\r\nContent-Length: 1\r\n\r\nx',
    'BodyOfConnect',
  ],
  ['CONNECT elsewhere than Host', 'CONNECT tool:443 HTTP/1.1\r\nHost: other:443\r\n\r\n', 'HostDisagrees'],
]

/** Wrong only within the body, when the head may have gone on already. */
const brokenBodies: readonly (readonly [string, string, string])[] = [
  ['a chunk extension', chunked('5;x=y\r\nhello\r\n0\r\n\r\n'), 'ChunkExtension'],
  ['a chunk size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a negative chunk size', chunked('-1\r\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk size with a space', chunked('5 \r\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk size with a bare LF', chunked('5\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk size with a bare CR', chunked('5\rhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['an empty chunk size', chunked('\r\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk size beyond counting', chunked('10000000000000005\r\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk longer than its size', chunked('4\r\nhello\r\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk that ends in a bare LF', chunked('5\r\nhello\n0\r\n\r\n'), 'MalformedChunk'],
  ['a chunk that ends in a bare CR', chunked('5\r\nhello\rX0\r\n\r\n'), 'MalformedChunk'],
  ['Content-Length as a trailer', chunked('0\r\nContent-Length: 5\r\n\r\n'), 'MalformedTrailer'],
  ['Transfer-Encoding as a trailer', chunked('0\r\nTransfer-Encoding: chunked\r\n\r\n'), 'MalformedTrailer'],
  ['Host as a trailer', chunked('0\r\nHost: other\r\n\r\n'), 'MalformedTrailer'],
  ['a folded trailer', chunked('0\r\nX: a\r\n b\r\n\r\n'), 'FoldedField'],
]

const attacks = suite('an ambiguous request')

attacks('is refused with its reason, before the tool sees a byte', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    for (const [name, request, reason] of refused) {
      const client = await open()
      client.send(request)
      const answer = await client.end()
      assert.match(answer, /^HTTP\/1\.1 (4\d\d|50[15]) /, name)
      assert.match(answer, '\r\nConnection: close\r\n', name)
      assert.ok(answer.endsWith(`\r\n\r\n${reason}`), `${name}: ${answer}`)
      client.socket.destroy()
    }
    assert.is(tool.wires.length, 0)
  })
})

attacks('is refused for the same reason wherever its bytes are split', () => {
  for (const [name, request, reason] of [...refused, ...brokenBodies]) {
    const bytes = Buffer.from(request, 'latin1')
    for (let step = 1; step <= bytes.length; step++) {
      assert.equal(readOurs('request', bytes, { step }), { refusal: reason }, `${name}, ${step} at a time`)
    }
  }
})

attacks('with a broken body never completes at the tool', async () => {
  await withHttp1({}, async ({ open, tool, server }) => {
    for (const [name, request, reason] of brokenBodies) {
      const before = tool.received.length
      const client = await open()
      client.send(request)
      const answer = await client.end()
      assert.ok(answer.endsWith(`\r\n\r\n${reason}`), `${name}: ${answer}`)
      assert.not.match(tool.received.slice(before), /0\r\n(.*\r\n)*\r\n$/, name)
      assert.is(server.idleUpstreamCount, 0, name)
      client.socket.destroy()
    }
  })
})

attacks('behind a good one on the same connection is refused, the good one is served', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    const client = await open()
    client.send(
      get('/good') + post('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
    )
    assert.ok((await client.end()).startsWith(ok()))
    assert.match(client.received, /AmbiguousLength$/)
    assert.match(tool.received, /^GET \/good /)
    assert.not.match(tool.received, 'admin')
  })
})

attacks('cannot hide in a body: what follows a body is the next request and nothing else', async () => {
  await withHttp1({}, async ({ open, tool, heads }) => {
    const client = await open()
    client.send(post(`Content-Length: ${smuggled.length}\r\n`, smuggled) + get('/next'))
    await client.expect(/HTTP\/1\.1 200[\s\S]*HTTP\/1\.1 200/)
    assert.equal(
      heads.map(head => head.path),
      ['/x', '/next'],
    )
    assert.is(tool.received.split('Bearer injected').length, 3)
  })
})

attacks.run()

const sizes = suite('a request head')

sizes('over its bounds is refused with the status that says so', async () => {
  await withHttp1({}, async ({ open, tool }) => {
    const cases: readonly (readonly [string, number])[] = [
      [get(`/${'a'.repeat(16 * 1024)}`), 414],
      [`GET /${'a'.repeat(17 * 1024)}`, 414],
      [get('/', `X: ${'a'.repeat(64 * 1024)}\r\n`), 431],
      [`${get('/').slice(0, -2)}X: ${'a'.repeat(65 * 1024)}`, 431],
      [get('/', 'X: a\r\n'.repeat(200)), 431],
      [get('/', `${'n'.repeat(66 * 1024)}: x\r\n`), 431],
    ]
    for (const [request, status] of cases) {
      const client = await open()
      client.send(request)
      assert.ok((await client.end()).startsWith(`HTTP/1.1 ${status} `), request.slice(0, 20))
    }
    assert.is(tool.wires.length, 0)
  })
})

sizes('at its bounds is served', async () => {
  await withHttp1({}, async ({ open }) => {
    for (const request of [
      get(`/${'a'.repeat(16 * 1024 - 10)}`),
      get('/', `X: ${'a'.repeat(63 * 1024)}\r\n`),
      get('/', 'X: a\r\n'.repeat(199)),
      get('/', `Connection: ${'x,'.repeat(49)}y\r\n`),
      get('/', 'Connection: close, x\r\n'.repeat(25)),
    ]) {
      const client = await open()
      client.send(request)
      await client.expect(/^HTTP\/1\.1 200 /)
    }
  })
})

sizes.run()
