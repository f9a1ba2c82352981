// Tekton's variables: `$(params.x)`, `$(params.x[*])`, `$(params["x"])`, `$(workspaces.x.path)`.
import { isFields } from '../reader.ts'

const variable = /\$\((params|workspaces)(?:\.([^)\s]+?)|\["([^"\]]+)"\]|\['([^'\]]+)'\])(\[(?:\d+|\*)\])?\)/g
const whole = /^\$\(params(?:\.([_a-zA-Z0-9-]+)|\["([^"\]]+)"\]|\['([^'\]]+)'\])(?:\[\*\])?\)$/
const result = /\$\((?:tasks|finally)\.[_a-zA-Z0-9-]+\.results\.[_a-zA-Z0-9.-]+(?:\[(?:\d+|\*)\])?\)/

/** The param that a value hands on, and nothing else: `$(params.x)`, `$(params.x[*])` or a list with only that. */
export function wholeReference(value: unknown): string | undefined {
  const text = Array.isArray(value) && value.length === 1 ? value[0] : value
  const match = typeof text === 'string' ? whole.exec(text) : null
  return match?.[1] ?? match?.[2] ?? match?.[3]
}

/** How often each param or workspace is referred to anywhere inside; a name with dots counts for each of its starts. */
export function countReferences(value: unknown, what: 'params' | 'workspaces'): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of textsWithin(value)) {
    for (const [, kind, dotted, double, single] of text.matchAll(variable)) {
      if (kind !== what) continue
      for (const name of dotted === undefined ? [double ?? single ?? ''] : startsOf(dotted)) {
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
    }
  }
  return counts
}

export function hasResultReference(text: string): boolean {
  return result.test(text)
}

export function hasVariable(text: string): boolean {
  return text.includes('$(')
}

/** Something that Tekton or Kubernetes may take for a name of theirs: `$(git log)` of a script they leave alone. */
export function namesVariable(text: string): boolean {
  return /\$\([^\s()]+\)/.test(text)
}

/** How a task takes over a param of its Pipeline. */
export function referenceTo(name: string, type: 'string' | 'array' | 'object'): string | readonly string[] {
  if (type === 'string') return `$(params.${name})`
  return type === 'array' ? [`$(params.${name}[*])`] : `$(params.${name}[*])`
}

function startsOf(dotted: string): string[] {
  const parts = dotted.split('.')
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'))
}

function* textsWithin(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) for (const item of value) yield* textsWithin(item)
  else if (isFields(value)) for (const item of Object.values(value)) yield* textsWithin(item)
}
