// The fields and types of Tekton's objects.
import type { Problem } from '../problem.ts'
import { isAbsent, isFields } from '../reader.ts'

export type Shape =
  | 'text'
  | 'flag'
  | 'integer'
  | 'quantity'
  | 'textMap'
  | 'anything'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly required?: readonly string[] }

const quantity = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE])?$/

/** What an object holds that Tekton would refuse to read: it knows its fields, and refuses all others. */
export function checkShape(value: unknown, shape: Shape, field: string): Problem[] {
  const wrong = (what: string): Problem[] => [{ field, reason: 'InvalidType', message: `must be ${what}` }]
  switch (shape) {
    case 'anything':
      return []
    case 'text':
      return typeof value === 'string' ? [] : wrong('a string')
    case 'flag':
      return typeof value === 'boolean' ? [] : wrong('true or false')
    case 'integer':
      return Number.isInteger(value) ? [] : wrong('a whole number')
    case 'quantity':
      return (typeof value === 'string' || typeof value === 'number') && quantity.test(String(value))
        ? []
        : wrong('a quantity such as 1Gi')
    case 'textMap':
      return isFields(value) && Object.values(value).every(item => typeof item === 'string')
        ? []
        : wrong('a map of strings')
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrong('a list')
    return value.flatMap((item, index) => checkShape(item, shape.list, `${field}[${index}]`))
  }
  if (!isFields(value)) return wrong('an object')
  if ('map' in shape) {
    return Object.entries(value).flatMap(([key, item]) => checkShape(item, shape.map, `${field}[${key}]`))
  }
  const { fields, required = [] } = shape
  // Go reads the names of fields without regard to case.
  const known = new Map(Object.entries(fields).map(([key, inner]) => [key.toLowerCase(), inner]))
  const problems = Object.entries(value).flatMap(([key, item]) => {
    const inner = known.get(key.toLowerCase())
    const place = `${field}.${key}`
    if (inner === undefined)
      return [{ field: place, reason: 'Invalid', message: 'is no field that Tekton knows' } as const]
    return isAbsent(item) ? [] : checkShape(item, inner, place)
  })
  for (const key of required) {
    if (isEmpty(value[key]))
      problems.push({ field: `${field}.${key}`, reason: 'Required', message: 'must be set' })
  }
  return problems
}

function isEmpty(value: unknown): boolean {
  return isAbsent(value) || value === '' || (Array.isArray(value) && value.length === 0)
}
