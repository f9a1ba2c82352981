// What a template can name at a place: the dot, the root and variables, as far as the generator knows what they hold.
import { type Data, isIdentifier, kindOf } from './data.ts'
import type { Random } from './random.ts'
import type { Kind } from './signatures.ts'

export interface Known {
  /** How the template names it: `.`, `$`, `$x`. */
  readonly text: string
  readonly kind: Kind | 'any'
  readonly data?: Data
}

export interface Scope {
  readonly dot: Known
  readonly root: Known
  readonly variables: readonly Known[]
  /** Templates that are defined and may be called from here without end. */
  readonly templates: readonly string[]
  readonly inLoop: boolean
  /** What probe data offers; it has no other paths. */
  readonly probePaths?: readonly Known[]
}

export function knownData(text: string, data: Data | undefined): Known {
  return data === undefined ? { text, kind: 'nil' } : { text, kind: kindOf(data), data }
}

const pathsOfScope = new WeakMap<Scope, Map<Kind | 'any', Known[]>>()

/** A random path that gives the kind, if there is one. */
export function pathOfKind(scope: Scope, kind: Kind, random: Random): Known | undefined {
  let paths = pathsOfScope.get(scope)
  if (paths === undefined) {
    paths = Map.groupBy(scope.probePaths ?? allPaths(scope), path => path.kind)
    pathsOfScope.set(scope, paths)
  }
  const candidates = paths.get(kind)
  return candidates && random.pick(candidates)
}

function allPaths(scope: Scope): Known[] {
  const paths: Known[] = []
  walk(scope.dot, 3, paths)
  // The dot first and twice: templates name it most.
  if (scope.dot.data === scope.root.data) paths.push(...paths)
  walk(scope.root, 2, paths)
  for (const variable of scope.variables) walk(variable, 1, paths)
  return paths
}

function walk(known: Known, depth: number, into: Known[]): void {
  into.push(known)
  const { text, data } = known
  if (depth === 0 || typeof data !== 'object' || data === null) return
  if (Array.isArray(data)) {
    for (const [i, element] of data.slice(0, 2).entries())
      walk(knownData(`(index ${text} ${i})`, element), depth - 1, into)
  } else if (known.kind === 'dict') {
    for (const [key, value] of Object.entries(data)) {
      const path = isIdentifier(key)
        ? `${text === '.' ? '' : text}.${key}`
        : `(index ${text} ${JSON.stringify(key)})`
      walk(knownData(path, value), depth - 1, into)
    }
  }
}
