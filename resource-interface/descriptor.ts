// The annotation that describes an interface's form: lists of `urn:alm:descriptor:` lines, each for a path.
import { parse as parseYaml } from 'yaml'
import { descriptorsAnnotation } from './definition.ts'
import type { Problem } from './problem.ts'
import { isAbsent, Reader } from './reader.ts'
import type { Evaluator } from './sandbox.ts'
import { endOfExpression } from './template.ts'

export type FieldDescriptors = {
  /** Of the param that the field fills in. */
  readonly param: string
  readonly descriptors: readonly Descriptor[]
}

export type Descriptor =
  | { readonly kind: 'widget'; readonly name: string; readonly options: readonly string[] }
  /** How options or a default are found: `api` with an URL, `path` with a JSONPath, and so on. */
  | { readonly kind: 'source'; readonly property: string; readonly method: string; readonly value: string }
  | {
      readonly kind: 'label' | 'description' | 'tooltip'
      readonly language: string
      readonly text: string
    }
  | { readonly kind: 'property'; readonly widget: string; readonly name: string; readonly value: string }
  | { readonly kind: 'default'; readonly value: string }
  | { readonly kind: 'required' }

export type Form = { readonly fields: readonly FieldDescriptors[]; readonly problems: readonly Problem[] }

type Context = { readonly params: readonly string[]; readonly evaluator: Evaluator }

const prefix = 'urn:alm:descriptor:'
const root = `metadata.annotations[${descriptorsAnnotation}]`

/** `annotation` is YAML or JSON; absent means no form. */
export function parseDescriptors(annotation: unknown, context: Context): Form {
  const reader = new Reader()
  const list = reader.list(parseAnnotation(annotation, reader), root)
  const fields = list.map((item, index): FieldDescriptors => {
    const field = `${root}[${index}]`
    const entry = reader.fields(item, field)
    const param = parsePath(reader, entry['path'], `${field}.path`, context)
    // The reference product writes x-descriptors.
    const key = isAbsent(entry['x-descriptors']) ? 'descriptors' : 'x-descriptors'
    const lines = entry[key]
    if (isAbsent(lines)) reader.note(`${field}.${key}`, 'Required', 'must be given')
    const descriptors = reader.list(lines, `${field}.${key}`).flatMap((line, number) => {
      const place = `${field}.${key}[${number}]`
      const text = reader.string(line, place)
      if (text === undefined) return []
      const parsed = parseDescriptor(text, context)
      if (!('fault' in parsed)) return [parsed]
      reader.note(place, 'DescriptorInvalid', parsed.fault)
      return []
    })
    return { param, descriptors }
  })
  reader.unique(fields.map(({ param }, index) => ({ text: param, field: `${root}[${index}].path` })))
  return { fields, problems: reader.problems }
}

function parseAnnotation(annotation: unknown, reader: Reader): unknown {
  const text = reader.string(annotation, root)
  if (text === undefined) return undefined
  try {
    return parseYaml(text, { maxAliasCount: 100, logLevel: 'error' })
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
    reader.note(root, 'DescriptorInvalid', `must be YAML: ${why?.replace(/:$/, '')}`)
    return undefined
  }
}

function parsePath(reader: Reader, value: unknown, field: string, context: Context): string {
  const path = reader.string(value, field)
  if (path === undefined) {
    if (isAbsent(value)) reader.note(field, 'Required', 'must be given')
    return ''
  }
  const name = /^params\.(.+)$/.exec(path)?.[1]
  if (name === undefined) {
    reader.note(field, 'UnknownReference', `must be params.<name>: is ${JSON.stringify(path)}`)
  } else if (!context.params.includes(name)) {
    reader.note(field, 'UnknownReference', `no param is named ${JSON.stringify(name)}`)
  }
  return name ?? ''
}

type Fault = { readonly fault: string }

function parseDescriptor(line: string, context: Context): Descriptor | Fault {
  if (!line.startsWith(prefix)) return { fault: `must begin with ${prefix}` }
  const text = line.slice(prefix.length)
  const [family = '', rest] = splitOnce(text)
  switch (family) {
    case 'widgets':
    case 'com.tectonic.ui':
      return parseWidget(rest)
    case 'com.tectonic.default':
      return rest === undefined
        ? { fault: 'must name a default after com.tectonic.default:' }
        : { kind: 'default', value: rest }
    case 'label':
    case 'description':
    case 'tooltip':
      return parseText(family, rest)
    case 'validation':
      return rest === 'required' ? { kind: 'required' } : { fault: 'must be validation:required' }
    case 'props':
      return parseProperty(rest)
    case 'expression':
      return parseSource(rest, context)
    default:
      return { fault: `is of no known kind: ${JSON.stringify(family)}` }
  }
}

