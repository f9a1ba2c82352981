// x-kubernetes-validations: what the rules of a schema find wrong with an object, as Kubernetes 1.34 words it.
import { type Predicate, parsePredicate } from '../connector/expression.ts'
import { type Fields, fieldsOf, isFields, listOf } from './object.ts'
import type { Schema } from './schema.ts'
import { type Cause, cause } from './status.ts'

export const ruleKeyword = 'x-kubernetes-validations'

export type CompiledRule = {
  readonly holds: Predicate
  /** Compares with the object before: not asked of a new one. */
  readonly isTransition: boolean
}

const compiled = new WeakMap<object, CompiledRule>()

/** In errors. */
const evaluated = 'the rule'

/** Throws an Error for a text that is no rule. */
export function compileRule(rule: object, text: string): CompiledRule {
  const known = compiled.get(rule)
  if (known !== undefined) return known
  let made: CompiledRule
  try {
    made = { holds: parsePredicate(text, { field: evaluated, variables: ['self'] }), isTransition: false }
  } catch {
    made = {
      holds: parsePredicate(text, { field: evaluated, variables: ['self', 'oldSelf'] }),
      isTransition: true,
    }
  }
  compiled.set(rule, made)
  return made
}

/** Whether any part of the schema has rules. */
export function hasRules(schema: Schema): boolean {
  if (listOf(schema[ruleKeyword]).length > 0) return true
  const nested = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties]
  return nested.some(one => typeof one === 'object' && hasRules(one))
}

const blocking = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]

export type RuleSubject = {
  readonly schema: Schema
  /** Undefined for a new object. */
  readonly previous: unknown
  /** What is known to be wrong with the object. */
  readonly wrong: readonly Cause[]
}

/** What the rules find wrong with an object; none is asked while the object is not what they expect. */
export function ruleViolations(object: Fields, { schema, previous, wrong }: RuleSubject): Cause[] {
  if (!hasRules(schema)) return []
  if (wrong.some(({ reason }) => blocking.includes(reason))) {
    const why =
      'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
    return [cause.invalid('<nil>', null, why)]
  }
  const found: Cause[] = []
  const [self, before] = [object, previous].map(one => (isFields(one) ? withFewMetadata(one) : undefined))
  check(self, before, { schema, path: '', found })
  return found
}

/** All that the rules of a whole object see of it. */
function withFewMetadata(object: Fields): Fields {
  const { name, generateName } = fieldsOf(object['metadata'])
  const metadata = {
    ...(name === undefined ? {} : { name }),
    ...(generateName === undefined ? {} : { generateName }),
  }
  return { ...object, metadata }
}

type Place = { readonly schema: Schema; readonly path: string; readonly found: Cause[] }

function check(value: unknown, before: unknown, place: Place): void {
  if (value === undefined || value === null) return
  const { schema, path, found } = place
  for (const rule of listOf<Fields>(schema[ruleKeyword])) {
    const violation = violationOf(rule, { value, before, schema, path })
    if (violation !== undefined) found.push(violation)
  }
  const { items, additionalProperties: others } = schema
  if (Array.isArray(value)) {
    if (items === undefined) return
    for (const [index, item] of value.entries()) {
      check(item, sameItem(item, before, schema), { schema: items, path: `${path}[${index}]`, found })
    }
  } else if (isFields(value)) {
    for (const [name, field] of Object.entries(value)) {
      const own = schema.properties !== undefined && Object.hasOwn(schema.properties, name)
      const fieldSchema = own ? schema.properties?.[name] : others
      if (typeof fieldSchema !== 'object') continue
      const at = path === '' ? name : `${path}.${name}`
      const old = isFields(before) && Object.hasOwn(before, name) ? before[name] : undefined
      check(field, old, { schema: fieldSchema, path: at, found })
    }
  }
}

function sameItem(item: unknown, before: unknown, schema: Schema): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map') return undefined
  const keyOf = (one: unknown) =>
    JSON.stringify((schema['x-kubernetes-list-map-keys'] ?? []).map(name => fieldsOf(one)[name]))
  return listOf(before).find(one => keyOf(one) === keyOf(item))
}

type Subject = {
  readonly value: unknown
  readonly before: unknown
  readonly schema: Schema
  readonly path: string
}

function violationOf(rule: Fields, { value, before, schema, path }: Subject): Cause | undefined {
  const text = String(rule['rule'])
  const { holds, isTransition } = compileRule(rule, text)
  if (isTransition && (before === undefined || before === null)) return undefined
  const type = schema.type ?? ''
  const told = String(rule['message'] ?? text).trim()
  const variables = {
    self: celValueOf(value, schema),
    ...(isTransition ? { oldSelf: celValueOf(before, schema) } : {}),
  }
  try {
    if (holds(variables)) return undefined
  } catch (error) {
    const why = (error as Error).message.replace(`Cannot evaluate ${evaluated} as CEL: `, '')
    return cause.invalid(path || '<nil>', type, `${why} evaluating rule: ${told}`)
  }
  const field = `${path}${String(rule['fieldPath'] ?? '')}`.replace(/^\./, '') || '<nil>'
  const detail = rule['message'] === undefined ? `failed rule: ${told}` : told
  switch (rule['reason']) {
    case 'FieldValueForbidden':
      return cause.forbidden(field, detail)
    case 'FieldValueRequired':
      return cause.required(field, detail)
    case 'FieldValueDuplicate':
      return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(type)}`, field }
    default:
      return cause.invalid(field, type, detail)
  }
}

/** As rules see it: typed by its schema, without what the schema does not declare. */
function celValueOf(value: unknown, schema: Schema): unknown {
  if (typeof value === 'number') {
    const isInt = schema.type === 'integer' || schema['x-kubernetes-int-or-string'] === true
    return isInt && Number.isInteger(value) ? BigInt(value) : value
  }
  if (typeof value === 'string') {
    if (schema.format === 'byte') return Uint8Array.from(Buffer.from(value, 'base64'))
    return schema.format === 'date-time' || schema.format === 'date' ? new Date(value) : value
  }
  const { items, properties = {}, additionalProperties: others } = schema
  if (Array.isArray(value)) return items === undefined ? [] : value.map(item => celValueOf(item, items))
  if (!isFields(value)) return value
  const entries = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const fieldSchema = Object.hasOwn(properties, name) ? properties[name] : others
    return typeof fieldSchema === 'object' ? [[name, celValueOf(field, fieldSchema)]] : []
  })
  return Object.fromEntries(entries)
}
