import type { ServerResponse } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Change,
  createInformer,
  type Informer,
  type InformerOptions,
} from '../../../kube/cache/informer.ts'
import type { ConfigMap } from '../../../kube/object/objects.ts'
import { configMaps } from '../../../kube/object/resources.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { waitFor } from '../../helpers/poll.ts'
import { configMap, type Received, refuse, reply, withApiServer } from '../api-server.ts'

const test = suite('kube/cache/informer')

/** Waits a fiftieth of the time: the informer's backoff is what these tests would wait for. */
const hasty = { ...systemClock, sleep: (ms: number, options: object) => systemClock.sleep(ms / 50, options) }

interface Scene {
  /** What a list gives. */
  items: object[]
  version: number
  /** Overrides the answer to the next watches, in order. */
  readonly watchAnswers: ((response: ServerResponse) => void)[]
  readonly watches: { readonly from: string; readonly response: ServerResponse }[]
  lists: number
  get?: (request: Received, response: ServerResponse) => void
}

interface Running {
  readonly scene: Scene
  readonly informer: Informer<ConfigMap>
  readonly changes: string[]
  readonly errors: unknown[]
  send(type: string, object: object): void
  synced(): Promise<void>
}

async function withInformer(
  options: Partial<InformerOptions<ConfigMap>>,
  use: (running: Running) => Promise<void>,
  items: object[] = [],
): Promise<void> {
  const scene: Scene = { items, version: 10, watchAnswers: [], watches: [], lists: 0 }
  const answer = (request: Received, response: ServerResponse) => {
    if (request.query.get('watch') === 'true') {
      const special = scene.watchAnswers.shift()
      if (special !== undefined) return special(response)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      scene.watches.push({ from: request.query.get('resourceVersion') ?? '', response })
    } else if (/configmaps\/./.test(request.path)) {
      scene.get?.(request, response)
    } else {
      const limit = Number(request.query.get('limit'))
      const start = Number(request.query.get('continue') ?? '0')
      if (start === 0) scene.lists++
      const more = start + limit < scene.items.length
      reply(response, 200, {
        metadata: {
          resourceVersion: String(scene.version),
          ...(more ? { continue: String(start + limit) } : {}),
        },
        items: scene.items.slice(start, start + limit),
      })
    }
  }
  await withApiServer(answer, async ({ client }) => {
    const stop = new AbortController()
    const changes: string[] = []
    const errors: unknown[] = []
    const informer = createInformer({
      client,
      clock: hasty,
      resource: configMaps,
      onError: error => errors.push(error),
      ...options,
    })
    informer.onChange((change: Change<ConfigMap>) =>
      changes.push(`${change.type} ${change.object.metadata.name}`),
    )
    const running = informer.run({ signal: stop.signal })
    try {
      await use({
        scene,
        informer,
        changes,
        errors,
        send: (type, object) => scene.watches.at(-1)?.response.write(`${JSON.stringify({ type, object })}\n`),
        async synced() {
          await informer.synced
          await waitFor(() => scene.watches.length > 0)
        },
      })
    } finally {
      stop.abort()
      await running
    }
  })
}

test('lists in pages, then follows the watch', async () => {
  const items = Array.from({ length: 600 }, (_, i) => configMap(`m${i}`, i + 1))
  await withInformer(
    {},
    async ({ informer, synced, send, changes, scene }) => {
      await synced()
      assert.is(informer.list().length, 600)
      assert.is(informer.get('team', 'm599')?.kind, 'ConfigMap')
      assert.is(scene.watches[0]?.from, '10')
      changes.length = 0
      send('ADDED', configMap('new', 11))
      send('MODIFIED', configMap('m1', 12))
      send('DELETED', configMap('m2', 13))
      await waitFor(() => changes.length === 3)
      assert.equal(changes, ['added new', 'updated m1', 'deleted m2'])
      assert.is(informer.list('team').length, 600)
    },
    items,
  )
})

test('goes on from the last version, bookmarks included, when the server ends the watch', async () => {
  await withInformer({}, async ({ synced, send, scene }) => {
    await synced()
    send('ADDED', configMap('a', 11))
    send('BOOKMARK', { metadata: { resourceVersion: '42' } })
    scene.watches[0]?.response.end()
    await waitFor(() => scene.watches.length === 2)
    assert.is(scene.watches[1]?.from, '42')
    assert.is(scene.lists, 1)
  })
})

test('lists again after 410 as an answer and as an event, and tells of what changed meanwhile', async () => {
  await withInformer(
    {},
    async ({ synced, send, scene, changes, errors }) => {
      await synced()
      scene.items = [configMap('kept', 1), configMap('changed', 21), configMap('born', 22)]
      scene.version = 30
      changes.length = 0
      send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })
      await waitFor(() => scene.watches.length === 2)
      assert.equal(changes, ['updated changed', 'added born', 'deleted gone'])
      assert.is(scene.watches[1]?.from, '30')
      scene.watchAnswers.push(response => refuse(response, 410, { reason: 'Gone' }))
      scene.watches[1]?.response.end()
      await waitFor(() => scene.watches.length === 3)
      assert.is(scene.lists, 3)
      assert.equal(errors, [])
    },
    [configMap('kept', 1), configMap('changed', 2), configMap('gone', 3)],
  )
})

