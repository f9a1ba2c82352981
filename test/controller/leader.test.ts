// Two controllers, processes of their own: who holds the Lease acts, also when a leader is killed, frozen or stopped.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { KubeClient } from '../../kube/client.ts'
import { connectorClasses, connectors, leases, namespaces, services } from '../../kube/resources.ts'
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
  const flags = ['--leader-elect', `--lease-duration=${leaseMs}ms`, '--metrics-address=127.0.0.1:0']
  const proxyAt = new URL(plane.url).port
  const child = spawn(
    launcher,
    [
      'controller',
      `--kubeconfig=${path}`,
      `--connect-to=connectors-proxy-service.${system}.svc:80=127.0.0.1:${proxyAt}`,
      ...flags,
    ],
    { stdio: ['ignore', 'inherit', 'pipe'] },
  )
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
