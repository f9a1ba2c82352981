// The same code against the embedded control plane, whose answers are a real API server's.
import { writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createInformer } from '../../kube/cache/informer.ts'
import type { KubeApiError } from '../../kube/client/api-error.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import {
  configMaps,
  events,
  namespaces,
  roleBindings,
  roles,
  secrets,
  serviceAccounts,
  services,
} from '../../kube/object/resources.ts'
import { createAccessReviewer } from '../../kube/review/access-review.ts'
import { createTokenReviewer } from '../../kube/review/token-review.ts'
import { createEventRecorder } from '../../kube/work/event-recorder.ts'
import { writeStatus } from '../../kube/work/status.ts'
import { systemClock } from '../../runtime/clock.ts'
import { type ControlPlane, startControlPlane } from '../../standalone/main.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('kube/control-plane')
const clock = systemClock
const hasty = { ...clock, sleep: (ms: number, options: object) => clock.sleep(ms / 50, options) }

async function withControlPlane(
  use: (client: KubeClient, plane: ControlPlane) => Promise<void>,
): Promise<void> {
  const plane = await startControlPlane({ definitions: null })
  try {
    await withTempDir(async dir => {
      await writeFile(`${dir}/config`, plane.kubeconfig)
      const config = await loadKubeConfig({ kubeconfig: `${dir}/config`, clock })
      const client = createKubeClient({ config, userAgent: 'test/1', clock })
      try {
        await client.create(namespaces, { metadata: { name: 'team' } })
        await use(client, plane)
      } finally {
        client.close()
      }
    })
  } finally {
    await plane.close()
  }
}

async function problemOf(promise: Promise<unknown>): Promise<KubeApiError> {
  return (await promise.then(
    () => assert.unreachable('it did not fail'),
    (caught: unknown) => caught,
  )) as KubeApiError
}

test('creates, reads, changes under a version, and deletes', async () => {
  await withControlPlane(async client => {
    const metadata = { name: 'a', namespace: 'team', labels: { app: 'x' } }
    const made = await client.create(configMaps, { metadata, data: { k: '1', old: 'x' } })
    const again = await problemOf(client.create(configMaps, { metadata }))
    assert.equal([again.code, again.reason], ['CONFLICT', 'AlreadyExists'])
    const changed = await client.replace(configMaps, { ...made, data: { k: '2', old: 'x' } })
    const stale = await problemOf(client.replace(configMaps, made))
    assert.equal([stale.code, stale.reason], ['CONFLICT', 'Conflict'])
    const patched = await client.patch(configMaps, metadata, { patch: { data: { old: null } } })
    assert.equal(patched.data, { k: '2' })
    const labelled = await client.list(configMaps, { namespace: 'team', labelSelector: 'app=x' })
    assert.equal(
      labelled.items.map(item => [item.kind, item.metadata.name]),
      [['ConfigMap', 'a']],
    )
    const { uid = '' } = changed.metadata
    const other = await problemOf(client.delete(configMaps, metadata, { preconditions: { uid: 'other' } }))
    assert.is(other.code, 'CONFLICT')
    await client.delete(configMaps, metadata, { preconditions: { uid } })
    assert.is(await client.find(configMaps, metadata), undefined)
  })
})

test('an informer stays true through closed, expired and failing watches', async () => {
  await withControlPlane(async (client, { faults }) => {
    const create = (name: string, type = 'Opaque') =>
      client.create(secrets, { metadata: { name, namespace: 'team' }, type })
    for (let i = 0; i < 30; i++) await create(`s${i}`)
    const stop = new AbortController()
    const informer = createInformer({ client, clock: hasty, resource: secrets, fieldSelector: 'type=Opaque' })
    const told: string[] = []
    informer.onChange(({ type, object }) => told.push(`${type} ${object.metadata.name}`))
    const running = informer.run({ signal: stop.signal })
    await informer.synced
    assert.is(informer.list('team').length, 30)
    await create('ours')
    await create('not-ours', 'example.com/other')
    await waitFor(() => informer.get('team', 'ours'))
    faults.closeWatches()
    await create('after-close')
    await waitFor(() => informer.get('team', 'after-close'))
    faults.inject({ match: { verb: 'watch' }, times: 2, answer: 500 })
    faults.expireWatches()
    await create('after-expiry')
    await client.delete(secrets, { namespace: 'team', name: 's0' })
    await waitFor(() => informer.get('team', 'after-expiry') && informer.get('team', 's0') === undefined)
    assert.is(informer.get('team', 'not-ours'), undefined)
    assert.is(told.filter(line => line === 'added ours').length, 1)
    assert.is(told.filter(line => line === 'deleted s0').length, 1)
    stop.abort()
    await running
  })
})

