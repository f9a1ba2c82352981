// From a choice (an interface, Connectors, values of params) to what a run needs.
import type {
  AttributeSpec,
  Binding,
  Definition,
  Json,
  Parameterize,
  ParamSpec,
  Value,
  ValueType,
  WorkspaceSpec,
} from './definition.ts'
import { countFault, evaluateText, type Fault, paramsOf } from './expression.ts'
import type { Problem } from './problem.ts'
import { at, isAbsent } from './reader.ts'
import type { Evaluator, Variables } from './sandbox.ts'
import { checkBinding } from './tekton/binding.ts'
import { textsIn, textsOf } from './texts.ts'
import { enumMismatch, typeMismatch } from './value.ts'

/** A Connector, as far as expressions and selection look at it; all of its fields are visible to expressions. */
export type ConnectorObject = {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: object
  readonly status?: object
}

export type Choice = {
  readonly definition: Definition
  /**
   * At least one; several where the definition merges Connectors. Their order is irrelevant: `connector` is the first
   * by namespace and name, and `connectors` names them in that order.
   */
  readonly connectors: readonly ConnectorObject[]
  /** Name to value, as the user gave it. */
  readonly params: Readonly<Record<string, unknown>>
}

/** In the order of the definition. What could not be found is left out and named in `problems`. */
export type Resolved = {
  readonly params: readonly { readonly name: string; readonly value: Value }[]
  readonly attributes: readonly ResolvedAttribute[]
  readonly workspaces: readonly ResolvedWorkspace[]
  readonly problems: readonly Problem[]
}

export type ResolvedAttribute = {
  readonly name: string
  readonly type: ValueType
  readonly value: Value
  readonly parameterize?: Parameterize
}

export type ResolvedWorkspace = {
  readonly name: string
  readonly mapping?: string
  readonly binding: Binding
}

type Context = {
  readonly variables: Variables
  readonly evaluator: Evaluator
  /** Params whose values are not known: what mentions them is left out, since their problem is named already. */
  readonly unknown: ReadonlySet<string>
  readonly problems: Problem[]
}

/** A problem's field is `params.<name>` or `connectors` for what was chosen, else a place in the definition. */
export function resolveInterface(
  { definition, connectors, params: given }: Choice,
  { evaluator }: { readonly evaluator: Evaluator },
): Resolved {
  const problems: Problem[] = [...connectorProblems(definition, connectors), ...strangers(definition, given)]
  const params = definition.params.flatMap(spec => {
    const found = resolveParam(spec, Object.hasOwn(given, spec.name) ? given[spec.name] : undefined)
    if ('value' in found) return [{ name: spec.name, value: found.value }]
    problems.push({ field: at('params', spec.name), ...found })
    return []
  })
  const known = new Set(params.map(({ name }) => name))
  const unknown = new Set(definition.params.map(({ name }) => name).filter(name => !known.has(name)))
  const sorted = [...connectors].sort(byNamespaceAndName)
  const [connector] = sorted
  const tooMany = countFault(
    textsOf(definition).map(({ text }) => text),
    evaluator,
  )
  if (tooMany) problems.push({ field: 'spec', ...tooMany })
  if (!connector || tooMany) return { params, attributes: [], workspaces: [], problems }
  const variables = {
    connector,
    params: Object.fromEntries(
      params.map(({ name, value }) => [name, value] as const).sort(([a], [b]) => compare(a, b)),
    ),
    connectors: sorted.map(keyOf).join(','),
  }
  const context: Context = { variables, evaluator, unknown, problems }
  return {
    params,
    attributes: definition.attributes.flatMap((spec, index) => resolveAttribute(spec, index, context)),
    workspaces: definition.workspaces.flatMap((spec, index) => resolveWorkspace(spec, index, context)),
    problems,
  }
}

function connectorProblems(definition: Definition, connectors: readonly ConnectorObject[]): Problem[] {
  const field = 'connectors'
  if (connectors.length === 0)
    return [{ field, reason: 'ConnectorRequired', message: 'must name a Connector' }]
  const keys = connectors.map(keyOf).sort(compare)
  const repeated = keys.find((key, index) => key === keys[index - 1])
  if (repeated !== undefined) {
    return [{ field, reason: 'Duplicate', message: `must name ${JSON.stringify(repeated)} once` }]
  }
  if (connectors.length === 1 || definition.mergesConnectors) return []
  const message = `must name one Connector: ResourceInterface ${JSON.stringify(definition.name)} merges none`
  return [{ field, reason: 'MergeNotAllowed', message }]
}

