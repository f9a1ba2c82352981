// What a value is, and copies of it.
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, FunctionError, string } from '../function.ts'
import { Dict, List, Pointer, type Struct, typeOf, type Value, zeroOf } from '../value.ts'
import { DEEPEST, deepEqual, failTooDeep } from './equality.ts'

function typeName(value: Value): string {
  return typeOf(value)?.name ?? '<nil>'
}

function kindName(value: Value): string {
  return typeOf(value)?.kind ?? 'invalid'
}

/** Copies lists and dictionaries all the way down. */
function deepCopy(call: Call, value: Value, depth = 0): Value {
  if (depth > DEEPEST) failTooDeep()
  if (value instanceof List && !value.isNil) {
    chargeElements(call, value.length)
    if (!(value.type.elem?.kind === 'interface' || value.type.elem?.kind === 'slice')) return value
    return new List(
      value.type,
      value.items().map(item => deepCopy(call, item, depth + 1)),
    )
  }
  if (value instanceof Dict && !value.isNil) {
    chargeElements(call, value.size)
    const copies = value.keys().map(key => [key, deepCopy(call, value.get(key), depth + 1)] as const)
    return new Dict(value.type, new Map(copies))
  }
  // Go's copy of a version leaves its private fields behind.
  if (value instanceof Pointer && value.target !== undefined)
    return new Pointer(value.type, zeroOf(value.target.type) as Struct)
  return value
}

function chargeElements(call: Call, count: number): void {
  call.steps(count + 1)
  call.allocate(count * 32)
}

const copy = define([any], (call, value) => {
  if (value === null) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value')
  return deepCopy(call, value)
})

export const reflection: Readonly<Record<string, TemplateFunction>> = {
  typeOf: define([any], (_, value) => typeName(value)),
  typeIs: define([string, any], (_, name, value) => name === typeName(value)),
  typeIsLike: define([string, any], (_, name, value) => [name, `*${name}`].includes(typeName(value))),
  kindOf: define([any], (_, value) => kindName(value)),
  kindIs: define([string, any], (_, name, value) => name === kindName(value)),
  deepEqual: define([any, any], (call, a, b) => deepEqual(call, a, b)),
  deepCopy: copy,
  mustDeepCopy: copy,
}
