// Go's comparisons of templates: eq ne lt le gt ge.
import { compareText } from './bytes.ts'
import { sprintf } from './format/printf.ts'
import { type Call, FunctionError } from './function.ts'
import { isSigned } from './type.ts'
import { Bytes, Dict, Func, Int, List, Pointer, Struct, Text, typeOf, type Value } from './value.ts'

type BasicKind = 'bool' | 'int' | 'uint' | 'float' | 'string'

function basicKind(value: Value): BasicKind | undefined {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float'
    default:
      if (value instanceof Int) return isSigned(value.type.kind) ? 'int' : 'uint'
      return value instanceof Text ? 'string' : undefined
  }
}

function textOf(value: Value): string {
  return value instanceof Text ? value.value : (value as string)
}

/** arg1 == arg2 || arg1 == arg3 ... */
export function equal(call: Call, first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison')
  for (const other of others) if (areEqual(call, first, other)) return true
  return false
}

function areEqual(call: Call, a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b
  const kindA = basicKind(a)
  const kindB = basicKind(b)
  if (kindA !== kindB) {
    // Integers of either sign compare by value.
    if (a instanceof Int && b instanceof Int) return a.value === b.value
    if (isInvalid(a) || isInvalid(b)) return false
    throw incompatible(a, b)
  }
  switch (kindA) {
    case 'string':
      return textOf(a) === textOf(b)
    case 'int':
    case 'uint':
      return (a as Int).value === (b as Int).value
    case undefined:
      return areIdentical(call, a, b)
    default:
      return a === b
  }
}

function isInvalid(value: Value): boolean {
  return value === undefined || value === null
}

function isNil(value: Value): boolean {
  if (value === undefined || value === null) return true
  if (value instanceof List || value instanceof Dict) return value.isNil
  return value instanceof Pointer && value.target === undefined
}

function incompatible(a: Value, b: Value): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeOf(a)?.name} and ${typeOf(b)?.name}`)
}

/** Of values that are neither numbers nor strings nor booleans. */
function areIdentical(call: Call, a: Value, b: Value): boolean {
  const typeA = typeOf(a)
  const typeB = typeOf(b)
  if (typeA !== undefined && typeB !== undefined && typeA.kind !== typeB.kind) {
    throw new FunctionError(
      sprintf(call, 'non-comparable types %s: %v, %s: %v', [a, typeA.name, typeB.name, b]),
      `non-comparable types ${typeA.name}, ${typeB.name}`,
    )
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b)
  if (b instanceof List || b instanceof Dict || b instanceof Func) {
    throw notComparable(call, b)
  }
  if (b instanceof Struct && !isComparable(b)) throw notComparable(call, b)
  if (typeA !== typeB) return false
  if (a instanceof Pointer && b instanceof Pointer) return a.target === b.target
  return (
    a instanceof Struct && b instanceof Struct && a.fields.every((field, i) => sameField(field, b.fields[i]))
  )
}

function notComparable(call: Call, value: Value): FunctionError {
  const type = typeOf(value)?.name
  return new FunctionError(
    sprintf(call, 'non-comparable type %s: %v', [value, type]),
    `non-comparable type ${type}`,
  )
}

function isComparable(struct: Struct): boolean {
  return struct.fields.every(field => {
    if (field instanceof List || field instanceof Dict || field instanceof Func || field instanceof Bytes)
      return false
    return !(field instanceof Struct) || isComparable(field)
  })
}

function sameField(a: Value, b: Value): boolean {
  if (typeOf(a) !== typeOf(b)) return false
  if (a instanceof Int && b instanceof Int) return a.value === b.value
  if (a instanceof Text && b instanceof Text) return a.value === b.value
  if (a instanceof Pointer && b instanceof Pointer) return a.target === b.target
  if (a instanceof Struct && b instanceof Struct)
    return a.fields.every((field, i) => sameField(field, b.fields[i]))
  return a === b
}

export function less(a: Value, b: Value): boolean {
  const kindA = basicKind(a)
  const kindB = basicKind(b)
  if (kindA === undefined || kindB === undefined) throw new FunctionError('invalid type for comparison')
  if (a instanceof Int && b instanceof Int) return a.value < b.value
  if (kindA !== kindB) throw incompatible(a, b)
  if (kindA === 'bool') throw new FunctionError('invalid type for comparison')
  if (kindA === 'string') return compareText(textOf(a), textOf(b)) < 0
  return (a as number) < (b as number)
}

export function lessOrEqual(call: Call, a: Value, b: Value): boolean {
  return less(a, b) || equal(call, a, [b])
}
