// The functions every Go template has.
import { byteLength, bytesOf, sliceBytes } from './bytes.ts'
import { equal, less, lessOrEqual } from './compare.ts'
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts'
import { pointee, truth } from './evaluate.ts'
import { sprint, sprintln } from './format/print.ts'
import { sprintf } from './format/printf.ts'
import {
  any,
  type Call,
  define,
  FunctionError,
  type FunctionMap,
  reflected,
  string,
  variadic,
} from './function.ts'
import { prepare } from './invoke.ts'
import { type GoType, stringType, uint8Type } from './type.ts'
import { Bytes, Dict, Int, int, List, Pointer, Text, typeOf, type Value, zeroOf } from './value.ts'

/** and, or and call are here for their parameters: the engine evaluates them itself. */
function byEngine(): Value {
  throw new FunctionError('not callable as a value')
}

export const builtins: FunctionMap = new Map([
  ['and', variadic([reflected], reflected, byEngine)],
  ['or', variadic([reflected], reflected, byEngine)],
  ['call', variadic([reflected], reflected, byEngine)],
  ['not', define([reflected], (_call, value) => !truth(value))],
  ['len', define([reflected], (_call, value) => int(length(value)))],
  ['index', variadic([reflected], reflected, index)],
  ['slice', variadic([reflected], reflected, slice)],
  ['print', variadic([], any, (call, ...args) => sprint(call, args))],
  ['println', variadic([], any, (call, ...args) => sprintln(call, args))],
  ['printf', variadic([string], any, (call, format, ...args) => sprintf(call, format, args))],
  ['html', variadic([], any, (call, ...args) => escapeHtml(joined(call, args)))],
  ['js', variadic([], any, (call, ...args) => escapeJs(joined(call, args)))],
  ['urlquery', variadic([], any, (call, ...args) => escapeQuery(joined(call, args)))],
  ['eq', variadic([reflected], reflected, (call, first, ...others) => equal(call, first, others))],
  ['ne', define([reflected, reflected], (call, a, b) => !equal(call, a, [b]))],
  ['lt', define([reflected, reflected], (_call, a, b) => less(a, b))],
  ['le', define([reflected, reflected], (call, a, b) => lessOrEqual(call, a, b))],
  ['gt', define([reflected, reflected], (call, a, b) => !lessOrEqual(call, a, b))],
  ['ge', define([reflected, reflected], (_call, a, b) => !less(a, b))],
])

/** The operands as an action would print them. */
function joined(call: Call, args: readonly Value[]): string {
  const text = sprint(
    call,
    args.map(arg => (arg === null || arg === undefined ? '<no value>' : pointee(arg))),
  )
  call.allocate(text.length * 3)
  return text
}

function length(value: Value): number {
  const target = pointee(value)
  if (typeof target === 'string') return byteLength(target)
  if (target instanceof List) return target.length
  if (target instanceof Dict) return target.size
  if (target instanceof Text) return byteLength(target.value)
  if (target === null || target instanceof Pointer) throw new FunctionError('len of nil pointer')
  if (target === undefined) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value')
  throw new FunctionError(`len of type ${typeOf(target)?.name}`)
}

/** An index into something with so many elements; one past the end is for the caller to refuse. */
function indexArgument(value: Value, limit: number): number {
  if (value === undefined || value === null) throw new FunctionError('cannot index slice/array with nil')
  if (!(value instanceof Int))
    throw new FunctionError(`cannot index slice/array with type ${typeOf(value)?.name}`)
  const at = BigInt.asIntN(64, value.value)
  if (at < 0n || at > BigInt(limit))
    throw new FunctionError(`index out of range: ${at}`, 'index out of range')
  return Number(at)
}

function index(_call: Call, start: Value, ...indexes: Value[]): Value {
  if (start === undefined || start === null) throw new FunctionError('index of untyped nil')
  let item: Value = start
  for (const at of indexes) {
    const holder = pointee(item)
    if (holder === null || holder === undefined || holder instanceof Pointer) {
      throw new FunctionError('index of nil pointer')
    }
    item = element(holder, at)
  }
  return item
}

function element(holder: Exclude<Value, null | undefined>, at: Value): Value {
  if (holder instanceof Dict) {
    const key = prepare(at, stringType) as string
    return holder.get(key) ?? zeroOf(holder.type.elem as GoType)
  }
  if (holder instanceof List) {
    const i = indexArgument(at, holder.length)
    if (i >= holder.length) throw new FunctionError('reflect: slice index out of range')
    return holder.at(i)
  }
  if (typeof holder === 'string' || holder instanceof Text) {
    const text = typeof holder === 'string' ? holder : holder.value
    const bytes = bytesOf(text)
    const i = indexArgument(at, bytes.length)
    if (i >= bytes.length) throw new FunctionError('reflect: string index out of range')
    return new Int(uint8Type, BigInt(bytes[i] as number))
  }
  throw new FunctionError(`can't index item of type ${typeOf(holder)?.name}`)
}

function slice(call: Call, item: Value, ...indexes: Value[]): Value {
  if (item === undefined || item === null) throw new FunctionError('slice of untyped nil')
  const holder = pointee(item)
  if (holder instanceof Pointer) throw new FunctionError('slice of nil pointer')
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`)
  const isText = typeof holder === 'string' || holder instanceof Text
  if (isText && indexes.length === 3) throw new FunctionError('cannot 3-index slice a string')
  if (!isText && !(holder instanceof List))
    throw new FunctionError(`can't slice item of type ${typeOf(item)?.name}`)
  const size = isText ? byteLength(textOf(holder)) : holder.length
  const [from = 0, to = size, capacity = size] = indexes.map(at => indexArgument(at, size))
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`, 'invalid slice index')
  if (to > capacity)
    throw new FunctionError(`invalid slice index: ${to} > ${capacity}`, 'invalid slice index')
  call.allocate(to - from)
  if (isText) {
    const part = sliceBytes(textOf(holder), from, to)
    return typeof holder === 'string' ? part : new Text(holder.type, part)
  }
  if (holder instanceof Bytes) return new Bytes(holder.bytes.subarray(from, to))
  return new List(holder.type, holder.items().slice(from, to))
}

function textOf(text: string | Text): string {
  return typeof text === 'string' ? text : text.value
}