function strangers(definition: Definition, given: Choice['params']): Problem[] {
  const declared = definition.params.map(({ name }) => name)
  const message = `is no param of ResourceInterface ${JSON.stringify(definition.name)}: it has ${declared.join(', ') || 'none'}`
  return Object.keys(given)
    .filter(name => !declared.includes(name))
    .sort(compare)
    .map(name => ({ field: at('params', name), reason: 'UnknownParam', message }))
}

function resolveParam(spec: ParamSpec, given: unknown): { readonly value: Value } | Fault {
  const value = isAbsent(given) ? spec.default : given
  if (value === undefined) return { reason: 'Required', message: 'must be given: it has no default' }
  const found = checked(value, spec)
  return spec.type === 'object' && 'value' in found ? completed(found.value, spec) : found
}

/** As Tekton does it: keys that are not given come from the default, and all that are declared must be there. */
function completed(value: Value, spec: ParamSpec): { readonly value: Value } | Fault {
  const whole = { ...(spec.default as object | undefined), ...(value as object) }
  const missing = spec.properties?.filter(key => !Object.hasOwn(whole, key)) ?? []
  if (missing.length === 0) return { value: whole }
  const keys = missing.map(key => JSON.stringify(key)).join(', ')
  return { reason: 'Required', message: `must have the keys of the param: lacks ${keys}` }
}

function checked(value: unknown, spec: Pick<ParamSpec, 'type' | 'enum'>): { readonly value: Value } | Fault {
  const mismatch = typeMismatch(value, spec.type)
  if (mismatch !== undefined) return { reason: 'InvalidType', message: mismatch }
  const outside = enumMismatch(value as Value, spec.enum)
  return outside === undefined ? { value: value as Value } : { reason: 'NotInEnum', message: outside }
}

function resolveAttribute(spec: AttributeSpec, index: number, context: Context): ResolvedAttribute[] {
  const field = `spec.attributes[${index}].expression`
  const { name, type, parameterize } = spec
  const dependsOnUnknown = spec.dependsOn.some(one => context.unknown.has(one.replace(/^params\./, '')))
  if (dependsOnUnknown || mentionsUnknown(spec.expression ?? '', context)) return []
  const found =
    spec.expression === undefined ? { value: spec.default } : evaluateText(spec.expression, context)
  const usesDefault =
    'reason' in found && found.reason === 'ExpressionUndefined' && spec.default !== undefined
  const result = usesDefault ? { value: spec.default } : 'value' in found ? checked(found.value, spec) : found
  if ('value' in result) {
    const value = result.value as Value
    return [{ name, type, value, ...(parameterize === undefined ? {} : { parameterize }) }]
  }
  context.problems.push({ field, ...result })
  return []
}

function resolveWorkspace(spec: WorkspaceSpec, index: number, context: Context): ResolvedWorkspace[] {
  const field = `spec.workspaces[${index}].value`
  const texts = textsIn(spec.value, field)
  if (texts.some(({ text }) => mentionsUnknown(text, context))) return []
  const before = context.problems.length
  const binding = resolveJson(spec.value, field, context) as Binding
  if (context.problems.length === before) context.problems.push(...checkBinding(binding, field))
  if (context.problems.length > before) return []
  return [{ name: spec.name, ...(spec.mapping === undefined ? {} : { mapping: spec.mapping }), binding }]
}

function mentionsUnknown(text: string, { unknown, evaluator }: Context): boolean {
  return unknown.size > 0 && paramsOf(text, evaluator).some(name => unknown.has(name))
}

function resolveJson(value: Json, field: string, context: Context): Json {
  if (typeof value === 'string') {
    const found = evaluateText(value, context)
    if ('value' in found) return found.value as Json
    context.problems.push({ field, ...found })
    return value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return value.map((item, index) => resolveJson(item, `${field}[${index}]`, context))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveJson(item, at(field, key), context)]),
  )
}

/** `namespace/name`, or the name of a Connector whose namespace is understood. */
function keyOf({ metadata }: ConnectorObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
}

function byNamespaceAndName({ metadata: a }: ConnectorObject, { metadata: b }: ConnectorObject): number {
  return compare(a.namespace ?? '', b.namespace ?? '') || compare(a.name, b.name)
}

/** By code unit, which is the same everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
