// The files of this checkout, without what was installed or built.
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { SourceFile } from './source.ts'

const ignored = new Set(['.git', 'node_modules', 'dist'])
const root = join(import.meta.dirname, '..', '..')

export function readTree(): readonly SourceFile[] {
  return pathsBelow(root)
    .map(path => ({ path: path.slice(root.length + 1).replaceAll(sep, '/'), bytes: readFileSync(path) }))
    .filter(({ path, bytes }) => !path.endsWith('.log') && !bytes.includes(0))
    .map(({ path, bytes }) => ({ path, text: bytes.toString('utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function pathsBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
    if (ignored.has(entry.name)) return []
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return pathsBelow(path)
    return entry.isFile() ? [path] : []
  })
}
