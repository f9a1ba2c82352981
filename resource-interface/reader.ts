// Reads values of unknown shape and notes what is wrong with them, each with its place.
import type { Problem, ProblemReason } from './problem.ts'

export type Fields = { readonly [key: string]: unknown }

export class Reader {
  readonly problems: Problem[] = []

  note(field: string, reason: ProblemReason, message: string): void {
    this.problems.push({ field, reason, message })
  }

  /** Absent and null are the same, as in Kubernetes' API. */
  fields(value: unknown, field: string): Fields {
    if (isFields(value)) return value
    if (!isAbsent(value)) this.note(field, 'InvalidType', `must be an object: is ${nameOfType(value)}`)
    return {}
  }

  list(value: unknown, field: string): readonly unknown[] {
    if (Array.isArray(value)) return value
    if (!isAbsent(value)) this.note(field, 'InvalidType', `must be a list: is ${nameOfType(value)}`)
    return []
  }

  string(value: unknown, field: string): string | undefined {
    if (typeof value === 'string') return value
    if (!isAbsent(value)) this.note(field, 'InvalidType', `must be a string: is ${nameOfType(value)}`)
    return undefined
  }

  boolean(value: unknown, field: string): boolean | undefined {
    if (typeof value === 'boolean') return value
    if (!isAbsent(value)) this.note(field, 'InvalidType', `must be true or false: is ${nameOfType(value)}`)
    return undefined
  }

  strings(value: unknown, field: string): readonly string[] {
    return this.list(value, field).flatMap((item, index) => {
      if (typeof item === 'string') return [item]
      this.note(`${field}[${index}]`, 'InvalidType', `must be a string: is ${nameOfType(item)}`)
      return []
    })
  }

  /** Notes every entry that repeats an earlier one's text. */
  unique(entries: readonly { readonly text: string; readonly field: string }[]): void {
    const seen = new Map<string, string>()
    for (const { text, field } of entries) {
      const first = seen.get(text)
      if (first === undefined) seen.set(text, field)
      else this.note(field, 'Duplicate', `${JSON.stringify(text)} is at ${first} already`)
    }
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

export function nameOfType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

/** `field.key`, or `field[key]` for a key that is no plain word. */
export function at(field: string, key: string): string {
  return /^[\w-]+$/.test(key) ? `${field}.${key}` : `${field}[${key}]`
}
