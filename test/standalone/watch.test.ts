// Watches over their whole life: bookmarks, endings, the announced end of the initial state; and the faults.
import { request as httpsRequest } from 'node:https'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../../runtime/clock.ts'
import { type BootedControlPlane, type Json, withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('standalone/watch')
const configMaps = '/api/v1/namespaces/default/configmaps'
const plain = { definitions: null }

interface Watch {
  readonly events: Json[]
  readonly ended: Promise<void>
  readonly close: () => void
}

async function openWatch(plane: BootedControlPlane, query: string): Promise<Watch> {
  const events: Json[] = []
  const headers = { authorization: `Bearer ${plane.token}` }
  const request = httpsRequest(`${plane.url}${configMaps}?watch=1&${query}`, { ca: plane.caPem, headers })
  const ended = Promise.withResolvers<void>()
  request.on('close', ended.resolve)
  request.on('error', () => undefined)
  const answered = Promise.withResolvers<void>()
  request.on('response', response => {
    const lines = createInterface(response)
    lines.on('line', line => events.push(JSON.parse(line)))
    lines.on('error', () => undefined)
    answered.resolve()
  })
  request.end()
  await Promise.race([answered.promise, ended.promise])
  return { events, ended: ended.promise, close: () => request.destroy() }
}

const types = (events: readonly Json[]) => events.map(event => event.type)

async function createConfigMap(plane: BootedControlPlane, name: string): Promise<Json> {
  const { body, status } = await plane.call('POST', configMaps, { body: { metadata: { name } } })
  assert.is(status, 201)
  return body
}

test('a list and a watch from its revision miss nothing while others write', async () => {
  await withControlPlane(async plane => {
    const writing = Promise.all(Array.from({ length: 60 }, (_, index) => createConfigMap(plane, `c${index}`)))
    const { body: list } = await plane.call('GET', configMaps)
    const watch = await openWatch(plane, `resourceVersion=${list.metadata.resourceVersion}`)
    await writing
    await waitFor(() => list.items.length + watch.events.length >= 60)
    const seen = [...list.items, ...watch.events.map(event => event.object)].map(one => one.metadata.name)
    assert.is(new Set(seen).size, 60)
    assert.is(seen.length, 60)
    watch.close()
  }, plain)
})

test('sendInitialEvents ends the initial state with a bookmark that says so', async () => {
  await withControlPlane(async plane => {
    await createConfigMap(plane, 'a')
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watch = await openWatch(plane, query)
    await waitFor(() => watch.events.length === 2)
    assert.equal(types(watch.events), ['ADDED', 'BOOKMARK'])
    const { metadata } = watch.events[1].object
    assert.equal(metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
    await createConfigMap(plane, 'b')
    await waitFor(() => watch.events.length === 3)
    watch.close()
  }, plain)
})

test('bookmarks carry the latest revision of all kinds, and only to those who ask', async () => {
  const hasty = {
    ...systemClock,
    sleep: (ms: number, options: object) => systemClock.sleep(ms / 2000, options),
  }
  await withControlPlane(
    async plane => {
      const asking = await openWatch(plane, 'allowWatchBookmarks=true')
      const other = await openWatch(plane, '')
      const { body: secret } = await plane.call('POST', '/api/v1/namespaces/default/secrets', {
        body: { metadata: { name: 's' } },
      })
      const reached = (event: Json) =>
        event.type === 'BOOKMARK' && event.object.metadata.resourceVersion === secret.metadata.resourceVersion
      await waitFor(() => asking.events.some(reached))
      assert.equal(types(other.events), [])
      asking.close()
      other.close()
    },
    { ...plain, clock: hasty },
  )
})

test('a closed watch is forgotten', async () => {
  await withControlPlane(async plane => {
    const watch = await openWatch(plane, '')
    assert.is(plane.faults.openWatches, 1)
    watch.close()
    await waitFor(() => plane.faults.openWatches === 0)
  }, plain)
})

test('faults: watches end, with and without an expiry', async () => {
  await withControlPlane(async plane => {
    const first = await openWatch(plane, '')
    plane.faults.closeWatches('secrets')
    assert.is(plane.faults.openWatches, 1)
    plane.faults.closeWatches('configmaps')
    await first.ended
    assert.equal(types(first.events), [])

    const { resourceVersion } = (await createConfigMap(plane, 'a')).metadata
    const second = await openWatch(plane, `resourceVersion=${resourceVersion}`)
    await createConfigMap(plane, 'b')
    plane.faults.expireWatches()
    await second.ended
    assert.equal(types(second.events), ['ADDED', 'ERROR'])
    assert.is(second.events[1].object.code, 410)
    const third = await openWatch(plane, `resourceVersion=${resourceVersion}`)
    await third.ended
    assert.is(third.events[0].object.reason, 'Expired')
  }, plain)
})

test('faults: answers for the requests that match, as often as wanted', async () => {
  await withControlPlane(async plane => {
    const { faults } = plane
    faults.inject({
      match: { verb: 'list', resource: 'configmaps' },
      times: 1,
      answer: 429,
      retryAfterSeconds: 7,
    })
    const busy = await plane.call('GET', configMaps)
    assert.equal([busy.status, busy.body.reason, busy.headers['retry-after']], [429, 'TooManyRequests', '7'])
    assert.is((await plane.call('GET', configMaps)).status, 200)

    const remove = faults.inject({ match: { resource: 'configmaps' }, answer: 500 })
    assert.is((await plane.call('GET', configMaps)).status, 500)
    assert.is((await plane.call('GET', `${configMaps}/x`)).status, 500)
    assert.is((await plane.call('GET', '/api/v1/namespaces')).status, 200)
    remove()
    for (const [answer, reason] of [
      [409, 'Conflict'],
      [410, 'Expired'],
      [503, 'ServiceUnavailable'],
    ] as const) {
      faults.inject({ match: { verb: 'get', name: 'x' }, times: 1, answer })
      const { status, body } = await plane.call('GET', `${configMaps}/x`)
      assert.equal([status, body.reason], [answer, reason])
    }
    assert.is((await plane.call('GET', `${configMaps}/x`)).status, 404)
  }, plain)
})

test('faults: a request is held, and a connection is cut', async () => {
  await withControlPlane(async plane => {
    const held = Promise.withResolvers<void>()
    plane.faults.inject({ match: { verb: 'create' }, times: 1, until: held.promise })
    const creating = createConfigMap(plane, 'a')
    assert.equal((await plane.call('GET', configMaps)).body.items, [])
    held.resolve()
    await creating
    plane.faults.inject({ match: { verb: 'list' }, times: 1, reset: true })
    const cut = await plane.call('GET', configMaps).catch((error: NodeJS.ErrnoException) => error.code)
    assert.is(cut, 'ECONNRESET')
    assert.is((await plane.call('GET', configMaps)).body.items.length, 1)
  }, plain)
})

test.run()
