// Built-in classes and interfaces, kept by the controller against a control plane that merges what is applied. With
// server-side apply: test/e2e/scenarios/kept-true.test.ts.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { freeRestores } from '../../controller/builtins/decide.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import { connectorClasses, events, type Resource, resourceInterfaces } from '../../kube/object/resources.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { type World, type WorldOptions, withController } from './boot-controller.ts'

const test = suite('controller/builtins')

const manifests = `
apiVersion: connectors.alauda.io/v1alpha1
kind: ConnectorClass
metadata:
  name: shipped
  labels: {ours: "true"}
  annotations: {cpaas.io/display-name: Shipped}
spec:
  address: {type: string}
  auth:
    types:
      - {name: basicAuth, secretType: kubernetes.io/basic-auth}
---
apiVersion: connectors.alauda.io/v1alpha1
kind: ResourceInterface
metadata:
  name: shipped
  annotations: {cpaas.io/display-name: Shipped}
spec:
  category: code
`

type Shipped = KubeObject & { readonly spec: { readonly address?: object; readonly category?: string } }
type Builtin = Resource<Shipped>
const kinds = [connectorClasses as Builtin, resourceInterfaces as Builtin]
const ref = { name: 'shipped' }
const displayName = 'cpaas.io/display-name'
const builtin = 'connectors.cpaas.io/builtin'
const annotate = (annotations: Readonly<Record<string, string | null>>) => ({ metadata: { annotations } })

function withBuiltins(use: (world: World) => Promise<void>, options: WorldOptions = {}): Promise<void> {
  return withTempDir(async dir => {
    await writeFile(join(dir, 'shipped.yaml'), manifests)
    const argv = [`--builtins=${dir}`, ...(options.argv ?? [])]
    await withController({ ...options, argv }, async world => {
      for (const kind of kinds) await until(world, kind, found => found !== undefined)
      await use(world)
    })
  })
}

function until(
  { client }: Pick<World, 'client'>,
  kind: Builtin,
  isSo: (object: Shipped | undefined) => boolean,
): Promise<Shipped> {
  return waitFor(
    async () => {
      const found = await client.find(kind, ref)
      return isSo(found) && { found }
    },
    { what: `${kind.kind} "shipped"` },
  ).then(({ found }) => found as Shipped)
}

const builtinWrites = ({ writes }: World) =>
  writes().filter(write => /^(create|patch) (connectorclasses|resourceinterfaces) /.test(write))

/** Once the controller has seen all that was done: it takes changes in order. */
async function caughtUp(world: World, name: string): Promise<void> {
  const { client } = world
  for (const kind of kinds) {
    await client.patch(kind, ref, { patch: annotate({ [displayName]: name }) })
    await until(world, kind, found => found?.metadata.annotations?.[displayName] === 'Shipped')
  }
}

test('are made, and come back when they are deleted', () =>
  withBuiltins(async world => {
    for (const kind of kinds) {
      const { uid } = (await world.client.get(kind, ref)).metadata
      await world.client.delete(kind, ref)
      const again = await until(world, kind, found => found !== undefined)
      assert.is.not(again.metadata.uid, uid)
      assert.is(again.metadata.annotations?.[displayName], 'Shipped')
    }
  }))

test('are set back where they were edited, and keep what others have added', () =>
  withBuiltins(async world => {
    const { client } = world
    for (const kind of kinds) {
      const own = {
        metadata: { labels: { ours: null, theirs: 'x' }, annotations: { [displayName]: 'Mine' } },
      }
      await client.patch(kind, ref, { patch: own })
      const { metadata } = await until(
        world,
        kind,
        found => found?.metadata.annotations?.[displayName] === 'Shipped',
      )
      assert.is(metadata.labels?.['theirs'], 'x')
    }
    const spec = { address: { type: 'string', description: 'theirs' }, auth: null }
    await client.patch(connectorClasses, ref, { patch: { spec } })
    const healed = await waitFor(async () => {
      const { spec } = await client.get(connectorClasses, ref)
      return spec.auth !== undefined && spec
    })
    assert.is(healed.auth?.types?.[0]?.name, 'basicAuth')
    assert.is((healed.address as { description?: string }).description, 'theirs')
    const told = await waitFor(async () => {
      const { items } = await client.list(events, { namespace: 'default' })
      return items.length >= 3 && items
    })
    assert.equal([...new Set(told.map(({ reason }) => reason))], ['BuiltinRestored'])
    assert.ok(told.some(({ message }) => message?.includes('spec.auth')))
  }))

test('are left to an administrator who says so, and taken back when that is taken away', () =>
  withBuiltins(async world => {
    const { client } = world
    for (const kind of kinds) {
      await client.patch(kind, ref, { patch: annotate({ [builtin]: 'replaced', [displayName]: 'Mine' }) })
    }
    await world.restart()
    // A third object that is put right shows that the controller has gone by these.
    await world.ready('tool', 'Ready')
    const before = builtinWrites(world).length
    for (const kind of kinds) {
      await client.patch(kind, ref, { patch: annotate({ [displayName]: 'Still mine' }) })
    }
    await client.delete(kinds[0] as Builtin, ref)
    await until(world, kinds[0] as Builtin, found => found !== undefined)
    await until(
      world,
      kinds[1] as Builtin,
      found => found?.metadata.annotations?.[displayName] === 'Still mine',
    )
    assert.equal(
      builtinWrites(world)
        .slice(before)
        .map(write => write.split(' ')[1]),
      ['connectorclasses', 'connectorclasses'],
    )

    await client.patch(kinds[1] as Builtin, ref, { patch: annotate({ [builtin]: null }) })
    await until(world, kinds[1] as Builtin, found => found?.metadata.annotations?.[displayName] === 'Shipped')
  }))

test('are written when a leader begins and when somebody changes them, and not else', () =>
  withBuiltins(
    async world => {
      const { plane, client, tool } = world
      await caughtUp(world, 'a')
      await world.ready('tool', 'Ready')
      const before = builtinWrites(world).length
      const asked = tool.requests.length
      plane.faults.expireWatches()
      await client.patch(connectorClasses, { name: 'basic' }, { patch: annotate({ a: 'b' }) })
      await waitFor(() => tool.requests.length >= asked + 4)
      assert.equal(builtinWrites(world).slice(before), [])
    },
    { argv: ['--probe-interval=200ms'] },
  ))

test('are set back less and less often where somebody fights over them, who is told once', () =>
  withBuiltins(async world => {
    const { client } = world
    const [kind] = kinds as [Builtin]
    const tookMs: number[] = []
    for (let round = 0; round < freeRestores + 2; round++) {
      const startedMs = performance.now()
      await client.patch(kind, ref, { patch: annotate({ [displayName]: 'Mine' }) })
      await until(world, kind, found => found?.metadata.annotations?.[displayName] === 'Shipped')
      tookMs.push(performance.now() - startedMs)
    }
    const [second = 0, first = 0] = tookMs.reverse()
    assert.ok(first > 900 && second > 1800, `${first} and ${second} ms`)
    const told = await waitFor(async () => {
      const { items } = await client.list(events, { namespace: 'default' })
      const contested = items.filter(({ reason }) => reason === 'BuiltinContested')
      return contested.length > 0 && contested
    })
    assert.equal(
      told.map(({ type, count }) => [type, count]),
      [['Warning', 1]],
    )
    assert.is(world.lines.filter(line => /builtin applied.*display-name/.test(line)).length, freeRestores)
  }))

test.run()
