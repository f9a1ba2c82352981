// From the object of an API server or a manifest to a Definition, with every fault of its shape.
import { parseBinding } from './binding.ts'
import {
  type AttributeSpec,
  categoryLabel,
  type Definition,
  type Parameterize,
  type ParamSpec,
  schemaVersionLabel,
  type Value,
  type ValueType,
  versionLabel,
  type WorkspaceSpec,
} from './definition.ts'
import type { Problem } from './problem.ts'
import { type Fields, isAbsent, isFields, Reader } from './reader.ts'
import { enumMismatch, typeMismatch } from './value.ts'

/** There is a definition when there are no problems. */
export type Parsed = { readonly definition?: Definition; readonly problems: readonly Problem[] }

const apiVersion = 'connectors.alauda.io/v1alpha1'
const kind = 'ResourceInterface'
const valueTypes: readonly string[] = ['string', 'array', 'object'] satisfies ValueType[]
const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const paramName = /^[A-Za-z_][\w.-]*$/
const labelValue = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/

/** Reads an object's shape. Its expressions and descriptors are looked at by `validateInterface` alone. */
export function parseDefinition(object: unknown): Parsed {
  const { definition, problems } = readDefinition(object)
  return problems.length === 0 ? { definition, problems } : { problems }
}

/** The definition as far as it can be read, for further checks; not fit for use when there are problems. */
export function readDefinition(value: unknown): { definition: Definition; problems: readonly Problem[] } {
  const reader = new Reader()
  if (!isFields(value)) reader.note('', 'InvalidType', 'must be a ResourceInterface object')
  const object = isFields(value) ? value : {}
  for (const [field, wanted] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    if (object[field] !== wanted)
      reader.note(field, isAbsent(object[field]) ? 'Required' : 'Invalid', `must be ${wanted}`)
  }
  const metadata = reader.fields(object['metadata'], 'metadata')
  const labels = reader.fields(metadata['labels'], 'metadata.labels')
  if (isAbsent(object['spec'])) reader.note('spec', 'Required', 'must be given')
  const spec = reader.fields(object['spec'], 'spec')
  const category = labelText(reader, labels, categoryLabel)
  labelText(reader, labels, versionLabel)
  const params = parseParams(reader, spec['params'])
  const definition: Definition = {
    name: parseName(reader, metadata['name'], 'metadata.name', objectName),
    ...(category === undefined ? {} : { category }),
    schemaVersion: parseSchemaVersion(labels[schemaVersionLabel]),
    params,
    attributes: parseAttributes(reader, spec['attributes'], params),
    workspaces: parseWorkspaces(reader, spec['workspaces']),
    mergesConnectors: parseMerge(reader, spec['configurations']),
  }
  return { definition, problems: reader.problems }
}

function parseParams(reader: Reader, value: unknown): ParamSpec[] {
  const params = reader.list(value, 'spec.params').map((item, index) => {
    const field = `spec.params[${index}]`
    const fields = reader.fields(item, field)
    const common = parseTyped(reader, fields, field)
    const properties = parseProperties(reader, fields['properties'], field, common.type)
    return { ...common, ...(properties === undefined ? {} : { properties }) }
  })
  reader.unique(params.map((param, index) => ({ text: param.name, field: `spec.params[${index}].name` })))
  return params
}

function parseAttributes(reader: Reader, value: unknown, params: readonly ParamSpec[]): AttributeSpec[] {
  const attributes = reader.list(value, 'spec.attributes').map((item, index): AttributeSpec => {
    const field = `spec.attributes[${index}]`
    const fields = reader.fields(item, field)
    const common = parseTyped(reader, fields, field)
    const expression = reader.string(fields['expression'], `${field}.expression`)
    if (isAbsent(fields['expression']) && isAbsent(fields['default'])) {
      reader.note(`${field}.expression`, 'Required', 'must be given where there is no default')
    }
    const parameterize = parseParameterize(reader, fields['parameterize'], `${field}.parameterize`)
    return {
      ...common,
      ...(expression === undefined ? {} : { expression }),
      dependsOn: parseDependencies(reader, fields['dependsOn'], `${field}.dependsOn`, params),
      ...(parameterize === undefined ? {} : { parameterize }),
    }
  })
  reader.unique(
    attributes.map(({ name }, index) => ({ text: name, field: `spec.attributes[${index}].name` })),
  )
  reader.unique(
    attributes.flatMap(({ parameterize }, index) =>
      parameterize?.name === undefined
        ? []
        : [{ text: parameterize.name, field: `spec.attributes[${index}].parameterize.name` }],
    ),
  )
  return attributes
}

type Typed = Pick<ParamSpec, 'name' | 'type' | 'default' | 'enum' | 'description'>

