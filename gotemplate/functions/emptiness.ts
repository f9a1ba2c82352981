// What sprig's `default`, `empty` and `coalesce` take for nothing.
import { byteLength } from '../bytes.ts'
import { Dict, Int, List, Pointer, Struct, Text, type Value } from '../value.ts'

export function isEmpty(value: Value): boolean {
  switch (typeof value) {
    case 'undefined':
      return true
    case 'string':
      return value === ''
    case 'boolean':
      return !value
    case 'number':
      return value === 0
    default:
      if (value === null) return true
      if (value instanceof Int) return value.value === 0n
      if (value instanceof Text) return byteLength(value.value) === 0
      if (value instanceof List) return value.length === 0
      if (value instanceof Dict) return value.size === 0
      if (value instanceof Pointer) return value.target === undefined
      return !(value instanceof Struct) && value === undefined
  }
}
