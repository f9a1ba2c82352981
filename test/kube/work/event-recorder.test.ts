import type { ServerResponse } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { KubeEvent } from '../../../kube/object/objects.ts'
import { connectorClasses, connectors } from '../../../kube/object/resources.ts'
import {
  createEventRecorder,
  type EventRecorder,
  type Occurrence,
} from '../../../kube/work/event-recorder.ts'
import { waitFor } from '../../helpers/poll.ts'
import { createManualClock, type ManualClock } from '../../runtime/manual-clock.ts'
import { type Received, refuse, reply, withApiServer } from '../api-server.ts'

const test = suite('kube/work/event-recorder')

const occurrence: Occurrence = {
  resource: connectors,
  object: { metadata: { name: 'git', namespace: 'team', uid: 'u1', resourceVersion: '5' } },
  type: 'Warning',
  reason: 'SecretNotFound',
  message: 'the Secret is missing',
}

interface Scene {
  readonly recorder: EventRecorder
  readonly clock: ManualClock
  readonly received: readonly Received[]
  readonly stored: Map<string, KubeEvent>
  readonly errors: unknown[]
  failing: number
  stop(): Promise<void>
}

/** A server that keeps events as the API does. */
async function withRecorder(maxPending: number, use: (scene: Scene) => Promise<void>): Promise<void> {
  const stored = new Map<string, KubeEvent>()
  let scene: Scene | undefined
  const answer = ({ method, path, body }: Received, response: ServerResponse) => {
    if (scene !== undefined && scene.failing-- > 0) return refuse(response, 500)
    const key = method === 'POST' ? `${path}/${(body as KubeEvent).metadata.name}` : path
    const known = stored.get(key)
    if (method === 'POST' && known !== undefined) return refuse(response, 409, { reason: 'AlreadyExists' })
    if (method !== 'POST' && known === undefined) return refuse(response, 404)
    if (method !== 'GET') stored.set(key, { ...known, ...(body as KubeEvent) })
    reply(response, 200, stored.get(key))
  }
  await withApiServer(answer, async ({ client, received }) => {
    const clock = createManualClock()
    const errors: unknown[] = []
    const source = { component: 'connectors-controller', instance: 'pod-1' }
    const onError = (error: unknown) => errors.push(error)
    const recorder = createEventRecorder({ client, clock, onError, maxPending, ...source })
    const end = new AbortController()
    const running = recorder.run({ signal: end.signal })
    const stop = async () => {
      end.abort()
      await running
    }
    scene = { recorder, clock, received, stored, errors, failing: 0, stop }
    try {
      await use(scene)
    } finally {
      await stop()
    }
  })
}

const only = (stored: Map<string, KubeEvent>) => [...stored.values()][0]

test('writes an event that kubectl describe finds', async () => {
  await withRecorder(100, async ({ recorder, stored }) => {
    recorder.record(occurrence)
    const event = await waitFor(() => only(stored))
    assert.match(event.metadata.name, /^git\.[0-9a-f]{16}$/)
    assert.equal(
      [event.metadata.namespace, event.type, event.reason, event.message, event.count, event.firstTimestamp],
      ['team', 'Warning', 'SecretNotFound', 'the Secret is missing', 1, '2026-01-01T00:00:00Z'],
    )
    assert.equal(event.involvedObject, {
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind: 'Connector',
      name: 'git',
      namespace: 'team',
      uid: 'u1',
      resourceVersion: '5',
    })
    assert.equal(event.source, { component: 'connectors-controller', host: 'pod-1' })
  })
})

test('the same again counts up one event, also after a restart and after the API forgot it', async () => {
  await withRecorder(100, async ({ recorder, stored, clock, received }) => {
    recorder.record(occurrence)
    await waitFor(() => only(stored)?.count === 1)
    await clock.advance(60_000)
    recorder.record(occurrence)
    recorder.record(occurrence)
    await waitFor(() => only(stored)?.count === 3)
    assert.is(only(stored)?.lastTimestamp, '2026-01-01T00:01:00Z')
    assert.is(only(stored)?.firstTimestamp, '2026-01-01T00:00:00Z')
    stored.clear()
    recorder.record(occurrence)
    await waitFor(() => only(stored)?.count === 1)
    assert.ok(received.length < 8)
  })
})

test('an event that another process wrote is counted up, not repeated', async () => {
  await withRecorder(100, async ({ recorder, stored }) => {
    recorder.record(occurrence)
    const event = await waitFor(() => only(stored))
    const key = [...stored.keys()][0] ?? ''
    stored.clear()
    recorder.record({ ...occurrence, message: 'other' })
    await waitFor(() => stored.size === 1)
    stored.set(key, { ...event, count: 41 })
    await withRecorder(100, async ({ recorder: restarted, stored: theirs }) => {
      theirs.set(key, { ...event, count: 41 })
      restarted.record(occurrence)
      await waitFor(() => theirs.get(key)?.count === 42)
    })
  })
})

test('events of cluster-wide objects go to the default namespace, long messages are cut', async () => {
  await withRecorder(100, async ({ recorder, stored }) => {
    const object = { metadata: { name: 'git' } }
    recorder.record({ ...occurrence, resource: connectorClasses, object, message: 'x'.repeat(5000) })
    const event = await waitFor(() => only(stored))
    assert.is(event.metadata.namespace, 'default')
    assert.is(event.message?.length, 1024)
  })
})

test('an outage keeps what waits, within the bound, and throws at nobody', async () => {
  await withRecorder(10, async scene => {
    scene.failing = 1
    for (let i = 0; i < 30; i++) scene.recorder.record({ ...occurrence, message: `m${i}` })
    assert.is(scene.recorder.dropped, 20)
    await waitFor(() => scene.errors.length === 1)
    await waitFor(() => scene.clock.sleepers === 1)
    await scene.clock.advance(5000)
    await waitFor(() => scene.stored.size === 10)
  })
})

test('what waits when the process ends is written', async () => {
  await withRecorder(100, async ({ recorder, stored, stop }) => {
    for (let i = 0; i < 20; i++) recorder.record({ ...occurrence, message: `m${i}` })
    await stop()
    assert.is(stored.size, 20)
  })
})

test.run()
