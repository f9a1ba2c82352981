// Two controllers, processes of their own: who holds the Lease acts, also when a leader is killed, frozen or stopped.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseControllerConfig } from '../../controller/config.ts'
import { startController } from '../../controller/main.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import {
  connectorClasses,
  connectors,
  events,
  leases,
  namespaces,
  services,
} from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { launcher } from '../helpers/command.ts'
import { type BootedControlPlane, withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { accountKubeconfig, clientOf } from './boot-controller.ts'
import { basicClass, connector } from './objects.ts'

const test = suite('controller/leader')
const system = 'connectors-system'
const lease = { namespace: system, name: 'connectors-controller-manager' }
// Short, but long enough for a machine that is busy with other tests.
const leaseMs = 2000

interface Candidate {
  readonly process: ChildProcess
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>
  lines(): string
  /** How many writes it asked for so far, its Lease's not counted. */
  writes(): number
  isReady(): Promise<boolean>
  /** Whether its metrics call it the leader. */
  isLeading(): Promise<boolean>
}

interface Scene {
  readonly plane: BootedControlPlane
  readonly client: KubeClient
  start(name: string): Promise<Candidate>
  /** A Connector whose state is to be written by whoever leads. */
  add(name: string): Promise<void>
  /** Waits until somebody wrote its state. */
  written(name: string): Promise<unknown>
}

async function withScene(use: (scene: Scene) => Promise<void>): Promise<void> {
  await withControlPlane(plane =>
    withTempDir(async dir => {
      const client = await clientOf(plane.kubeconfig)
      const children: Candidate[] = []
      try {
        await client.create(namespaces, { metadata: { name: 'team' } })
        await client.create(services, {
          metadata: { name: 'connectors-proxy-service', namespace: system },
          spec: { ports: [{ name: 'http', port: 80 }] },
        })
        await client.create(connectorClasses, basicClass())
        await use({
          plane,
          client,
          async start(name) {
            const child = await startCandidate({ plane, client, dir, name })
            children.push(child)
            return child
          },
          async add(name) {
            await client.create(connectors, connector(name, { address: 'http://127.0.0.1:9' }))
          },
          written: name =>
            waitFor(
              async () => (await client.get(connectors, { namespace: 'team', name })).status?.conditions,
              { what: `the state of Connector "${name}"`, timeoutMs: 20_000 },
            ),
        })
      } finally {
        for (const { process: child, ended } of children) {
          child.kill('SIGKILL')
          await ended
        }
        client.close()
      }
    }),
  )
}

async function startCandidate(options: {
  readonly plane: BootedControlPlane
  readonly client: KubeClient
  readonly dir: string
  readonly name: string
}): Promise<Candidate> {
  const { plane, client, dir, name } = options
  const path = join(dir, name)
  await writeFile(path, await accountKubeconfig(plane, client, { namespace: system, name }))
  const flags = [
    '--allow-loopback',
    '--leader-elect',
    `--lease-duration=${leaseMs}ms`,
    '--metrics-address=127.0.0.1:0',
  ]
  const child = spawn(launcher, ['controller', `--kubeconfig=${path}`, proxyAt(plane), ...flags], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  let lines = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    lines += text
  })
  const metrics = await waitFor(() => /"metrics":"([^"]+)"/.exec(lines)?.[1], { what: name })
  const user = `system:serviceaccount:${system}:${name}`
  return {
    process: child,
    ended,
    lines: () => lines,
    writes: () =>
      plane.requests.filter(
        request =>
          request.user === user &&
          request.resource !== 'leases' &&
          !['get', 'list', 'watch'].includes(request.verb),
      ).length,
    isReady: async () => (await fetch(`${metrics}/readyz`)).ok,
    isLeading: async () =>
      (await (await fetch(`${metrics}/metrics`)).text()).includes('\nconnectors_leading 1\n'),
  }
}

function proxyAt(plane: BootedControlPlane): string {
  return `--connect-to=connectors-proxy-service.${system}.svc:80=127.0.0.1:${new URL(plane.url).port}`
}

function leads(candidate: Candidate): Promise<boolean> {
  return waitFor(() => candidate.lines().includes('controller leads'), { what: 'the leader' })
}