test('a list whose next page has always expired begins anew, with fewer pages', async () => {
  const items = Array.from({ length: 300 }, (_, i) => configMap(`m${i}`, i + 1))
  const answer = ({ query }: Received, response: ServerResponse) => {
    if (query.has('watch')) return void response.writeHead(200).flushHeaders()
    const start = Number(query.get('continue') ?? 0)
    if (start > 0) return refuse(response, 410, { reason: 'Expired' })
    const end = start + Number(query.get('limit'))
    const more = end < items.length ? { continue: String(end) } : {}
    reply(response, 200, { metadata: { resourceVersion: '9', ...more }, items: items.slice(start, end) })
  }
  await withApiServer(answer, async ({ client }) => {
    const stop = new AbortController()
    const informer = createInformer({ client, clock: hasty, resource: configMaps })
    const running = informer.run({ signal: stop.signal })
    await informer.synced
    assert.is(informer.list().length, 300)
    stop.abort()
    await running
  })
})

test('after a restore the lower versions of the API server count', async () => {
  await withInformer(
    {},
    async ({ synced, scene, send, informer }) => {
      await synced()
      scene.items = [configMap('a', 3, { data: { state: 'restored' } })]
      scene.version = 4
      scene.watchAnswers.push(response => refuse(response, 504, { reason: 'Timeout' }))
      scene.watches[0]?.response.end()
      await waitFor(() => scene.watches.length === 2)
      assert.is(informer.get('team', 'a')?.data?.['state'], 'restored')
      assert.is(informer.get('team', 'b'), undefined)
      send('MODIFIED', configMap('a', 5, { data: { state: 'later' } }))
      await waitFor(() => informer.get('team', 'a')?.data?.['state'] === 'later')
    },
    [configMap('a', 900), configMap('b', 901)],
  )
})

test('a line cut in half is not an event: the watch begins again from the last whole one', async () => {
  await withInformer({}, async ({ synced, send, scene, informer }) => {
    await synced()
    send('ADDED', configMap('whole', 11))
    scene.watches[0]?.response.end(
      JSON.stringify({ type: 'ADDED', object: configMap('half', 12) }).slice(0, 60),
    )
    await waitFor(() => scene.watches.length === 2)
    assert.is(scene.watches[1]?.from, '11')
    assert.is(informer.get('team', 'half'), undefined)
    send('ADDED', configMap('half', 12))
    await waitFor(() => informer.get('team', 'half'))
  })
})

test('a watch that goes silent is given up and begun again', async () => {
  await withInformer({ idleMs: 60 }, async ({ synced, scene, errors }) => {
    await synced()
    await waitFor(() => scene.watches.length >= 2)
    assert.is((errors[0] as { code: string }).code, 'TIMEOUT')
    assert.is(scene.lists, 1)
  })
})

test('survives a storm of 500 and a connection that breaks', async () => {
  await withInformer({}, async ({ synced, scene, send, informer, errors }) => {
    await synced()
    scene.watchAnswers.push(response => refuse(response, 500))
    scene.watchAnswers.push(response => response.destroy())
    scene.watches[0]?.response.destroy()
    await waitFor(() => scene.watches.length === 2)
    send('ADDED', configMap('after', 11))
    await waitFor(() => informer.get('team', 'after'))
    assert.is(errors.length, 3)
    assert.is(scene.lists, 1)
  })
})

test('an unknown kind is reported and asked for again', async () => {
  const errors: unknown[] = []
  let known = false
  const answer = (request: Received, response: ServerResponse) => {
    if (!known) return refuse(response, 404, { reason: 'NotFound' })
    if (request.query.has('watch')) return void response.writeHead(200).flushHeaders()
    reply(response, 200, { metadata: { resourceVersion: '1' }, items: [configMap('a', 1)] })
  }
  await withApiServer(answer, async ({ client }) => {
    const stop = new AbortController()
    const informer = createInformer({
      client,
      clock: hasty,
      resource: configMaps,
      onError: error => errors.push(error),
    })
    const running = informer.run({ signal: stop.signal })
    await waitFor(() => errors.length > 0)
    assert.is(informer.isSynced, false)
    known = true
    await informer.synced
    assert.is(informer.list().length, 1)
    stop.abort()
    await running
  })
})

