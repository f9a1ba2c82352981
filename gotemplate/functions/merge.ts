// Deep merging of maps with the rules of dario.cat/mergo, odd ones included.
import type { Call } from '../function.ts'
import { FunctionError } from '../function.ts'
import { Dict, List, Pointer, Struct, typeOf, type Value } from '../value.ts'
import { isEmpty } from './emptiness.ts'
import { DEEPEST, failTooDeep } from './equality.ts'

/** What mergo returns as an error; what it panics with is a FunctionError. */
export class MergeError extends Error {}

interface Merge {
  readonly into: Dict
  readonly source: Dict
  /** Also replace what is not empty, by anything at all. */
  readonly overwrite: boolean
}

/** Merges every source, the first first. A nil map cannot be changed: the first source that is none replaces it. */
export function mergeAll(call: Call, target: Dict, sources: readonly Dict[], overwrite: boolean): Dict {
  let into = target
  for (const source of sources) {
    if (into.isNil && !source.isNil) into = new Dict(into.type, new Map())
    merge(call, { into, source, overwrite })
  }
  return into
}

/** Changes `into`; values of the source are shared, not copied. */
function merge(call: Call, { into, source, overwrite }: Merge, depth = 0): void {
  if (depth > DEEPEST) failTooDeep()
  for (const key of source.keys()) {
    call.steps(1)
    const value = source.get(key) ?? null
    const present = into.get(key)
    if (isNilReference(value)) {
      if (overwrite) put(into, key, value, source)
      continue
    }
    if (value instanceof Dict || value instanceof Struct || value instanceof Pointer) {
      mergeNested(call, present, value, overwrite, depth)
    }
    const isTaken = present !== undefined && !isEmptyForMerge(present)
    if (isTaken && value instanceof Dict && present instanceof Dict) continue
    if (overwrite || !isTaken) put(into, key, value, source)
  }
}

function mergeNested(call: Call, present: Value, value: Value, overwrite: boolean, depth: number): void {
  if (present instanceof Dict && !present.isNil && value instanceof Dict) {
    merge(call, { into: present, source: value, overwrite }, depth + 1)
  }
  if (present instanceof Pointer && !(value instanceof Pointer) && !overwrite) {
    throw new MergeError('src and dst must be of same type')
  }
}

function isNilReference(value: Value): boolean {
  return value === null || value === undefined
}

/** Like sprig's `empty`; a pointer is as empty as what it points to, and a struct never is. */
function isEmptyForMerge(value: Value): boolean {
  return value instanceof List || !(value instanceof Struct) ? isEmpty(value) : false
}

function put(into: Dict, key: string, value: Value, source: Dict): void {
  const wanted = into.type.elem
  if (wanted?.kind !== 'interface' && wanted !== source.type.elem) {
    throw new FunctionError(
      `reflect.Value.SetMapIndex: value of type ${source.type.elem?.name ?? typeOf(value)?.name} is not assignable to type ${wanted?.name}`,
    )
  }
  into.set(key, value)
}
