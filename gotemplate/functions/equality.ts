// Go's reflect.DeepEqual: types count, so 1 and int64(1) differ.
import { LimitError } from '../error.ts'
import type { Call } from '../function.ts'
import { Bytes, Dict, Int, List, Pointer, Struct, Text, typeOf, type Value } from '../value.ts'

/** Deeper than this is a value that contains itself: following it would exhaust the stack. */
export const DEEPEST = 1000

export function failTooDeep(): never {
  throw new LimitError('depth', `a value nests deeper than ${DEEPEST}`)
}

export function deepEqual(call: Pick<Call, 'steps'>, a: Value, b: Value, depth = 0): boolean {
  call.steps(1)
  if (depth > DEEPEST) failTooDeep()
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null)
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  if (typeOf(a) !== typeOf(b)) return false
  if (a instanceof Int) return b instanceof Int && a.value === b.value
  if (a instanceof Text) return b instanceof Text && a.value === b.value
  const equal = (x: Value, y: Value): boolean => deepEqual(call, x, y, depth + 1)
  if (a instanceof List) return b instanceof List && equalLists(a, b, equal)
  if (a instanceof Dict) return b instanceof Dict && equalDicts(a, b, equal)
  if (a instanceof Pointer) return b instanceof Pointer && equalPointers(a, b, equal)
  if (a instanceof Struct) return b instanceof Struct && equalStructs(a, b, equal)
  return false
}

type Equal = (a: Value, b: Value) => boolean

function equalLists(a: List, b: List, equal: Equal): boolean {
  if (a === b) return true
  if (a.isNil !== b.isNil || a.length !== b.length) return false
  if (a instanceof Bytes && b instanceof Bytes) return a.bytes.every((byte, i) => byte === b.bytes[i])
  return a.items().every((item, i) => equal(item, b.at(i)))
}

function equalDicts(a: Dict, b: Dict, equal: Equal): boolean {
  if (a === b) return true
  if (a.isNil !== b.isNil || a.size !== b.size) return false
  return a.keys().every(key => {
    const other = b.get(key)
    return other !== undefined && equal(a.get(key), other)
  })
}

function equalPointers(a: Pointer, b: Pointer, equal: Equal): boolean {
  if (a.target === undefined || b.target === undefined) return a.target === b.target
  return a.target === b.target || equal(a.target, b.target)
}

// Of versions and moments the fields are private: what they were made from tells.
function equalStructs(a: Struct, b: Struct, equal: Equal): boolean {
  if (a.native !== undefined || b.native !== undefined) return equalNatives(a.native, b.native)
  return a.fields.every((field, i) => equal(field, b.fields[i]))
}

function equalNatives(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const right = b as Readonly<Record<string, unknown>>
  return Object.entries(a).every(([name, value]) => Object.is(value, right[name]))
}