test('an informer finds the API server again after its restart', async () => {
  await withTempDir(async dataDir => {
    const first = await startControlPlane({ definitions: null, dataDir })
    await writeFile(`${dataDir}/config`, first.kubeconfig)
    const config = await loadKubeConfig({ kubeconfig: `${dataDir}/config`, clock })
    const client = createKubeClient({ config, userAgent: 'test/1', clock })
    const stop = new AbortController()
    const informer = createInformer({ client, clock: hasty, resource: namespaces })
    const running = informer.run({ signal: stop.signal })
    await informer.synced
    await first.close()
    const second = await startControlPlane({ definitions: null, dataDir })
    try {
      assert.is(second.url, first.url)
      await client.create(namespaces, { metadata: { name: 'later' } })
      await waitFor(() => informer.get(undefined, 'later'))
    } finally {
      stop.abort()
      await running
      client.close()
      await second.close()
    }
  })
})

test('a token for the audience is its ServiceAccount, one for the API server nobody', async () => {
  await withControlPlane(async client => {
    const builder = { namespace: 'team', name: 'builder' }
    await client.create(serviceAccounts, { metadata: builder })
    const tokenFor = async (audiences: string[]) => {
      const spec = { audiences, expirationSeconds: 1800 }
      return (await client.createToken(builder, { spec })).token
    }
    const reviewer = createTokenReviewer({ client, clock, graceMs: 0, audiences: ['connectors'] })
    const verdict = await reviewer.check(await tokenFor(['connectors']), { payer: 'a peer' })
    assert.ok(verdict.allowed)
    assert.is(verdict.user.username, 'system:serviceaccount:team:builder')
    assert.ok(verdict.user.groups.includes('system:serviceaccounts:team'))
    assert.ok((verdict.notAfterMs ?? 0) > Date.now())
    assert.is(
      (await reviewer.check(await tokenFor(['https://elsewhere']), { payer: 'a peer' })).allowed,
      false,
    )

    const access = {
      verb: 'get',
      group: 'connectors.alauda.io',
      resource: 'connectors',
      subresource: 'proxy',
      namespace: 'team',
      name: 'git',
    }
    const before = createAccessReviewer({ client, clock, graceMs: 0 })
    assert.is((await before.check(verdict.user, access)).allowed, false)
    const metadata = { name: 'use', namespace: 'team' }
    const rules = [{ apiGroups: [access.group], resources: ['connectors/proxy'], verbs: ['get'] }]
    await client.create(roles, { metadata, rules })
    await client.create(roleBindings, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'use' },
      subjects: [
        { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:serviceaccounts:team' },
      ],
    })
    const after = createAccessReviewer({ client, clock, graceMs: 0 })
    assert.ok((await after.check(verdict.user, access)).allowed)
    assert.is((await after.check(verdict.user, { ...access, namespace: 'other' })).allowed, false)
  })
})

test('a status is written once', async () => {
  await withControlPlane(async client => {
    const spec = { type: 'ExternalName', externalName: 'proxy.example.com' }
    const object = await client.create(services, { metadata: { name: 'c-git', namespace: 'team' }, spec })
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Good',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    const status = { loadBalancer: {}, conditions: [condition] }
    const written = await writeStatus(client, services, { object, status })
    assert.is(written?.status?.conditions?.[0]?.reason, 'Good')
    assert.is(await writeStatus(client, services, { object: written ?? object, status }), undefined)
    const stale = await problemOf(
      writeStatus(client, services, { object, status: { conditions: [{ ...condition, status: 'False' }] } }),
    )
    assert.equal([stale.code, stale.reason], ['CONFLICT', 'Conflict'])
  })
})

test('an event is found under its object and counted', async () => {
  await withControlPlane(async client => {
    const object = await client.create(configMaps, { metadata: { name: 'a', namespace: 'team' } })
    const stop = new AbortController()
    const recorder = createEventRecorder({ client, clock, component: 'test', instance: 'pod-1' })
    const running = recorder.run({ signal: stop.signal })
    const occurrence = {
      resource: configMaps,
      object,
      type: 'Normal',
      reason: 'Changed',
      message: 'it changed',
    } as const
    const find = async () => (await client.list(events, { namespace: 'team' })).items
    recorder.record(occurrence)
    await waitFor(async () => (await find()).length === 1)
    recorder.record(occurrence)
    await waitFor(async () => (await find())[0]?.count === 2)
    assert.is((await find())[0]?.involvedObject?.uid, object.metadata.uid)
    stop.abort()
    await running
  })
})

test.run()
