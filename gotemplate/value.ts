// The value model. What a template computes with, kept apart as Go keeps it apart:
//
//   undefined            the zero reflect.Value: a missing key. Prints <no value>
//   null                 a nil interface: an explicit null of the data, an element of a list
//   string               string (bytes.ts says how bytes that are no UTF-8 are held)
//   boolean, number      bool, float64 (always: 3 as a number is the float64 3)
//   Int                  every integer type, named ones (time.Duration) too
//   Text                 named string types (v1.SecretType)
//   List, Bytes          slices of any type, []byte
//   Dict                 map[string]T
//   Struct, Pointer, Func
//
// Data enters through `fromData`, which copies nothing: lists and dicts read the caller's arrays and objects lazily
// and keep changes (sprig's `set`) to themselves. The caller's data is never changed.
import { compareText, fromOutside, textOf } from './bytes.ts'
import type { TemplateFunction } from './function.ts'
import {
  anyMapType,
  anySliceType,
  anyType,
  boolType,
  bytesType,
  float64Type,
  type GoType,
  int64Type,
  intType,
  isSigned,
  stringType,
  uint8Type,
} from './type.ts'

export type Value = undefined | null | string | boolean | number | Boxed

export type Boxed = Int | Text | List | Dict | Struct | Pointer | Func

const bits: Record<string, number> = { int8: 8, int16: 16, int32: 32, uint8: 8, uint16: 16, uint32: 32 }

export class Int {
  readonly type: GoType
  readonly value: bigint

  /** The value must fit the type; `integer` wraps it. */
  constructor(type: GoType, value: bigint) {
    this.type = type
    this.value = value
  }
}

/** Wraps as Go's conversion to the type does. */
export function integer(type: GoType, value: bigint): Int {
  const width = bits[type.kind] ?? 64
  return new Int(type, isSigned(type.kind) ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value))
}

const small = 1024
const smallInts: readonly Int[] = Array.from({ length: small }, (_, i) => new Int(intType, BigInt(i)))
const smallInt64s: readonly Int[] = Array.from({ length: small }, (_, i) => new Int(int64Type, BigInt(i)))

/** Go's int, the type of literals, lengths and indexes. */
export function int(value: number | bigint): Int {
  if (typeof value === 'bigint') return new Int(intType, BigInt.asIntN(64, value))
  if (value >= 0 && value < small) return smallInts[value] as Int
  return new Int(intType, BigInt(value))
}

/** Go's int64, the type of the data's integers and of sprig's arithmetic. */
export function int64(value: number | bigint): Int {
  if (typeof value === 'bigint') return new Int(int64Type, BigInt.asIntN(64, value))
  if (value >= 0 && value < small) return smallInt64s[value] as Int
  return new Int(int64Type, BigInt(value))
}

/** A string of a named type. */
export class Text {
  readonly type: GoType
  readonly value: string

  constructor(type: GoType, value: string) {
    this.type = type
    this.value = value
  }
}

/** As Go's append grows a slice of interfaces while encoding/json decodes into it. */
const decodedCapacities = [0, 1, 2, 4, 8, 16, 32, 71, 143, 303, 591, 1023, 1535, 2560, 3584]

/** A slice. Functions make new ones; only `sortAlpha` sorts a list of strings in place, as in Go. */
export class List {
  readonly type: GoType
  readonly length: number
  /** nil prints like an empty slice, but compares with nil and is `null` in JSON. */
  readonly isNil: boolean
  private readonly source: readonly unknown[] | undefined
  private elements: Value[] | undefined
  private readonly isDecoded: boolean

  /**
   * `elements` are values of the type's elem, nil interfaces as null; the list owns the array from now on.
   * Data comes as `source`, or as elements that say that they were decoded from JSON.
   */
  constructor(type: GoType, elements: Value[] | undefined, source?: readonly unknown[] | 'decoded') {
    this.type = type
    this.elements = elements
    this.source = source === 'decoded' ? undefined : source
    this.isDecoded = source !== undefined
    this.length = elements?.length ?? this.source?.length ?? 0
    this.isNil = elements === undefined && source === undefined
  }