/** What a param and an attribute have in common. */
function parseTyped(reader: Reader, fields: Fields, field: string): Typed {
  const name = parseName(reader, fields['name'], `${field}.name`, paramName)
  const typeText = reader.string(fields['type'], `${field}.type`) ?? 'string'
  const known = valueTypes.includes(typeText)
  if (!known) reader.note(`${field}.type`, 'Invalid', `must be one of ${valueTypes.join(', ')}`)
  const type = (known ? typeText : 'string') as ValueType
  const allowed = parseEnum(reader, fields['enum'], `${field}.enum`, type)
  const description = reader.string(fields['description'], `${field}.description`)
  const value = fields['default']
  if (!isAbsent(value) && known) {
    const mismatch = typeMismatch(value, type)
    if (mismatch !== undefined) reader.note(`${field}.default`, 'InvalidType', mismatch)
    const outside = mismatch === undefined ? enumMismatch(value as Value, allowed) : undefined
    if (outside !== undefined) reader.note(`${field}.default`, 'NotInEnum', outside)
  }
  return {
    name,
    type,
    ...(isAbsent(value) ? {} : { default: value as Value }),
    ...(allowed === undefined ? {} : { enum: allowed }),
    ...(description === undefined ? {} : { description }),
  }
}

function parseName(reader: Reader, value: unknown, field: string, pattern: RegExp): string {
  const name = reader.string(value, field) ?? ''
  if (isAbsent(value) || value === '') reader.note(field, 'Required', 'must be given')
  else if (name !== '' && !pattern.test(name)) {
    reader.note(field, 'InvalidName', `must match ${pattern.source}: is ${JSON.stringify(name)}`)
  }
  return name
}

function parseEnum(
  reader: Reader,
  value: unknown,
  field: string,
  type: ValueType,
): readonly string[] | undefined {
  if (isAbsent(value)) return undefined
  const allowed = reader.strings(value, field)
  if (type === 'object') reader.note(field, 'Invalid', 'must be absent for the type object')
  if (Array.isArray(value) && value.length === 0) reader.note(field, 'Invalid', 'must not be empty')
  reader.unique(allowed.map((text, index) => ({ text, field: `${field}[${index}]` })))
  return allowed
}

function parseProperties(
  reader: Reader,
  value: unknown,
  field: string,
  type: ValueType,
): readonly string[] | undefined {
  if (isAbsent(value)) {
    if (type === 'object') reader.note(`${field}.properties`, 'Required', 'must be given for the type object')
    return undefined
  }
  if (type !== 'object') reader.note(`${field}.properties`, 'Invalid', `must be absent for the type ${type}`)
  return Object.keys(reader.fields(value, `${field}.properties`))
}

function parseDependencies(
  reader: Reader,
  value: unknown,
  field: string,
  params: readonly ParamSpec[],
): readonly string[] {
  const dependencies = reader.strings(value, field)
  for (const [index, dependency] of dependencies.entries()) {
    const place = `${field}[${index}]`
    const name = /^params\.(.+)$/.exec(dependency)?.[1]
    if (name === undefined && dependency !== 'connector') {
      reader.note(
        place,
        'UnknownReference',
        `must be connector or params.<name>: is ${JSON.stringify(dependency)}`,
      )
    } else if (name !== undefined && !params.some(param => param.name === name)) {
      reader.note(place, 'UnknownReference', `no param is named ${JSON.stringify(name)}`)
    }
  }
  reader.unique(dependencies.map((text, index) => ({ text, field: `${field}[${index}]` })))
  return dependencies
}

function parseParameterize(reader: Reader, value: unknown, field: string): Parameterize | undefined {
  if (isAbsent(value)) return undefined
  const fields = reader.fields(value, field)
  const disable = reader.boolean(fields['disable'], `${field}.disable`) ?? false
  if (isAbsent(fields['name'])) return { disable }
  return { name: parseName(reader, fields['name'], `${field}.name`, paramName), disable }
}

function parseWorkspaces(reader: Reader, value: unknown): WorkspaceSpec[] {
  const workspaces = reader.list(value, 'spec.workspaces').map((item, index): WorkspaceSpec => {
    const field = `spec.workspaces[${index}]`
    const fields = reader.fields(item, field)
    const name = parseName(reader, fields['name'], `${field}.name`, paramName)
    const mappingFields = reader.fields(fields['workspaceMapping'], `${field}.workspaceMapping`)
    const mapping = isAbsent(fields['workspaceMapping'])
      ? undefined
      : parseName(reader, mappingFields['name'], `${field}.workspaceMapping.name`, paramName)
    const description = reader.string(fields['description'], `${field}.description`)
    return {
      name,
      ...(mapping === undefined ? {} : { mapping }),
      value: parseBinding(reader, fields['value'], `${field}.value`),
      ...(description === undefined ? {} : { description }),
    }
  })
  reader.unique(
    workspaces.map(({ name }, index) => ({ text: name, field: `spec.workspaces[${index}].name` })),
  )
  return workspaces
}

function parseMerge(reader: Reader, value: unknown): boolean {
  const field = 'spec.configurations.multipleMergeConnectors'
  const merge = reader.fields(reader.fields(value, 'spec.configurations')['multipleMergeConnectors'], field)
  reader.string(merge['description'], `${field}.description`)
  return reader.boolean(merge['enabled'], `${field}.enabled`) ?? false
}

function labelText(reader: Reader, labels: Fields, label: string): string | undefined {
  const field = `metadata.labels[${label}]`
  const text = reader.string(labels[label], field)
  if (text === undefined || labelValue.test(text)) return text
  reader.note(
    field,
    'Invalid',
    'must be a label value: letters, digits and ._- with a letter or digit at both ends',
  )
  return undefined
}

/** Absent or invalid means 1, as in the objects that exist. */
function parseSchemaVersion(value: unknown): number {
  return typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value) ? Number(value) : 1
}
