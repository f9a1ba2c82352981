// Lists: sprig makes a new `[]interface {}` for every change.
import { compareText } from '../bytes.ts'
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, FunctionError, int, variadic } from '../function.ts'
import { anySliceType, sliceOf, stringSliceType } from '../type.ts'
import { List, list, typeOf, type Value } from '../value.ts'
import { toInt64 } from './cast.ts'
import { isEmpty } from './emptiness.ts'
import { deepEqual } from './equality.ts'
import { grownList, roomyList, sliceList } from './slicing.ts'
import { NIL_DEREFERENCE, stringList, stringsOf, strval } from './text.ts'

const nilList = new List(anySliceType, undefined)

/** The elements of a slice of any type, as interfaces; anything else fails with sprig's sentence. */
function elements(call: Call, value: Value, complaint: (kind: string) => string): readonly Value[] {
  if (value instanceof List) {
    call.steps(Math.ceil(value.length / 8))
    call.allocate(value.length * 16)
    return value.items()
  }
  const type = typeOf(value)
  throw new FunctionError(type === undefined ? NIL_DEREFERENCE : complaint(type.kind))
}

function cannot(what: string): (kind: string) => string {
  return kind => `Cannot ${what} type ${kind}`
}

function onList(what: string, body: (items: readonly Value[], call: Call) => Value): TemplateFunction {
  return define([any], (call, value) => body(elements(call, value, cannot(what)), call))
}

function chunk(call: Call, size: number, value: Value): Value {
  const items = elements(call, value, cannot('chunk'))
  // In floating point as in Go, so a negative size sometimes gives a result.
  const count = Math.floor((items.length - 1) / size) + 1
  if (size === 0 || count < 0) throw new FunctionError(BAD_LENGTH)
  const chunks: Value[] = []
  for (let i = 0; i < count; i++) {
    const length = i === count - 1 ? items.length % size || size : size
    if (length < 0) throw new FunctionError(BAD_LENGTH)
    chunks.push(list(items.slice(i * size, i * size + length)))
  }
  return new List(sliceOf(anySliceType), chunks)
}

const BAD_LENGTH = 'runtime error: makeslice: len out of range'

function contains(call: Call, haystack: readonly Value[], needle: Value): boolean {
  return haystack.some(item => deepEqual(call, needle, item))
}

function slice(call: Call, value: Value, indexes: readonly Value[]): Value {
  if (!(value instanceof List)) {
    const type = typeOf(value)
    throw new FunctionError(
      type === undefined ? NIL_DEREFERENCE : `list should be type of slice or array but ${type.kind}`,
    )
  }
  if (value.length === 0) return null
  const from = indexes.length > 0 ? Number(toInt64(indexes[0])) : 0
  const to = indexes.length > 1 ? Number(toInt64(indexes[1])) : value.length
  call.allocate(value.length * 16)
  return sliceList(value, from, to)
}

/** The same function under its name and under `must` with a capital: a panic and an error read alike. */
function withMust(functions: Readonly<Record<string, TemplateFunction>>): Record<string, TemplateFunction> {
  const all: Record<string, TemplateFunction> = { ...functions }
  for (const [name, body] of Object.entries(functions)) {
    all[`must${name[0]?.toUpperCase()}${name.slice(1)}`] = body
  }
  return all
}

// The copy of the list has no room, and appending to it doubles that.
const push = define([any, any], (call, value, item) => {
  const items = elements(call, value, cannot('push on'))
  return roomyList(anySliceType, [...items, item], items.length)
})
const makeList = variadic([], any, (call, ...items) => {
  call.allocate(items.length * 16)
  return list(items)
})

export const lists: Readonly<Record<string, TemplateFunction>> = {
  list: makeList,
  tuple: makeList,
  ...withMust({
    append: push,
    push,
    prepend: define([any, any], (call, value, item) =>
      list([item, ...elements(call, value, cannot('prepend on'))]),
    ),
    first: onList('find first on', items => items[0] ?? null),
    last: onList('find last on', items => items.at(-1) ?? null),
    rest: onList('find rest on', items => (items.length === 0 ? nilList : list(items.slice(1)))),
    initial: onList('find initial on', items => (items.length === 0 ? nilList : list(items.slice(0, -1)))),
    reverse: onList('find reverse on', items => list(items.toReversed())),
    compact: onList('compact on', items =>
      grownList(
        anySliceType,
        items.filter(item => !isEmpty(item)),
      ),
    ),
    uniq: onList('find uniq on', (items, call) => {
      const seen: Value[] = []
      for (const item of items) if (!contains(call, seen, item)) seen.push(item)
      return grownList(anySliceType, seen)
    }),
    without: variadic([any], any, (call, value, ...omitted) =>
      grownList(
        anySliceType,
        elements(call, value, cannot('find without on')).filter(item => !contains(call, omitted, item)),
      ),
    ),
    has: define([any, any], (call, wanted, haystack) =>
      haystack === null ? false : contains(call, elements(call, haystack, cannot('find has on')), wanted),
    ),
    slice: variadic([any], any, (call, value, ...indexes) => slice(call, value, indexes)),
    chunk: define([int, any], chunk),
  }),
  concat: variadic([], any, (call, ...all) => {
    const items: Value[] = []
    for (const value of all) {
      for (const item of elements(call, value, kind => `Cannot concat type ${kind} as list`)) items.push(item)
    }
    return items.length === 0 ? nilList : grownList(anySliceType, items)
  }),
  sortAlpha: define([any], (call, value) => {
    if (!(value instanceof List)) return stringList([strval(call, value)])
    const texts = stringsOf(call, value)
    call.steps(texts.length * Math.ceil(Math.log2(texts.length + 1)))
    texts.sort(compareText)
    if (value.type !== stringSliceType) return stringList(texts)
    // A list of strings is sorted where it is, as in Go: whoever holds it sees that.
    const items = value.items() as Value[]
    for (const [i, text] of texts.entries()) items[i] = text
    return value
  }),
}