  /** Go's cap: lists of the data have room left over from decoding, which sprig's `slice` can reach (as nils). */
  get capacity(): number {
    if (!this.isDecoded) return this.length
    return decodedCapacities.find(capacity => capacity >= this.length) ?? this.length
  }

  at(index: number): Value {
    return this.items()[index]
  }

  /** All elements. Not to be changed; copy first. */
  items(): readonly Value[] {
    if (this.elements === undefined) this.elements = (this.source ?? []).map(fromData)
    return this.elements
  }
}

/** []byte. */
export class Bytes extends List {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    super(bytesType, undefined, bytes as unknown as readonly unknown[])
    this.bytes = bytes
  }

  /** The bytes as a string. */
  get text(): string {
    return textOf(this.bytes)
  }

  override at(index: number): Value {
    return new Int(uint8Type, BigInt(this.bytes[index] as number))
  }

  override items(): readonly Value[] {
    return Array.from(this.bytes, byte => new Int(uint8Type, BigInt(byte)))
  }
}

/** `[]interface {}`, what sprig's `list` makes. */
export function list(elements: Value[]): List {
  return new List(anySliceType, elements)
}

type PlainObject = Readonly<Record<string, unknown>>

/** A map with string keys. */
export class Dict {
  readonly type: GoType
  readonly isNil: boolean
  private source: PlainObject | undefined
  /** All entries, or, while there is a source, those containers that were read from it. */
  private entries: Map<string, Value> | undefined
  /** Of the source, once they were asked for: finding out takes a look at every key. */
  private sourceSize: number | undefined
  private sourceIsEmpty: boolean | undefined

  /** Entries are values of the type's elem, nil interfaces as null; the dict owns the map from now on. */
  constructor(type: GoType, entries: Map<string, Value> | undefined, source?: PlainObject) {
    this.type = type
    this.entries = entries
    this.source = source
    this.isNil = entries === undefined && source === undefined
  }

  /** undefined when there is no such key, null for a nil. */
  get(key: string): Value {
    const { source, entries } = this
    if (entries !== undefined) {
      const known = entries.get(key)
      if (known !== undefined || source === undefined) return known
    } else if (source === undefined) return undefined
    const raw = source[key]
    if (typeof raw === 'string') return fromOutside(raw)
    if (raw === undefined) return undefined
    // What an object inherits is functions and __proto__.
    if ((typeof raw === 'function' || key === '__proto__') && !Object.hasOwn(source, key)) return undefined
    const value = fromData(raw)
    if (typeof value === 'object' && value !== null) {
      this.entries ??= new Map()
      this.entries.set(key, value)
    }
    return value
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  get size(): number {
    if (this.source === undefined) return this.entries?.size ?? 0
    this.sourceSize ??= this.keys().length
    return this.sourceSize
  }

  get isEmpty(): boolean {
    const { source } = this
    if (source === undefined) return this.entries === undefined || this.entries.size === 0
    this.sourceIsEmpty ??= !hasEntry(source)
    return this.sourceIsEmpty
  }

  /** In no order that Go would promise: sort where Go sorts. */
  keys(): string[] {
    const { source } = this
    if (source === undefined) return this.entries === undefined ? [] : [...this.entries.keys()]
    return Object.keys(source).filter(key => source[key] !== undefined)
  }

  /** In byte order, as Go prints and ranges. */
  sortedKeys(): string[] {
    return this.keys().sort(compareText)
  }

  /** Changes this dict for everyone who holds it, as in Go; never the caller's data. */
  set(key: string, value: Value): void {
    this.detach().set(key, value === undefined ? null : value)
  }

  delete(key: string): void {
    this.detach().delete(key)
  }

  private detach(): Map<string, Value> {
    if (this.source !== undefined) {
      const all = new Map<string, Value>()
      for (const key of this.keys()) all.set(key, this.get(key))
      this.entries = all
      this.source = undefined
    }
    this.entries ??= new Map()
    return this.entries
  }
}

function hasEntry(source: PlainObject): boolean {
  for (const key in source) if (source[key] !== undefined && Object.hasOwn(source, key)) return true
  return false
}

/** `map[string]interface {}`, what sprig's `dict` makes. */
export function dict(entries: Iterable<readonly [string, Value]> = []): Dict {
  return new Dict(anyMapType, new Map(entries))
}

export class Struct {
  readonly type: GoType
  /** Parallel to the type's fields. */
  readonly fields: readonly Value[]
  /** What the type's methods work on, if not the fields. */
  readonly native: unknown

