// The values of CEL as JavaScript's: int is a bigint, double a number, a list an array, a map a plain object.
// What else there is (uint, bytes, timestamps, durations, types) belongs to the library.
import { Fault, type Spend } from './meter.ts'

export type CelMap = Readonly<Record<string, unknown>>

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

export function isMap(value: unknown): value is CelMap {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** A map's keys, of which JavaScript makes a list of its own. */
export function keysOf(map: CelMap, spend: Spend): readonly string[] {
  const keys = Object.keys(map)
  spend(2 * keys.length)
  return keys
}

/** `map.key`. */
export function select(map: unknown, key: string): unknown {
  if (!isMap(map)) throw new Fault(`"${key}" is asked of what is not a map`)
  if (!Object.hasOwn(map, key)) throw new Fault(`no such key: "${key}"`)
  return map[key]
}

/** `list[at]` and `map[at]`. */
export function index(container: unknown, at: unknown): unknown {
  if (isList(container)) {
    if (typeof at !== 'bigint' && typeof at !== 'number') throw new Fault('the index of a list is not an int')
    const item = container[Number(at)]
    if (item === undefined) throw new Fault('an index is outside its list')
    return item
  }
  if (!isMap(container)) throw new Fault('an index is asked of what is neither a list nor a map')
  if (typeof at !== 'string') throw new Fault('the key of a map is not a string')
  if (!Object.hasOwn(container, at)) throw new Fault('no such key')
  return container[at]
}
