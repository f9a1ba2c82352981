// Go types at run time: what %T prints, what an argument is checked against, what a missing key's zero is.
import type { TemplateFunction } from './function.ts'
import type { Value } from './value.ts'

/** Spelled as Go's reflect.Kind prints itself (a pointer is "ptr"). */
export type Kind =
  | 'bool'
  | IntegerKind
  | 'float64'
  | 'string'
  | 'slice'
  | 'map'
  | 'struct'
  | 'ptr'
  | 'func'
  | 'interface'

export type IntegerKind =
  | 'int'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'uintptr'

export interface StructField {
  readonly name: string
  readonly type: GoType
}

/** Types are compared by identity: take the constants below, or make one with `sliceOf`, `mapOf`, `pointerTo`. */
export interface GoType {
  readonly kind: Kind
  /** As %T prints it: `map[string]interface {}`, `*v1.Secret`, `time.Duration`. */
  readonly name: string
  /** Has a name of its own (`int`, `time.Duration`), unlike `[]int`. */
  readonly defined: boolean
  /** Of a slice, map or pointer. */
  readonly elem?: GoType
  /** Of a struct, in order of declaration; a lower-case first letter means unexported. */
  readonly fields?: readonly StructField[]
  /** The receiver is the function's first parameter, as in a Go method expression. */
  readonly methods?: ReadonlyMap<string, TemplateFunction>
  /** Methods only the pointer has. */
  readonly pointerMethods?: ReadonlyMap<string, TemplateFunction>
  /** What fmt prints instead of the fields: Go's String() or Error(). */
  readonly stringer?: (value: Value) => string
  /** The same, when only the pointer has it; gets the value pointed to. */
  readonly pointerStringer?: (value: Value) => string
}

const basic = (kind: Kind): GoType => ({ kind, name: kind, defined: true })

export const boolType = basic('bool')
export const intType = basic('int')
export const int64Type = basic('int64')
/** Also Go's byte. */
export const uint8Type = basic('uint8')
export const uint32Type = basic('uint32')
export const uint64Type = basic('uint64')
export const float64Type = basic('float64')
export const stringType = basic('string')
export const anyType: GoType = { kind: 'interface', name: 'interface {}', defined: false }
/** The parameter type of functions that look at values as they are, missing ones included. */
export const reflectValueType: GoType = { kind: 'struct', name: 'reflect.Value', defined: true, fields: [] }

const slices = new WeakMap<GoType, GoType>()
const maps = new WeakMap<GoType, GoType>()
const pointers = new WeakMap<GoType, GoType>()

function derived(cache: WeakMap<GoType, GoType>, elem: GoType, make: () => GoType): GoType {
  let type = cache.get(elem)
  if (type === undefined) {
    type = make()
    cache.set(elem, type)
  }
  return type
}

export function sliceOf(elem: GoType): GoType {
  return derived(slices, elem, () => ({ kind: 'slice', name: `[]${elem.name}`, defined: false, elem }))
}

/** `map[string]elem`: keys are always strings here. */
export function mapOf(elem: GoType): GoType {
  return derived(maps, elem, () => ({ kind: 'map', name: `map[string]${elem.name}`, defined: false, elem }))
}

export function pointerTo(elem: GoType): GoType {
  return derived(pointers, elem, () => ({ kind: 'ptr', name: `*${elem.name}`, defined: false, elem }))
}

export const anySliceType = sliceOf(anyType)
export const stringSliceType = sliceOf(stringType)
export const bytesType = sliceOf(uint8Type)
export const anyMapType = mapOf(anyType)
export const stringMapType = mapOf(stringType)

/** A defined type over a basic kind, such as `time.Duration` over int64 or `v1.SecretType` over string. */
export function definedType(
  name: string,
  underlying: GoType,
  more?: Pick<GoType, 'methods' | 'stringer'>,
): GoType {
  return { ...underlying, ...more, name, defined: true }
}

export function structType(
  name: string,
  fields: readonly StructField[],
  more?: Pick<GoType, 'methods' | 'pointerMethods' | 'stringer' | 'pointerStringer'>,
): GoType {
  return { kind: 'struct', name, defined: true, fields, ...more }
}

export function isSigned(kind: Kind): boolean {
  return kind === 'int' || kind === 'int64' || kind === 'int32' || kind === 'int16' || kind === 'int8'
}

export function isUnsigned(kind: Kind): boolean {
  return (
    kind === 'uint8' ||
    kind === 'uint' ||
    kind === 'uint64' ||
    kind === 'uint32' ||
    kind === 'uint16' ||
    kind === 'uintptr'
  )
}
