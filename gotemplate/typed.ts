// Plain JavaScript as a value of a described Go type: structs with their fields, typed lists and maps, pointers.
import { fromOutside, textOf } from './bytes.ts'
import { bytesType, type GoType, stringType } from './type.ts'
import { Bytes, Dict, fromData, integer, List, Pointer, Struct, Text, type Value, zeroOf } from './value.ts'

/**
 * Structs come from objects with the fields' names, lists from arrays, maps from objects, []byte from Uint8Array, strings
 * from strings or, where they may be no UTF-8, from Uint8Array, pointers from what they point to. undefined and null are the type's zero: nil for pointers, lists and maps.
 */
export function valueOfType(type: GoType, plain: unknown): Value {
  if (plain === undefined || plain === null) return zeroOf(type)
  switch (type.kind) {
    case 'string': {
      const text = plain instanceof Uint8Array ? textOf(plain) : fromOutside(plain as string)
      return type === stringType ? text : new Text(type, text)
    }
    case 'bool':
    case 'float64':
      return plain as boolean | number
    case 'slice':
      return type === bytesType ? new Bytes(plain as Uint8Array) : listOf(type, plain as readonly unknown[])
    case 'map':
      return dictOf(type, plain as Readonly<Record<string, unknown>>)
    case 'struct':
      return structOf(type, plain as Readonly<Record<string, unknown>>)
    case 'ptr':
      return new Pointer(type, structOf(type.elem as GoType, plain as Readonly<Record<string, unknown>>))
    case 'interface':
    case 'func':
      return fromData(plain)
    default:
      return integer(type, BigInt(plain as number | bigint))
  }
}

function listOf(type: GoType, plain: readonly unknown[]): List {
  return new List(
    type,
    plain.map(element => valueOfType(type.elem as GoType, element)),
  )
}

function dictOf(type: GoType, plain: Readonly<Record<string, unknown>>): Dict {
  const entries = Object.entries(plain).map(
    ([key, element]) => [fromOutside(key), valueOfType(type.elem as GoType, element)] as const,
  )
  return new Dict(type, new Map(entries))
}

function structOf(type: GoType, plain: Readonly<Record<string, unknown>>): Struct {
  return new Struct(
    type,
    (type.fields ?? []).map(field => valueOfType(field.type, plain[field.name])),
  )
}
