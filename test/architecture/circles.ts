// Circles of imports: files that need one another when they run. Types alone make none.
import { posix } from 'node:path'
import { importsOf, type SourceFile } from './source.ts'

/** Each with the reason that a reviewer accepted; the paths in order. */
export const acceptedCircles: Readonly<Record<string, string>> = {
  'gotemplate/evaluate.ts gotemplate/invoke.ts':
    'operands are evaluated for a call, and a call is an operand: one recursion, too long for one file',
}

/** Every group of files that import each other, as one line of their paths in order. */
export function findCircles(files: readonly SourceFile[]): readonly string[] {
  const imports = new Map(files.map(file => [file.path, valueImports(file)]))
  const reachable = new Map([...imports.keys()].map(path => [path, reachableFrom(path, imports)]))
  const circles = new Set<string>()
  for (const [path, others] of reachable) {
    if (!others.has(path)) continue
    const members = [...others].filter(other => reachable.get(other)?.has(path))
    circles.add(members.sort().join(' '))
  }
  return [...circles].sort()
}

export function checkCircles(files: readonly SourceFile[], accepted = acceptedCircles): string[] {
  const circles = findCircles(files)
  return [
    ...circles
      .filter(circle => !(circle in accepted))
      .map(circle => `${circle}: need one another when they run: cut the circle`),
    ...Object.keys(accepted)
      .filter(circle => !circles.includes(circle))
      .map(circle => `${circle}: no circle any more: take it out of acceptedCircles`),
  ]
}

function valueImports({ path, text }: SourceFile): readonly string[] {
  return importsOf(text)
    .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
    .map(({ specifier }) => posix.normalize(posix.join(posix.dirname(path), specifier)))
}

function reachableFrom(start: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>()
  const waiting = [...(imports.get(start) ?? [])]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    waiting.push(...(imports.get(path) ?? []))
  }
  return seen
}
