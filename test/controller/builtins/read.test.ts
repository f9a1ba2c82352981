import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorClass } from '../../../connector/connector-class.ts'
import { readBuiltins } from '../../../controller/builtins/read.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'

const test = suite('controller/builtins/read')
const root = join(import.meta.dirname, '../../..')
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
  const builtins = [...(await readBuiltins(shipped, { systemNamespace: 'tools' })).values()]
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
      assert.equal([...builtins.keys()], ['ConnectorClass "a"', 'ConnectorClass "b"', 'ConnectorClass "c"'])
      const refs = [...builtins.values()].map(({ object }) => (object as ConnectorClass).spec.proxy)
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

test.run()
