// Values as text, the way sprig's functions see them.
import { textOf } from '../bytes.ts'
import { type Charge, printed } from '../format/print.ts'
import { stringSliceType } from '../type.ts'
import { Bytes, List, type Value } from '../value.ts'

/** sprig's strval: bytes are their text, everything else is as `%v` prints it. */
export function strval(charge: Charge, value: Value): string {
  if (typeof value === 'string') return value
  return value instanceof Bytes ? textOf(value.bytes) : printed(charge, value)
}

export function stringList(items: string[]): List {
  return new List(stringSliceType, items)
}

/** sprig's strslice: elements of a list as strings without the nils, nothing for nil, one for anything else. */
export function stringsOf(charge: Charge, value: Value): string[] {
  if (value === null || value === undefined) return []
  if (!(value instanceof List)) return [strval(charge, value)]
  charge.steps(value.length)
  charge.allocate(value.length * 16)
  return value
    .items()
    .filter(item => item !== null && item !== undefined)
    .map(item => strval(charge, item))
}

/** A pointer or an empty slot where Go would dereference nil. */
export const NIL_DEREFERENCE = 'runtime error: invalid memory address or nil pointer dereference'
