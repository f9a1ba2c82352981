// Which test files a command line means.
import { readdirSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'

export type Kind = 'unit' | 'clients' | 'e2e'

export interface Selection {
  readonly files: readonly string[]
  /** Filters that no file answers to: a misspelled path must not pass as "nothing failed". */
  readonly unmatched: readonly string[]
}

/**
 * A filter is a file, a folder, or a part of a path below `testDir`. A filter that points into
 * `clients` or `e2e` selects that kind by itself.
 */
export function selectFiles(testDir: string, kind: Kind, filters: readonly string[]): Selection {
  const all = testFilesIn(testDir)
  const unmatched: string[] = []
  const files = new Set<string>()
  if (filters.length === 0) for (const file of all) if (kindOf(testDir, file) === kind) files.add(file)
  for (const filter of filters) {
    const matched = filesFor(filter, testDir, all).filter(file =>
      [kind, kindOf(testDir, resolve(filter))].includes(kindOf(testDir, file)),
    )
    if (matched.length === 0) unmatched.push(filter)
    for (const file of matched) files.add(file)
  }
  return { files: [...files].sort(), unmatched }
}

export function kindOf(testDir: string, path: string): Kind {
  const [first] = relative(testDir, path).split(sep)
  return first === 'clients' || first === 'e2e' ? first : 'unit'
}

function filesFor(filter: string, testDir: string, all: readonly string[]): readonly string[] {
  const path = resolve(filter)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isFile()) return [path]
  if (stat?.isDirectory()) return testFilesIn(path)
  return all.filter(file => join('test', relative(testDir, file)).includes(filter))
}

function testFilesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts') && !name.split(sep).includes('node_modules'))
    .map(name => join(dir, name))
}
