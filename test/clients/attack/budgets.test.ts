// Whose budget pays: what one caller or stranger takes all of, the others do not miss. Figures: docs/limits.md.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createSealingKey } from '../../../seal/sealing-keys.ts'
import { waitFor } from '../../helpers/poll.ts'
import { okAnswer, withRecorder } from './servers.ts'
import { type Attacked, grantUse, sealWith, withAttacked } from './system.ts'
import type { Wire } from './wire.ts'

const test = suite('clients/attack/budgets')

function get(token: string | undefined, path = '/a'): string {
  const credential = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: c-app.team\r\n${credential}\r\n`
}

async function statusFor(system: Attacked, token: string, from: string, path = '/a'): Promise<number> {
  const connection = await system.wire({ from })
  const { status } = await connection.ask(get(token, path))
  connection.close()
  return status
}

/** Requests to `/slow` are answered when `release` is called. */
async function withSlowTool(use: (system: Attacked, release: () => void) => Promise<void>): Promise<void> {
  const waiting: (() => void)[] = []
  await withRecorder(
    ({ target }, socket) => {
      if (target !== '/slow') return okAnswer
      waiting.push(() => socket.write(okAnswer))
      return undefined
    },
    tool =>
      withAttacked(async system => {
        await system.connect('app', `http://${tool.host}`)
        await use(system, () => {
          for (const answer of waiting.splice(0)) answer()
        })
      }),
  )
}

async function addUser(system: Attacked, name: string): Promise<string> {
  const token = await system.addAccount('team', name)
  await grantUse(system.client, { namespace: 'team', users: [`team/${name}`], name })
  return token
}

test('attack: one address keeps 64 connections that show no token; honest: another connects, and callers keep theirs', () =>
  withSlowTool(async system => {
    const idle: Wire[] = []
    for (let at = 0; at < 150; at++) {
      const connection = await system.wire({ from: '127.0.0.2' })
      connection.send(get(undefined))
      idle.push(connection)
    }
    const owned: Wire[] = []
    for (let at = 0; at < 150; at++) {
      const connection = await system.wire({ from: '127.0.0.3' })
      assert.is((await connection.ask(get(system.token))).status, 200)
      owned.push(connection)
    }
    // Within ten seconds all of them would be closed for their silence.
    await waitFor(() => idle.filter(({ isClosed }) => !isClosed).length <= 64, { timeoutMs: 3000 })
    assert.is(owned.filter(({ isClosed }) => isClosed).length, 0)
    assert.is(await statusFor(system, system.token, '127.0.0.4'), 200)
    for (const connection of [...idle, ...owned]) connection.close()
  }))

