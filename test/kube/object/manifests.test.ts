import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../../connector/errors.ts'
import { parseManifests, readManifests } from '../../../kube/object/manifests.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'

const test = suite('kube/object/manifests')

const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: canary-password}\n'

test('reads several documents, lists and a folder in order of names', async () => {
  await withTempDir(async dir => {
    await mkdir(join(dir, 'sub'))
    await writeFile(
      join(dir, 'b.yaml'),
      `${secret}---\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n`,
    )
    await writeFile(
      join(dir, 'a.json'),
      JSON.stringify({ kind: 'List', items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }] }),
    )
    await writeFile(join(dir, 'sub', 'c.yml'), secret)
    await writeFile(join(dir, 'notes.txt'), 'not a manifest')
    const manifests = await readManifests(dir)
    assert.equal(
      manifests.map(
        ({ resource, object }) => `${resource.kind} ${object.metadata.namespace}/${object.metadata.name}`,
      ),
      ['Pod default/p', 'Secret default/s', 'Namespace undefined/n', 'Secret default/s'],
    )
  })
})

test('refuses what it cannot apply, naming the place and never the content', () => {
  const cases: readonly [string, string][] = [
    ['apiVersion: v1\nkind: Secret\nmetadata: {name: [\npassword: canary-password', 'it is not YAML at line'],
    [
      'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}',
      'its kind is Widget of example.com/v1, known are',
    ],
    ['kind: Secret\nmetadata: {name: s}', 'it has no apiVersion and kind'],
    ['apiVersion: v1\nkind: Secret\nmetadata: {}', 'it has no metadata.name'],
    ['canary-password', 'it is not an object'],
  ]
  for (const [text, message] of cases) {
    try {
      parseManifests(text, 'file.yaml')
      assert.unreachable(text)
    } catch (error) {
      assert.instance(error, ConnectorsError)
      assert.is((error as ConnectorsError).code, 'INVALID')
      assert.match((error as ConnectorsError).message, message)
      assert.match((error as ConnectorsError).message, 'file.yaml')
      assert.not.match((error as ConnectorsError).message, 'canary')
    }
  }
})

test('says that a path does not exist', async () => {
  await withTempDir(async dir => {
    try {
      await readManifests(join(dir, 'nothing.yaml'))
      assert.unreachable()
    } catch (error) {
      assert.match((error as ConnectorsError).message, 'it does not exist')
    }
  })
})

test.run()
