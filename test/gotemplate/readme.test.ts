// The package's README lists the functions there are, all of them and no others.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { builtins } from '../../gotemplate/builtins.ts'
import { functions } from '../../gotemplate/functions/all.ts'

const folder = join(import.meta.dirname, '../../gotemplate')

const test = suite('readme')

test('the function tables are complete', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('\n## Functions'), readme.indexOf('## Speed'))
  const listed = new Set([...section.matchAll(/`(\w+)`/g)].map(([, name]) => name))
  assert.equal([...listed].sort(), [...new Set([...builtins.keys(), ...functions.keys()])].sort())
})

test('the exports name files that exist, and the dependencies are those of the project', () => {
  const read = (path: string) =>
    JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>
  const ours = read(join(folder, 'package.json'))
  for (const path of Object.values(ours['exports'] ?? {})) {
    readFileSync(join(folder, path.replace('./dist/', '').replace(/\.js$/, '.ts')))
  }
  const project = read(join(folder, '../package.json'))
  for (const [name, version] of Object.entries(ours['dependencies'] ?? {})) {
    assert.is(project['dependencies']?.[name], version, name)
  }
})

test.run()
