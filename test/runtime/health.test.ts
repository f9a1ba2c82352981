import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../connector/errors.ts'
import { type HealthOptions, startHealthServer } from '../../runtime/health.ts'

const test = suite('runtime/health')

async function withHealth(
  options: Partial<HealthOptions>,
  use: (get: (path: string, init?: RequestInit) => Promise<Response>, port: number) => Promise<void>,
): Promise<void> {
  const server = await startHealthServer({ host: '127.0.0.1', port: 0, checks: {}, ...options })
  try {
    await use((path, init) => fetch(server.url + path, init), Number(new URL(server.url).port))
  } finally {
    await server.close()
  }
}

test('alive at once, ready when every check is, not ready when it ends', async () => {
  const stop = new AbortController()
  let problem: string | undefined = 'not synced'
  const checks = { informers: () => problem, listener: () => undefined }
  await withHealth({ checks, stopping: stop.signal }, async get => {
    assert.is((await get('/healthz')).status, 200)
    const early = await get('/readyz?verbose')
    assert.equal([early.status, await early.text()], [503, 'informers: not synced\n'])
    problem = undefined
    assert.is((await get('/readyz')).status, 200)
    stop.abort()
    const late = await get('/readyz')
    assert.equal([late.status, await late.text()], [503, 'stopping\n'])
    assert.is((await get('/healthz')).status, 200)
  })
})

test('metrics where there are some', async () => {
  await withHealth({ metrics: { contentType: 'text/x', text: async () => 'a 1\n' } }, async get => {
    const response = await get('/metrics')
    assert.equal([response.headers.get('content-type'), await response.text()], ['text/x', 'a 1\n'])
    assert.is((await get('/metrics', { method: 'POST' })).status, 405)
    assert.is((await get('/other')).status, 404)
  })
  await withHealth({}, async get => assert.is((await get('/metrics')).status, 404))
})

test('a failing collector or check is a 500 and not the end', async () => {
  const fail = () => {
    throw new Error('bug')
  }
  await withHealth(
    { checks: { bad: fail }, metrics: { contentType: 'x', text: async () => fail() } },
    async get => {
      assert.is((await get('/metrics')).status, 500)
      assert.is((await get('/readyz')).status, 500)
      assert.is((await get('/healthz')).status, 200)
    },
  )
})

test('answers although connections that say nothing have taken all places', async () => {
  await withHealth({}, async (get, port) => {
    const silent: Socket[] = []
    try {
      for (let count = 0; count < 200; count++) {
        const socket = connect(port, '127.0.0.1').on('error', () => {})
        silent.push(socket)
        await once(socket, 'connect')
      }
      const response = await get('/healthz', { signal: AbortSignal.timeout(5000) })
      assert.is(response.status, 200)
      await response.text()
      // The oldest have made room: they do not pile up.
      await Promise.all(silent.slice(0, 100).map(socket => socket.closed || once(socket, 'close')))
    } finally {
      for (const socket of silent) socket.destroy()
    }
  })
})

test('a taken port is said in one line', async () => {
  await withHealth({}, async (_, port) => {
    const error: ConnectorsError = await startHealthServer({ host: '127.0.0.1', port, checks: {} }).then(
      () => assert.unreachable(),
      caught => caught,
    )
    assert.is(error.reason, 'AddressUnavailable')
    assert.is(error.message, `Cannot listen on "127.0.0.1:${port}" for health checks: EADDRINUSE`)
  })
})

test.run()
