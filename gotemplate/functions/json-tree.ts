// Values as encoding/json sees them: what becomes an object, which text a number has, what cannot be JSON.
import { canonical } from '../bytes.ts'
import type { Call } from '../function.ts'
import { Bytes, Dict, Int, List, Pointer, Struct, Text, type Value } from '../value.ts'
import { momentText } from './dates.ts'
import { encodeBase64 } from './encoding.ts'
import { DEEPEST } from './equality.ts'
import { versionText } from './semver.ts'

/** Strings keep bytes that are no UTF-8. */
export type JsonTree = null | boolean | string | JsonNumber | JsonList | JsonObject

export interface JsonNumber {
  readonly kind: 'number'
  /** As JSON spells it. */
  readonly text: string
}

export interface JsonList {
  readonly kind: 'list'
  readonly items: readonly JsonTree[]
}

export interface JsonObject {
  readonly kind: 'object'
  /** In the order of the keys' bytes, a struct's in that of its fields. */
  readonly entries: readonly (readonly [key: string, value: JsonTree])[]
}

/** What json.Marshal returns as an error. */
export class JsonError extends Error {}

/** Throws a JsonError. */
export function jsonTree(call: Call, value: Value, depth = 0): JsonTree {
  call.steps(1)
  switch (typeof value) {
    case 'string':
      return canonical(value)
    case 'boolean':
      return value
    case 'number':
      return { kind: 'number', text: floatText(value) }
    case 'undefined':
      return null
  }
  if (value === null) return null
  if (value instanceof Int) return { kind: 'number', text: value.value.toString() }
  if (value instanceof Text) return canonical(value.value)
  // Go looks for cycles only at such depths, and calls them by the type where it gave up.
  if (depth > DEEPEST)
    throw new JsonError(`json: unsupported value: encountered a cycle via ${value.type.name}`)
  const inner = (part: Value): JsonTree => jsonTree(call, part, depth + 1)
  if (value instanceof List) return listTree(value, inner)
  if (value instanceof Dict) return dictTree(value, inner)
  const text = versionText(value) ?? momentText(value)
  if (text !== undefined) return text
  if (value instanceof Struct) return structTree(value, inner)
  if (value instanceof Pointer) return value.target === undefined ? null : inner(value.target)
  throw new JsonError(`json: unsupported type: ${value.type.name}`)
}

// JavaScript and Go agree on when to use an exponent, and on how it looks.
function floatText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : `${value}`
  const name = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  throw new JsonError(`json: unsupported value: ${name}`)
}

function listTree(value: List, inner: (part: Value) => JsonTree): JsonTree {
  if (value.isNil) return null
  if (value instanceof Bytes) return encodeBase64(value.bytes)
  return { kind: 'list', items: value.items().map(inner) }
}

function dictTree(value: Dict, inner: (part: Value) => JsonTree): JsonTree {
  if (value.isNil) return null
  return {
    kind: 'object',
    entries: value.sortedKeys().map(key => [canonical(key), inner(value.get(key))] as const),
  }
}

function structTree(value: Struct, inner: (part: Value) => JsonTree): JsonTree {
  const fields = value.type.fields ?? []
  return {
    kind: 'object',
    entries: fields.flatMap(({ name }, i) =>
      /^\p{Lu}/u.test(name) ? [[name, inner(value.fields[i])] as const] : [],
    ),
  }
}