  constructor(type: GoType, fields: readonly Value[], native?: unknown) {
    this.type = type
    this.fields = fields
    this.native = native
  }
}

export class Pointer {
  /** Made by `pointerTo`. */
  readonly type: GoType
  /** undefined: a nil pointer. */
  readonly target: Struct | undefined

  constructor(type: GoType, target: Struct | undefined) {
    this.type = type
    this.target = target
  }
}

/** A function as a value, for the builtin `call`. */
export class Func {
  readonly type: GoType
  readonly entry: TemplateFunction

  constructor(entry: TemplateFunction) {
    this.type = entry.type
    this.entry = entry
  }
}

/** The type of what the value holds; undefined for the two nils. */
export function typeOf(value: Value): GoType | undefined {
  switch (typeof value) {
    case 'string':
      return stringType
    case 'boolean':
      return boolType
    case 'number':
      return float64Type
    case 'object':
      return value === null ? undefined : value.type
    default:
      return undefined
  }
}

/** Go's reflect.Zero. */
export function zeroOf(type: GoType): Value {
  switch (type.kind) {
    case 'bool':
      return false
    case 'float64':
      return 0
    case 'string':
      return type === stringType ? '' : new Text(type, '')
    case 'slice':
      return new List(type, undefined)
    case 'map':
      return new Dict(type, undefined)
    case 'struct':
      return new Struct(
        type,
        (type.fields ?? []).map(field => zeroOf(field.type)),
      )
    case 'ptr':
      return new Pointer(type, undefined)
    case 'func':
    case 'interface':
      return null
    default:
      return new Int(type, 0n)
  }
}

/** A float64 in plain data, where an integral JavaScript number alone would be an int64. No value of templates. */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

const twoTo63 = 2 ** 63

/**
 * Takes decoded JSON as the data of a template: integral numbers within 64 bits and bigints are int64, other numbers
 * float64 (`Float` says so of integral ones), objects `map[string]interface {}`, arrays `[]interface {}`, Uint8Array
 * `[]byte`; values of this module stay.
 * `JSON.parse` cannot tell `5.0` from `5` and rounds beyond 2^53: `dataFromJson` can and does not.
 */
export function fromData(raw: unknown): Value {
  switch (typeof raw) {
    case 'string':
      return fromOutside(raw)
    case 'boolean':
      return raw
    case 'number':
      return Number.isInteger(raw) && raw >= -twoTo63 && raw < twoTo63 && !Object.is(raw, -0)
        ? int64(raw)
        : raw
    case 'bigint':
      return BigInt.asIntN(64, raw) === raw ? int64(raw) : Number(raw)
    case 'undefined':
      return null
    case 'object':
      return raw === null ? null : boxData(raw)
    default:
      throw new TypeError(`Cannot give a ${typeof raw} to a template as data`)
  }
}

function boxData(raw: object): Value {
  const prototype: unknown = Object.getPrototypeOf(raw)
  if (prototype === Object.prototype || prototype === null)
    return new Dict(anyMapType, undefined, raw as PlainObject)
  if (Array.isArray(raw)) return new List(anySliceType, undefined, raw)
  if (isBoxed(raw)) return raw
  if (raw instanceof Uint8Array) return new Bytes(raw)
  if (raw instanceof Float) return raw.value
  throw new TypeError(`Cannot give a ${raw.constructor?.name ?? 'foreign object'} to a template as data`)
}

function isBoxed(raw: object): raw is Boxed {
  return (
    raw instanceof Dict ||
    raw instanceof List ||
    raw instanceof Int ||
    raw instanceof Text ||
    raw instanceof Struct ||
    raw instanceof Pointer ||
    raw instanceof Func
  )
}

/** Whether elements of the type are interfaces, which is what Go's messages then call them. */
export function holdsInterfaces(type: GoType): boolean {
  return type.elem === anyType
}
