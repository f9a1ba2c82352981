// Answers that are read whole: neither a slow tool nor many requests take the replica's memory. Figures: docs/limits.md.
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from '../../helpers/poll.ts'
import { addUser } from './callers.ts'
import { withRecorder } from './servers.ts'
import { type Attacked, withAttacked } from './system.ts'
import type { Wire } from './wire.ts'

const test = suite('clients/attack/memory')

const lfsHead = 'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.git-lfs+json\r\n'
const answerBytes = 2 * 1024 * 1024 - 1
const wholeAnswer = `${lfsHead}Content-Length: ${answerBytes}\r\n\r\n{}${' '.repeat(answerBytes - 2)}`
/** Of 16 times as much as is used at most: of answers, and what the process takes for them on the way. */
const mostMiB = 150

/** team/app never ends its answers; quick/app does. Of both, each is as long as it may be. */
function withTwoTools(use: (system: Attacked, other: string) => Promise<void>): Promise<void> {
  return withRecorder(
    (_, socket) => {
      socket.write(wholeAnswer.slice(0, -1))
      return undefined
    },
    slow =>
      withRecorder(
        () => wholeAnswer,
        quick =>
          withAttacked(async system => {
            await system.connect('app', `http://${slow.host}`)
            const other = await system.addTeam('quick')
            await system.connect('app', `http://${quick.host}`, { namespace: 'quick' })
            await use(system, other)
          }),
      ),
  )
}

function batch(token: string, namespace = 'team'): string {
  const path = '/r.git/info/lfs/objects/batch'
  return `GET ${path} HTTP/1.1\r\nHost: c-app.${namespace}\r\nAuthorization: Bearer ${token}\r\n\r\n`
}

async function askMany({ wire }: Attacked, token: string, count: number): Promise<readonly Wire[]> {
  const wires: Wire[] = []
  for (let at = 0; at < count; at++) {
    const connection = await wire({ from: '127.0.0.9' })
    connection.send(batch(token))
    wires.push(connection)
  }
  return wires
}

const refusedOf = (wires: readonly Wire[]) =>
  wires.filter(({ received }) => received.startsWith('HTTP/1.1 503'))

/** The most that the process has held so far. */
function peakMiB({ instance }: Attacked): number {
  const [, kib] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${instance.process.pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

async function checkServed(system: Attacked, other: string): Promise<void> {
  const connection = await system.wire({ from: '127.0.0.10' })
  const { status, body } = await connection.ask(batch(other, 'quick'))
  assert.equal([status, body.trim()], [200, '{}'])
  connection.close()
}

test('attack: answers that are read whole are 8 at a time for a caller; honest: another tenant has its own', () =>
  withTwoTools(async (system, other) => {
    await checkServed(system, other)
    const before = peakMiB(system)
    const wires = await askMany(system, system.token, 100)
    await waitFor(() => refusedOf(wires).length === 92, { what: 'all but eight to be refused' })
    assert.match(refusedOf(wires)[0]?.received ?? '', /TooManyAnswers/)
    await checkServed(system, other)
    assert.ok(peakMiB(system) - before < mostMiB, `${before} to ${peakMiB(system)} MiB`)
    for (const wire of wires) wire.close()
  }))

test('attack: the accounts of a tenant have 32 MiB together; honest: another tenant is served while they are full', () =>
  withTwoTools(async (system, other) => {
    const tokens = [system.token]
    for (const name of ['second', 'third', 'fourth', 'fifth']) tokens.push(await addUser(system, name))
    await checkServed(system, other)
    const before = peakMiB(system)
    const wires: Wire[] = []
    for (const token of tokens) wires.push(...(await askMany(system, token, 8)))
    // 40 answers of 2 MiB: 16 have room.
    await waitFor(() => refusedOf(wires).length >= 24, { what: 'what has no room to be refused' })
    await checkServed(system, other)
    assert.ok(wires.length - refusedOf(wires).length >= 14, 'no more than has to give way')
    assert.ok(peakMiB(system) - before < mostMiB, `${before} to ${peakMiB(system)} MiB`)
    for (const wire of wires) wire.close()
  }))

test.run()
