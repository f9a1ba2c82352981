// Dictionaries. `set`, `unset` and the merges change their first argument for everyone who holds it, as in Go.
import type { Call, TemplateFunction } from '../function.ts'
import { any, define, dict, FunctionError, string, variadic } from '../function.ts'
import { anyMapType, anySliceType } from '../type.ts'
import { Dict, List, list, dict as makeDict, typeOf, type Value } from '../value.ts'
import { MergeError, mergeAll } from './merge.ts'
import { stringList, strval } from './text.ts'

function chargeEntries(call: Call, dicts: readonly Dict[]): void {
  const count = dicts.reduce((sum, one) => sum + one.size, 0)
  call.steps(count)
  call.allocate(count * 32)
}

function dictFromPairs(call: Call, pairs: readonly Value[]): Dict {
  call.allocate(pairs.length * 32)
  const entries = new Map<string, Value>()
  for (let i = 0; i < pairs.length; i += 2) {
    entries.set(strval(call, pairs[i]), i + 1 < pairs.length ? (pairs[i + 1] as Value) : '')
  }
  return makeDict(entries)
}

function mergeFunction(overwrite: boolean, isMust: boolean): TemplateFunction {
  return variadic([dict], dict, (call, target, ...sources) => {
    chargeEntries(call, sources)
    try {
      return mergeAll(call, target, sources, overwrite)
    } catch (error) {
      if (!(error instanceof MergeError)) throw error
      if (isMust) throw new FunctionError(error.message)
      return ''
    }
  })
}

/** Follows the keys; a missing one gives the fallback, a value that is no dictionary on the way fails. */
function dig(args: readonly Value[]): Value {
  if (args.length < 3) throw new FunctionError('dig needs at least three arguments')
  const keys = args.slice(0, -2)
  const fallback = args.at(-2) as Value
  let current = asDict(args.at(-1))
  const names = keys.map(asString)
  for (const [i, name] of names.entries()) {
    const next = current.get(name)
    if (next === undefined) return fallback
    if (i === names.length - 1) return next
    current = asDict(next)
  }
  return fallback
}

function asDict(value: Value): Dict {
  if (value instanceof Dict && value.type === anyMapType) return value
  throw new FunctionError(badConversion(value, anyMapType.name))
}

function asString(value: Value): string {
  if (typeof value === 'string') return value
  throw new FunctionError(badConversion(value, 'string'))
}

function badConversion(value: Value, wanted: string): string {
  return `interface conversion: interface {} is ${typeOf(value)?.name ?? 'nil'}, not ${wanted}`
}

export const dicts: Readonly<Record<string, TemplateFunction>> = {
  dict: variadic([], any, (call, ...pairs) => dictFromPairs(call, pairs)),
  get: define([dict, string], (_, from, key) => from.get(key) ?? (from.has(key) ? null : '')),
  set: define([dict, string, any], (call, target, key, value) => {
    if (target.isNil) throw new FunctionError('assignment to entry in nil map')
    call.allocate(key.length + 32)
    target.set(key, value)
    return target
  }),
  unset: define([dict, string], (_, target, key) => {
    target.delete(key)
    return target
  }),
  hasKey: define([dict, string], (_, from, key) => from.has(key)),
  pluck: variadic([string], dict, (_, key, ...from) =>
    list(from.filter(one => one.has(key)).map(one => one.get(key) ?? null)),
  ),
  // Go gives keys and values in random order; ours are sorted.
  keys: variadic([], dict, (call, ...from) => {
    chargeEntries(call, from)
    return stringList(from.flatMap(one => one.sortedKeys()))
  }),
  values: define([dict], (call, from) => {
    chargeEntries(call, [from])
    return new List(
      anySliceType,
      from.sortedKeys().map(key => from.get(key) ?? null),
    )
  }),
  pick: variadic([dict], string, (_, from, ...keys) =>
    makeDict(keys.filter(key => from.has(key)).map(key => [key, from.get(key) ?? null] as const)),
  ),
  omit: variadic([dict], string, (call, from, ...keys) => {
    chargeEntries(call, [from])
    const omitted = new Set(keys)
    const kept = from.keys().filter(key => !omitted.has(key))
    return makeDict(kept.map(key => [key, from.get(key) ?? null] as const))
  }),
  merge: mergeFunction(false, false),
  mustMerge: mergeFunction(false, true),
  mergeOverwrite: mergeFunction(true, false),
  mustMergeOverwrite: mergeFunction(true, true),
  dig: variadic([], any, (_, ...args) => dig(args)),
}
