import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import { applyBuiltins, readBuiltins } from '../../controller/builtins.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { refuse, reply, withApiServer } from '../kube/api-server.ts'

const test = suite('controller/builtins')
const root = join(import.meta.dirname, '../..')
const shipped = ['classes', 'resource-interface/definitions'].map(folder => join(root, folder))

const classOf = (name: string, ref: string) =>
  `apiVersion: connectors.alauda.io/v1alpha1\nkind: ConnectorClass\nmetadata: {name: ${name}}\nspec: {proxy: {ref: ${ref}, uri: /x}}\n`

function within<T>(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<T>): Promise<T> {
  return withTempDir(async dir => {
    const folder = join(dir, 'builtins')
    await mkdir(folder)
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return use(folder)
  })
}

test('what is shipped can be applied, and goes to the proxy of the installation', async () => {
  const builtins = await readBuiltins(shipped, { systemNamespace: 'tools' })
  const kinds = new Set(builtins.map(({ resource }) => resource.kind))
  assert.equal([...kinds].sort(), ['ConnectorClass', 'ResourceInterface'])
  const git = builtins.find(({ object }) => object.metadata.name === 'git')?.object as ConnectorClass
  assert.is(git.spec.proxy?.ref?.namespace, 'tools')
  assert.not.match(JSON.stringify(builtins.map(({ object }) => object)), '"namespace":"connectors-system"')
})

test('no other namespace than the usual one of the installation is replaced', () =>
  within(
    {
      'a.yaml': classOf('a', '{kind: Service, name: p, namespace: connectors-system}'),
      'b.yaml': classOf('b', '{kind: Service, name: p, namespace: elsewhere}'),
      'c.yaml': classOf('c', '{kind: Service, name: p}'),
    },
    async folder => {
      const builtins = await readBuiltins([folder], { systemNamespace: 'tools' })
      const refs = builtins.map(({ object }) => (object as ConnectorClass).spec.proxy)
      assert.equal(refs, [
        { ref: { kind: 'Service', name: 'p', namespace: 'tools' }, uri: '/x' },
        { ref: { kind: 'Service', name: 'p', namespace: 'elsewhere' }, uri: '/x' },
        { ref: { kind: 'Service', name: 'p' }, uri: '/x' },
      ])
    },
  ))

test('refuses what it may not apply, and folders that are not there', async () => {
  const connector =
    'apiVersion: connectors.alauda.io/v1alpha1\nkind: Connector\nmetadata: {name: c, namespace: team}\n'
  const cases: readonly (readonly [string, string])[] = [
    ['apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n', 'its kind is Secret'],
    [connector, 'its kind is Connector'],
    ['{', 'it is not YAML'],
    [`${classOf('a', '{name: p}')}---\n${classOf('a', '{name: q}')}`, 'ConnectorClass "a" is in '],
  ]
  for (const [text, message] of cases) {
    await within({ 'a.yaml': text }, async folder => {
      const failure = await readBuiltins([folder], { systemNamespace: 'tools' }).catch(error => error)
      assert.is((failure as { code?: string }).code, 'INVALID')
      assert.match((failure as Error).message, message)
      assert.match((failure as Error).message, 'a.yaml')
    })
  }
  const failure = await readBuiltins(['/nowhere/at/all'], { systemNamespace: 'tools' }).catch(error => error)
  assert.match((failure as Error).message, 'it does not exist')
})

test('applies each once, and again those that were refused', () =>
  within(
    Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map(name => [`${name}.yaml`, classOf(name, '{name: p}')])),
    async folder => {
      const builtins = await readBuiltins([folder], { systemNamespace: 'tools' })
      let refusals = 3
      const lines: string[] = []
      const hasty: Clock = {
        now: systemClock.now,
        monotonicMs: () => systemClock.monotonicMs() * 100,
        sleep: (ms, options) => systemClock.sleep(ms / 100, options),
      }
      const log = createLog({ component: 'c', level: 'info', clock: hasty, write: line => lines.push(line) })
      await withApiServer(
        (request, response) => {
          if (request.path.endsWith('/b') && refusals-- > 0) refuse(response, 403)
          else reply(response, 200, request.body)
        },
        async ({ client, received }) => {
          const { signal } = new AbortController()
          await applyBuiltins(builtins, { client, clock: hasty, log, signal })
          const names = received.map(({ path }) => path.slice(-1)).sort()
          assert.is(names.join(''), 'abbbbcde')
          assert.ok(received.every(({ query }) => query.get('fieldManager') === 'connectors-controller'))
          assert.is(lines.filter(line => line.includes('cannot apply builtin')).length, 3)
          assert.match(lines.at(-1) ?? '', /"builtins applied","count":5/)
        },
      )
    },
  ))

test('ends when it is told to, with some not applied', () =>
  within({ 'a.yaml': classOf('a', '{name: p}') }, async folder => {
    const builtins = await readBuiltins([folder], { systemNamespace: 'tools' })
    const end = new AbortController()
    const lines: string[] = []
    const write = (line: string) => {
      lines.push(line)
      end.abort()
    }
    const log = createLog({ component: 'c', level: 'info', clock: systemClock, write })
    await withApiServer(
      (_, response) => refuse(response, 500),
      async ({ client }) => {
        await applyBuiltins(builtins, { client, clock: systemClock, log, signal: end.signal })
        assert.is(lines.length, 1)
      },
    )
  }))

test.run()
