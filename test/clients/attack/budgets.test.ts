// Whose budget pays: what one caller or stranger takes all of, the others do not miss. Figures: docs/limits.md.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createSealingKey } from '../../../seal/sealing-keys.ts'
import { waitFor } from '../../helpers/poll.ts'
import { addUser, get, statusFor, withSlowTool } from './callers.ts'
import { withOtherProxy } from './other-proxy.ts'
import { createPodToken } from './pods.ts'
import { type Attacked, sealWith } from './system.ts'
import { Wire } from './wire.ts'

const test = suite('clients/attack/budgets')

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
  withSlowTool(async (system, { release }) => {
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

test('attack: requests that nobody waits for any more pile up no further; honest: another pod, and who half closes', () =>
  withSlowTool(async (system, tool) => {
    const otherPod = await createPodToken(system, { name: 'other', account: 'ci' })
    await withOtherProxy(system, ['--allow-loopback', '--requests-per-caller=4'], async proxy => {
      const held = async (count: number) => {
        const before = tool.waiting()
        const wires: Wire[] = []
        for (let at = 0; at < count; at++) {
          const wire = await Wire.open(proxy.host)
          wire.send(get(system.token, '/slow'))
          wires.push(wire)
        }
        await waitFor(() => tool.waiting() === before + count)
        return wires
      }
      const [patient, ...leaving] = await held(4)
      patient?.end()
      for (const wire of leaving) wire.close()
      // As many as left have room; of these, one more leaves as one that has.
      for (const wire of await held(4)) wire.close()
      for (let at = 0; at < 20; at++) {
        assert.is(await statusFor(proxy, system.token, '127.0.0.1', '/slow'), 429)
      }
      assert.is(tool.waiting(), 8)
      assert.is(await statusFor(proxy, otherPod, '127.0.0.1'), 200)
      tool.release()
      assert.is((await patient?.answer())?.status, 200, 'one that only ended its side')
      await waitFor(async () => (await statusFor(proxy, system.token, '127.0.0.1')) === 200)
    })
  }))

test.run()
