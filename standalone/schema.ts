// Structural schemas: what of an object is kept, which defaults it gets, and what is wrong with it.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { type Fields, fieldsOf, isFields } from './object.ts'
import { type Cause, cause } from './status.ts'

export interface Schema {
  type?: string
  description?: string
  properties?: { [name: string]: Schema }
  additionalProperties?: Schema | boolean
  items?: Schema
  required?: string[]
  enum?: unknown[]
  default?: unknown
  nullable?: boolean
  format?: string
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-patch-merge-key'?: string
  [keyword: string]: unknown
}

/** A copy without unknown fields and nulls, with defaults; the unknown fields' paths are added to `unknown`. */
export function shape(value: unknown, schema: Schema, unknown: string[], path = ''): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return value
    return value.map((item, index) => shape(item, items, unknown, `${path}[${index}]`))
  }
  return isFields(value) ? shapeFields(value, schema, unknown, path) : value
}

function shapeFields(value: Fields, schema: Schema, unknown: string[], path: string): Fields {
  const shaped: Fields = {}
  const known = schema['x-kubernetes-embedded-resource']
    ? { apiVersion: {}, kind: {}, metadata: {}, ...schema.properties }
    : schema.properties
  for (const [name, field] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`
    const declared = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined
    const fieldSchema = declared ?? schema.additionalProperties
    if (isSchema(fieldSchema)) {
      if (field !== null || fieldSchema.nullable || isFree(fieldSchema)) {
        setOwn(shaped, name, shape(field, fieldSchema, unknown, at))
      }
    } else if (fieldSchema === true || isFree(schema)) setOwn(shaped, name, field)
    else unknown.push(at)
  }
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    if (field.default !== undefined && !Object.hasOwn(shaped, name)) {
      shaped[name] = shape(structuredClone(field.default), field, [])
    }
  }
  return shaped
}

function isSchema(schema: Schema | boolean | undefined): schema is Schema {
  return typeof schema === 'object'
}

function isFree(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true
}

/** A field may be called `__proto__`. */
function setOwn(target: Fields, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}

const compiled = new WeakMap<Schema, ValidateFunction>()

const formats = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i,
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  uri: (value: string) => URL.canParse(value),
}

function compile(schema: Schema): ValidateFunction {
  const options = {
    allErrors: true,
    strict: false,
    verbose: true,
    meta: false,
    validateSchema: false,
  } as const
  return new Ajv({ ...options, logger: false, formats }).compile(jsonSchema(schema))
}

/** Why no object could be checked against the schema, in one line. */
export function schemaProblem(schema: Schema): string | undefined {
  try {
    compile(schema)
    return undefined
  } catch (error) {
    return (error as Error).message.split('\n')[0]
  }
}

/** What the schema finds wrong with a shaped object, as field causes. */
export function violations(object: unknown, schema: Schema): Cause[] {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    validate = compile(schema)
    compiled.set(schema, validate)
  }
  const duplicates: Cause[] = []
  findDuplicates(object, schema, '', duplicates)
  if (validate(object)) return duplicates
  const errors = validate.errors ?? []
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === 'type').map(error => error.instancePath),
  )
  const causes = errors
    .filter(error => error.keyword === 'type' || !mistyped.has(error.instancePath))
    .filter(({ keyword }) => !combinators.has(keyword))
    .map(causeOf)
  return [...causes, ...duplicates]
}
const combinators = new Set(['anyOf', 'oneOf', 'allOf', 'not', 'if'])

function jsonSchema(schema: Schema): object {
  const { default: _, description, nullable, ...rest } = schema
  const converted: Fields = {}
  for (const [keyword, value] of Object.entries(rest)) {
    if (!keyword.startsWith('x-kubernetes-')) converted[keyword] = value
  }
  if (schema['x-kubernetes-int-or-string']) {
    converted['type'] = ['integer', 'string']
    delete converted['anyOf']
  }
  if (nullable && schema.type !== undefined) {
    converted['type'] = [schema.type, 'null']
    if (schema.enum !== undefined) converted['enum'] = [...schema.enum, null]
  }
  if (schema.properties !== undefined) {
    converted['properties'] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, jsonSchema(property)]),
    )
  }
  if (schema.items !== undefined) converted['items'] = jsonSchema(schema.items)
  if (isSchema(schema.additionalProperties)) {
    converted['additionalProperties'] = jsonSchema(schema.additionalProperties)
  }
  return converted
}

function causeOf(error: ErrorObject): Cause {
  const field = fieldPath(error.instancePath)
  const params = fieldsOf(error.params)
  const value = error.data
  switch (error.keyword) {
    case 'required': {
      const missing = String(params['missingProperty'])
      return cause.required(field === '' ? missing : `${field}.${missing}`)
    }
    case 'enum':
      return cause.unsupported(field, value, params['allowedValues'] as unknown[])
    case 'type': {
      const type = typeName(value)
      const expected = String(params['type']).replace(',', ' or ')
      const why = `${field} in body must be of type ${expected}: ${JSON.stringify(type)}`
      return { ...cause.invalid(field, type, why), reason: 'FieldValueTypeInvalid' }
    }
    case 'maxLength':
      return {
        reason: 'FieldValueTooLong',
        message: `Too long: may not be more than ${params['limit']} bytes`,
        field,
      }
    case 'maxItems': {
      const count = (value as unknown[]).length
      const message = `Too many: ${count}: must have at most ${params['limit']} items`
      return { reason: 'FieldValueTooMany', message, field }
    }
    case 'pattern':
      return cause.invalid(field, value, `${field} in body should match '${params['pattern']}'`)
    case 'minimum':
      return cause.invalid(
        field,
        value,
        `${field} in body should be greater than or equal to ${params['limit']}`,
      )
    case 'maximum':
      return cause.invalid(
        field,
        value,
        `${field} in body should be less than or equal to ${params['limit']}`,
      )
    case 'minLength':
      return cause.invalid(field, value, `${field} in body should be at least ${params['limit']} chars long`)
    case 'minItems':
      return cause.invalid(
        field,
        (value as unknown[]).length,
        `${field} in body should have at least ${params['limit']} items`,
      )
    default:
      return cause.invalid(field, value, `${field} in body ${error.message}`)
  }
}

/** `/spec/params/0/name` as `spec.params[0].name`. */
function fieldPath(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('')
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** Lists of type `map` and `set` hold no two items with one key. */
function findDuplicates(value: unknown, schema: Schema, path: string, found: Cause[]): void {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`)
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type']
    const seen = new Set<string>()
    for (const [index, item] of value.entries()) {
      const key = JSON.stringify(
        type === 'map' ? keysOf(item, schema['x-kubernetes-list-map-keys'] ?? []) : item,
      )
      const field = `${path}[${index}]`
      if ((type === 'map' || type === 'set') && seen.has(key)) {
        found.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${key}`, field })
      }
      seen.add(key)
      if (schema.items !== undefined) findDuplicates(item, schema.items, field, found)
    }
  } else if (isFields(value)) {
    for (const [name, field] of Object.entries(value)) {
      const fieldSchema = schema.properties?.[name] ?? schema.additionalProperties
      if (isSchema(fieldSchema)) findDuplicates(field, fieldSchema, at(name), found)
    }
  }
}

function keysOf(item: unknown, names: readonly string[]): Fields {
  const fields = fieldsOf(item)
  return Object.fromEntries(names.map(name => [name, fields[name]]))
}