test('what transform drops is never kept, and managedFields of no object are', async () => {
  const wanted = new Set(['a'])
  const transform = (object: ConfigMap) => (wanted.has(object.metadata.name) ? object : undefined)
  await withInformer(
    { transform },
    async ({ synced, informer, send, changes, scene }) => {
      await synced()
      assert.equal(changes, ['added a'])
      assert.is('managedFields' in (informer.get('team', 'a')?.metadata ?? {}), false)
      wanted.add('b')
      scene.get = (_, response) => reply(response, 200, configMap('b', 2))
      assert.is((await informer.fetch({ namespace: 'team', name: 'b' }))?.metadata.name, 'b')
      informer.forget({ namespace: 'team', name: 'b' })
      assert.is(informer.list().length, 1)
      wanted.delete('a')
      send('MODIFIED', configMap('a', 12))
      await waitFor(() => informer.list().length === 0)
      assert.equal(changes, ['added a', 'added b', 'deleted a'])
    },
    [
      {
        ...configMap('a', 1),
        metadata: {
          name: 'a',
          namespace: 'team',
          resourceVersion: '1',
          managedFields: [{ manager: 'kubectl' }],
        },
      },
      configMap('b', 2),
    ],
  )
})

test('a fetch that is ahead of the watch is not turned back, one that is behind does not win', async () => {
  await withInformer({}, async ({ synced, informer, send, scene, changes }) => {
    await synced()
    scene.get = (_, response) => reply(response, 200, configMap('x', 20, { data: { state: 'new' } }))
    await informer.fetch({ namespace: 'team', name: 'x' })
    send('ADDED', configMap('x', 15, { data: { state: 'old' } }))
    send('ADDED', configMap('marker', 16))
    await waitFor(() => informer.get('team', 'marker'))
    assert.is(informer.get('team', 'x')?.data?.['state'], 'new')

    let release: ServerResponse | undefined
    scene.get = (_, response) => {
      release = response
    }
    const fetched = informer.fetch({ namespace: 'team', name: 'x' })
    await waitFor(() => release)
    send('DELETED', configMap('x', 22))
    await waitFor(() => changes.includes('deleted x'))
    if (release !== undefined) reply(release, 200, configMap('x', 21))
    assert.is(await fetched, undefined)
  })
})

test('finds by index as objects come, change and go', async () => {
  await withInformer({}, async ({ synced, informer, send }) => {
    await synced()
    informer.index('color', object => (object.data?.['color'] === undefined ? [] : [object.data['color']]))
    send('ADDED', configMap('a', 11, { data: { color: 'red' } }))
    send('ADDED', configMap('b', 12, { data: { color: 'red' } }))
    await waitFor(() => informer.byIndex('color', 'red').length === 2)
    send('MODIFIED', configMap('a', 13, { data: { color: 'blue' } }))
    await waitFor(() => informer.byIndex('color', 'blue').length === 1)
    assert.equal(
      informer.byIndex('color', 'red').map(object => object.metadata.name),
      ['b'],
    )
    send('DELETED', configMap('b', 14))
    await waitFor(() => informer.byIndex('color', 'red').length === 0)
  })
})

test('an object whose index keys cannot be had is reported and left out, and the others are known', async () => {
  const odd = configMap('odd', 2)
  await withInformer(
    {},
    async ({ synced, informer, send, errors }) => {
      informer.index('name', ({ data }) => [(data as { name: string }).name])
      await synced()
      const names = () => informer.list().map(object => object.metadata.name)
      assert.equal(names(), ['b'])
      assert.is(errors.length, 1)
      send('ADDED', odd)
      send('ADDED', configMap('c', 12, { data: { name: 'c' } }))
      await waitFor(() => informer.byIndex('name', 'c').length === 1)
      send('MODIFIED', configMap('b', 13))
      await waitFor(() => errors.length === 3)
      assert.equal(names(), ['c'])
      assert.equal(informer.byIndex('name', 'b'), [])
    },
    [odd, configMap('b', 3, { data: { name: 'b' } })],
  )
})

test('a listener that throws is reported and does not stop the others', async () => {
  await withInformer({}, async ({ synced, informer, send, errors, changes }) => {
    await synced()
    const stop = informer.onChange(() => {
      throw new Error('listener')
    })
    send('ADDED', configMap('a', 11))
    await waitFor(() => errors.length === 1)
    stop()
    send('ADDED', configMap('b', 12))
    await waitFor(() => changes.length === 2)
    assert.is(errors.length, 1)
  })
})

test('synced rejects when the run ends before the first list', async () => {
  await withApiServer(
    (_, response) => refuse(response, 500),
    async ({ client }) => {
      const stop = new AbortController()
      const informer = createInformer({ client, clock: hasty, resource: configMaps })
      const running = informer.run({ signal: stop.signal })
      stop.abort(new Error('stopped'))
      await running
      await informer.synced.then(
        () => assert.unreachable(),
        error => assert.is(error.message, 'stopped'),
      )
    },
  )
})

test.run()
