// Replaces every TypeScript file below the current folder, node_modules apart, by JavaScript with the same lines and columns.
// Without the parser of TypeScript a server takes 25 MiB less and starts in a third of the time, on any machine: a compile
// cache serves only processors like that of the build, and a read-only root never fills one.
import { globSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

// `from './x.ts'`, `import './x.ts'` and `import('./x.ts')`: the only ways in which the sources name each other.
const specifier = /(?<=(?:\bfrom |\bimport |\bimport\()'\.{1,2}\/[^'\n]*)\.ts(?=')/g

for (const path of globSync('**/*.ts', { exclude: path => path === 'node_modules' })) {
  writeFileSync(path, stripTypeScriptTypes(readFileSync(path, 'utf8')).replace(specifier, '.js'))
  renameSync(path, path.replace(/\.ts$/, '.js'))
}
