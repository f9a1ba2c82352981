// `node image/strip-types.ts DIR`: replaces every TypeScript file in DIR, node_modules apart, by JavaScript with the same
// lines and columns. A server then needs no TypeScript parser: 25 MiB less memory and a third of the time to start, on
// any machine (a compile cache would serve only processors like that of the build, and a read-only root never fills one).
import { globSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

// `from './x.ts'`, `import './x.ts'` and `import('./x.ts')`: the only ways in which the sources name each other.
const specifier = /(?<=(?:\bfrom |\bimport |\bimport\()'\.{1,2}\/[^'\n]*)\.ts(?=')/g

const directory = process.argv[2]
if (directory === undefined) throw new Error('usage: node image/strip-types.ts DIR')

for (const name of globSync('**/*.ts', { cwd: directory, exclude: path => path === 'node_modules' })) {
  const path = join(directory, name)
  writeFileSync(path, stripTypeScriptTypes(readFileSync(path, 'utf8')).replace(specifier, '.js'))
  renameSync(path, path.replace(/\.ts$/, '.js'))
}