test('the standby is ready and writes nothing, and follows a leader that was killed', () =>
  withScene(async ({ start, add, written }) => {
    const leader = await start('one')
    await leads(leader)
    const standby = await start('two')
    await waitFor(standby.isReady, { what: 'the standby' })
    await add('first')
    await written('first')
    assert.ok(leader.writes() > 0)
    assert.is(standby.writes(), 0)
    assert.equal([await leader.isLeading(), await standby.isLeading()], [true, false])
    leader.process.kill('SIGKILL')
    await leader.ended
    await add('second')
    await written('second')
    assert.ok(standby.writes() > 0)
  }))

test('a leader that was frozen longer than its Lease writes nothing when it wakes, and ends', () =>
  withScene(async ({ start, add, written }) => {
    const leader = await start('one')
    await leads(leader)
    const standby = await start('two')
    await add('first')
    await written('first')
    leader.process.kill('SIGSTOP')
    await leads(standby)
    // Or it would do what the frozen one finds to do.
    standby.process.kill('SIGSTOP')
    for (let at = 0; at < 20; at++) await add(`frozen-${at}`)
    const before = leader.writes()
    leader.process.kill('SIGCONT')
    assert.equal(await leader.ended, [6, null])
    assert.is(leader.writes(), before)
    assert.match(leader.lines(), 'may have ended')
  }))

test('a leader whose time is over writes nothing more, before it has noticed', () =>
  withScene(async ({ plane, client, add, written }) => {
    const account = { namespace: system, name: 'late' }
    const own = await clientOf(await accountKubeconfig(plane, client, account))
    let lateMs = 0
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + lateMs }
    const lines: string[] = []
    const log = createLog({ component: 'c', level: 'info', clock, write: line => lines.push(line) })
    // Long, so that it does not notice by itself.
    const argv = [
      '--allow-loopback',
      '--leader-elect',
      '--lease-duration=60s',
      '--metrics-address=127.0.0.1:0',
      proxyAt(plane),
    ]
    const config = parseControllerConfig({ argv, env: {} })
    const stop = new AbortController()
    const { ended } = await startController(config, { client: own, clock, log, signal: stop.signal })
    try {
      await add('first')
      await written('first')
      lateMs = 60_000
      await add('second')
      const refusal = await waitFor(() => lines.find(line => /cannot reconcile.*team\/second/.test(line)), {
        what: 'the refusal',
      })
      assert.match(refusal, '"reason":"NotLeading"')
      assert.is((await client.get(connectors, { namespace: 'team', name: 'second' })).status, undefined)
      assert.is(await client.find(services, { namespace: 'team', name: 'c-second' }), undefined)
    } finally {
      stop.abort()
      await ended
      own.close()
    }
  }))

test('what all see is told by the leader alone, and not again by the next one', () =>
  withScene(async ({ client, start, add, written }) => {
    const leader = await start('one')
    await leads(leader)
    const standby = await start('two')
    await waitFor(standby.isReady, { what: 'the standby' })
    await add('first')
    await written('first')
    const told = async (name: string) =>
      (await client.list(events, { namespace: 'team' })).items.filter(
        event => event.involvedObject?.name === name && event.reason === 'ConnectorClassRulesChanged',
      )
    const proxy = { uri: 'http://127.0.0.1:9' }
    await client.patch(connectorClasses, { name: 'basic' }, { patch: { spec: { proxy } } })
    await waitFor(async () => (await told('first')).length === 1, { what: 'the event' })
    leader.process.kill('SIGKILL')
    await leader.ended
    await leads(standby)
    await add('second')
    await written('second')
    const api = { uri: 'http://127.0.0.1:9' }
    await client.patch(connectorClasses, { name: 'basic' }, { patch: { spec: { api } } })
    // Events are written in order.
    await waitFor(async () => (await told('second')).length === 1, { what: 'the next event' })
    assert.equal(
      (await told('first')).map(({ count }) => count),
      [1, 1],
    )
  }))

test('a leader that is told to stop gives the Lease back', () =>
  withScene(async ({ client, start, add, written }) => {
    const leader = await start('one')
    await leads(leader)
    await add('first')
    await written('first')
    leader.process.kill('SIGTERM')
    assert.equal(await leader.ended, [0, null])
    assert.is((await client.get(leases, lease)).spec?.holderIdentity, '')
  }))

test.run()
