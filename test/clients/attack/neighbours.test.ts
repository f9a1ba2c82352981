// Callers of one Connector are strangers to each other: nothing that one leaves at the tool is another's answer.
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { okAnswer, withPython, withRecorder } from './servers.ts'
import { type Attacked, grantUse, withAttacked } from './system.ts'

const test = suite('clients/attack/neighbours')

const tries = 30

const evil = 'GET /evil HTTP/1.1\r\nHost: c-app.team\r\n\r\n'

/** Leaves bodies unread, and takes its time over what is the attacker's. */
const carelessServer = `
import http.server, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        if self.path == "/evil":
            time.sleep(0.1)
        body = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_DELETE = do_OPTIONS = do_POST = answer

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
`

async function ask(system: Attacked, token: string, { method = 'GET', path = '/', body = '' } = {}) {
  const connection = await system.wire()
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`
  const head = `${method} ${path} HTTP/1.1\r\nHost: c-app.team\r\nAuthorization: Bearer ${token}\r\n${length}`
  const reply = connection.ask(`${head}\r\n${body}`)
  return reply.finally(() => connection.close())
}

async function withTwo(
  host: string,
  use: (system: Attacked, victim: string) => Promise<void>,
): Promise<void> {
  await withAttacked(async system => {
    await system.connect('app', `http://${host}`)
    const victim = await system.addAccount('team', 'victim')
    await grantUse(system.client, { namespace: 'team', users: ['team/victim'], name: 'victim' })
    await use(system, victim)
  })
}

test('attack: a request in a body that the tool leaves unread is answered to no other caller', () =>
  withPython(carelessServer, host =>
    withTwo(host, async (system, victim) => {
      for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST']) {
        for (let at = 0; at < (method === 'GET' ? tries : 10); at++) {
          const first = await ask(system, system.token, { method, path: '/first', body: evil })
          const [next, own] = await Promise.all([
            ask(system, victim, { path: '/victim' }),
            ask(system, system.token, { path: '/own' }),
          ])
          assert.is(next.body, '/victim', method)
          // Tools take the bodies of POST, and a connection that one was sent on is kept: for its caller.
          if (method !== 'POST') assert.equal([first.body, own.body], ['/first', '/own'], method)
        }
      }
    }),
  ))

test('attack: what follows an answer unasked, at once or later, is answered to nobody', () => {
  const stray = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
  return withRecorder(
    ({ target }, socket) => {
      if (target === '/at-once') return okAnswer + stray
      if (target === '/chunked')
        return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${stray}`
      if (target === '/none') return `HTTP/1.1 204 No Content\r\n\r\n${stray}`
      if (target === '/later') setTimeout(() => socket.write(stray), 3)
      return okAnswer
    },
    tool =>
      withTwo(tool.host, async (system, victim) => {
        for (const path of ['/at-once', '/chunked', '/none', '/later']) {
          for (let at = 0; at < (path === '/later' ? tries : 5); at++) {
            const first = await ask(system, system.token, { path })
            if (path === '/later') await delay(at % 5)
            assert.is((await ask(system, victim)).body, 'ok', path)
            // What comes later may be taken for the next answer to whoever has asked for it.
            if (path === '/later') continue
            assert.not.ok(first.raw.includes('evil'), path)
            const { connection } = tool.requests.findLast(({ target }) => target === path) ?? {}
            assert.is((await ask(system, system.token)).body, 'ok', path)
            assert.is.not(tool.requests.at(-1)?.connection, connection, `${path}: more may follow`)
          }
        }
      }),
  )
})

test('attack: a body that comes late after HEAD is not the next answer of anybody', () => {
  const late = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
  return withRecorder(
    ({ line }, socket) => {
      if (!line.startsWith('HEAD')) return okAnswer
      setTimeout(() => socket.write(late), 3)
      return `HTTP/1.1 200 OK\r\nContent-Length: ${late.length}\r\n\r\n`
    },
    tool =>
      withTwo(tool.host, async (system, victim) => {
        for (let at = 0; at < tries; at++) {
          // As fetch has it: an answer to HEAD has no body, whatever its length says.
          const connection = await system.wire()
          connection.send(
            `HEAD / HTTP/1.1\r\nHost: c-app.team\r\nAuthorization: Bearer ${system.token}\r\n\r\n`,
          )
          await connection.headOnly()
          await delay(at % 5)
          assert.is((await ask(system, victim)).body, 'ok')
          connection.close()
        }
        // Nor of whoever asked, now that the tool is known for it.
        for (let at = 0; at < tries; at++) {
          const connection = await system.wire()
          const credential = `Host: c-app.team\r\nAuthorization: Bearer ${system.token}\r\n`
          connection.send(`HEAD / HTTP/1.1\r\n${credential}\r\n`)
          await connection.headOnly()
          assert.is((await connection.ask(`GET / HTTP/1.1\r\n${credential}\r\n`)).body, 'ok')
          connection.close()
        }
      }),
  )
})

test('honest: the connection to the tool is kept for the next request of the same caller, for no other', () =>
  withRecorder(
    () => okAnswer,
    tool =>
      withTwo(tool.host, async (system, victim) => {
        for (let at = 0; at < 5; at++) {
          await ask(system, system.token, { path: '/own' })
          await ask(system, victim, { path: '/victim' })
        }
        const connections = (path: string) =>
          new Set(tool.requests.filter(({ target }) => target === path).map(({ connection }) => connection))
        assert.is(connections('/own').size, 1)
        assert.is(connections('/victim').size, 1)
        assert.not.equal(connections('/own'), connections('/victim'))
      }),
  ))

test.run()