/** Like a token of this cluster, and nobody's. */
function madeUp(token: string): string {
  const [header = '', payload = ''] = token.split('.')
  const claims = {
    ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
    jti: randomBytes(8).toString('hex'),
  }
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${randomBytes(64).toString('base64url')}`
}

const floodMs = 3000

/** From forty connections of one address, as fast as they are answered; how often each status came. */
async function flood(system: Attacked, next: () => string): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  const until = performance.now() + floodMs
  const attacker = async () => {
    let connection = await system.wire({ from: '127.0.0.5' })
    while (performance.now() < until) {
      if (connection.isClosed) connection = await system.wire({ from: '127.0.0.5' })
      const { status } = await connection.ask(get(next())).catch(() => ({ status: 0 }))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      // A refused stranger is disconnected: a new connection is not a busy loop.
      if (status !== 401) await delay(5)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: 40 }, attacker))
  return statuses
}

for (const [name, what] of [
  [
    'tokens',
    async ({ token }: Attacked) =>
      () =>
        madeUp(token),
  ],
  [
    'seals',
    async ({ token, sealingKeys }: Attacked) => {
      const kid = (await sealingKeys()).at(-1)?.kid ?? ''
      const made = Array.from({ length: 400 }, () =>
        sealWith({ ...createSealingKey(0), kid }, token, ['team/app']),
      )
      let at = 0
      return () => made[at++ % made.length] ?? ''
    },
  ],
] as const) {
  test(`attack: a flood of made-up ${name} has few of them asked about; honest: new and known callers are served`, () =>
    withSlowTool(async system => {
      const next = await what(system)
      const known = await addUser(system, 'known')
      assert.is(await statusFor(system, known, '127.0.0.6'), 200)
      const fresh: string[] = []
      for (let at = 0; at < 8; at++) fresh.push(await addUser(system, `fresh-${at}`))
      const flooding = flood(system, next)
      await delay(500)
      for (const token of fresh) {
        assert.is(await statusFor(system, token, '127.0.0.7'), 200, 'one that was never seen')
        assert.is(await statusFor(system, known, '127.0.0.6'), 200, 'one that is known')
      }
      const statuses = await flooding
      assert.is(statuses.get(200), undefined)
      // 128 after a pause and 32 a second, and those that wait for their turn; the rest is refused or waits.
      const most = 128 + 32 * (floodMs / 1000 + 2) + 64
      const looked = statuses.get(401) ?? 0
      assert.ok(looked > 0 && looked <= most, JSON.stringify([...statuses]))
    }))
}

test('attack: a caller has 256 requests under way; honest: others have theirs, and who goes frees the place', () =>
  withSlowTool(async (system, release) => {
    const other = await addUser(system, 'other')
    const held: Wire[] = []
    for (let at = 0; at < 256; at++) {
      const connection = await system.wire({ from: '127.0.0.8' })
      connection.send(get(system.token, '/slow'))
      held.push(connection)
    }
    await waitFor(async () => (await statusFor(system, system.token, '127.0.0.8')) === 429)
    assert.is(await statusFor(system, other, '127.0.0.8'), 200)
    for (const connection of held) connection.close()
    await waitFor(async () => (await statusFor(system, system.token, '127.0.0.8')) === 200)
    const halfClosed = await system.wire({ from: '127.0.0.8' })
    halfClosed.send(get(system.token, '/slow'))
    halfClosed.end()
    await delay(300)
    release()
    assert.is((await halfClosed.answer()).status, 200, 'honest: one that only ended its side gets its answer')
  }))

function residentMiB(pid: number | undefined): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

test('attack: answers that are read whole are 8 at a time for a caller; honest: another tenant has its own', () =>
  withRecorder(
    (_, socket) => {
      const length = 2 * 1024 * 1024 - 1
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/vnd.git-lfs+json\r\nContent-Length: ${length}\r\n\r\n`,
      )
      socket.write(' '.repeat(length - 1))
      return undefined
    },
    slow =>
      withRecorder(
        () => 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.git-lfs+json\r\nContent-Length: 2\r\n\r\n{}',
        quick =>
          withAttacked(async system => {
            await system.connect('app', `http://${slow.host}`)
            const other = await system.addTeam('quick')
            await system.connect('app', `http://${quick.host}`, { namespace: 'quick' })
            const before = residentMiB(system.instance.process.pid)
            const wires: Wire[] = []
            for (let at = 0; at < 100; at++) {
              const connection = await system.wire({ from: '127.0.0.9' })
              connection.send(get(system.token, '/r.git/info/lfs/objects/batch'))
              wires.push(connection)
            }
            const refused = () => wires.filter(({ received }) => received.startsWith('HTTP/1.1 503'))
            await waitFor(() => refused().length === 92, { what: 'all but eight to be refused' })
            assert.match(refused()[0]?.received ?? '', /TooManyAnswers/)
            const after = residentMiB(system.instance.process.pid)
            assert.ok(after - before < 150, `${before} to ${after} MiB`)
            const connection = await system.wire({ from: '127.0.0.10' })
            const asked = get(other, '/r.git/info/lfs/objects/batch').replace('c-app.team', 'c-app.quick')
            assert.is((await connection.ask(asked)).status, 200)
            for (const wire of [...wires, connection]) wire.close()
          }),
      ),
  ))

test.run()