function splitOnce(text: string | undefined): [string | undefined, string | undefined] {
  if (text === undefined) return [undefined, undefined]
  const colon = text.indexOf(':')
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

function parseWidget(rest: string | undefined): Descriptor | Fault {
  const [name = '', ...options] = rest?.split(':') ?? []
  if (name === 'validation')
    return options[0] === 'required' ? { kind: 'required' } : { fault: 'must be validation:required' }
  return /^[A-Za-z][\w-]*$/.test(name) ? { kind: 'widget', name, options } : { fault: 'must name a widget' }
}

function parseText(kind: 'label' | 'description' | 'tooltip', rest: string | undefined): Descriptor | Fault {
  const [language = '', text] = splitOnce(rest)
  if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language))
    return { fault: `must name a language after ${kind}:` }
  return text ? { kind, language, text } : { fault: `must have a text after ${kind}:${language}:` }
}

const widgetProperties: Readonly<Record<string, readonly string[]>> = {
  select: ['allowCreate', 'options'],
  booleanSwitch: ['true', 'false'],
}

function parseProperty(rest: string | undefined): Descriptor | Fault {
  const [widget = '', more] = splitOnce(rest)
  const [name = '', value] = splitOnce(more)
  if (!Object.hasOwn(widgetProperties, widget) || !widgetProperties[widget]?.includes(name)) {
    return { fault: `names no property of a widget: ${JSON.stringify(`${widget}:${name}`)}` }
  }
  if (value === undefined && name !== 'allowCreate')
    return { fault: `must have a value after props:${widget}:${name}:` }
  return { kind: 'property', widget, name, value: value ?? 'true' }
}

const optionMethods = ['label:path', 'value:path', 'api', 'path.exp', 'path']
const openapiRoot = 'schema:openapi:context.connectorClass.spec.api.openapi:'

function parseSource(rest: string | undefined, context: Context): Descriptor | Fault {
  const [property = '', text = ''] = splitOnce(rest)
  if (property === 'props.default') return source({ property, method: 'expression', value: text }, context)
  if (property !== 'props.options')
    return { fault: `must be expression:props.options or expression:props.default` }
  if (text.startsWith(openapiRoot)) {
    return source({ property, method: 'openapi', value: text.slice(openapiRoot.length) }, context)
  }
  const method = optionMethods.find(name => text.startsWith(`${name}:`))
  if (method === undefined) {
    return {
      fault: `must say where options come from: ${[...optionMethods, openapiRoot.slice(0, -1)].join(', ')}`,
    }
  }
  return source({ property, method, value: text.slice(method.length + 1) }, context)
}

function source(
  found: { property: string; method: string; value: string },
  context: Context,
): Descriptor | Fault {
  if (found.value === '') return { fault: `must have a value after ${found.property}:${found.method}:` }
  const why =
    found.method === 'path.exp'
      ? context.evaluator.syntaxError(found.value)
      : placeholderFault(found.value, context)
  return why === undefined ? { kind: 'source', ...found } : { fault: why }
}

const names = ['connector', 'connectorClass', 'params', 'resourceInterface', 'cluster']
const variable =
  /(?<![\w$.'"])(context|current)\b(?:\s*\??\.\s*([A-Za-z_$][\w$]*))?(?:\s*\??\.\s*([A-Za-z_$][\w$]*))?/g

/** What is wrong with the `${...}` of a text. */
function placeholderFault(text: string, { params, evaluator }: Context): string | undefined {
  const parses = (expression: string) => evaluator.syntaxError(expression) === undefined
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', at)) {
    const end = endOfExpression(text, at + 2, parses)
    if (end === undefined) return `the brace at character ${at + 2} is not closed`
    const expression = text.slice(at + 2, end)
    const why = evaluator.syntaxError(expression)
    if (why !== undefined) return why
    for (const [, root, field, further] of expression.matchAll(variable)) {
      if (root === 'current' ? field !== 'search' : field === undefined || !names.includes(field)) {
        return `nothing is named ${JSON.stringify(field === undefined ? root : `${root}.${field}`)}`
      }
      if (field === 'params' && further !== undefined && !params.includes(further)) {
        return `no param is named ${JSON.stringify(further)}`
      }
    }
    at = end + 1
  }
  return undefined
}
