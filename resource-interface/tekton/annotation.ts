// The annotation in which a Task or Pipeline says what it can take: a list of integrations, as YAML or JSON.
import { parse } from 'yaml'
import type { Value } from '../definition.ts'
import { isFields } from '../reader.ts'
import type { InterfaceRef } from '../select.ts'
import { fieldOf, textOf } from './json.ts'
import { ownTarget, parseRefPath, type Target } from './ref-path.ts'
import { type RunProblem, sortProblems } from './run-problem.ts'
import { readAnyValue } from './value.ts'

export const integrationsAnnotation = 'integrations.tekton.dev/integrations'

/** Without a namespace: the Connector of the run's own. */
export type ConnectorRef = { readonly name: string; readonly namespace?: string }

export type IntegrationParam = {
  readonly name: string
  readonly value?: Value
  readonly setAtRuntime: boolean
}

/** An attribute or a workspace of the interface, and where it goes. */
export type Mapping = {
  readonly name: string
  /** Undefined when nothing is said: then where the interface means it to go. */
  readonly targets: readonly Target[] | undefined
}

export type Integration = {
  readonly name: string
  readonly interface: InterfaceRef
  /** The default; the final word when `setAtRuntime` is false. */
  readonly connectors: readonly ConnectorRef[]
  readonly setAtRuntime: boolean
  readonly params: readonly IntegrationParam[]
  readonly attributes: readonly Mapping[]
  readonly workspaces: readonly Mapping[]
}

export type Integrations = {
  readonly integrations: readonly Integration[]
  /** Named more than once: reported, and left out of `integrations`. */
  readonly ambiguous: readonly string[]
  readonly problems: readonly RunProblem[]
}

// It becomes part of param names, and stands before the dot in `--param code.revision=main`.
const integrationName = /^[A-Za-z_][A-Za-z0-9_-]*$/

/** `source`: the annotation's text, or what it holds. Absent is an empty list. */
export function parseIntegrations(source: unknown): Integrations {
  const none = { integrations: [], ambiguous: [] }
  if (source === undefined || source === null || source === '') return { ...none, problems: [] }
  let list = source
  if (typeof source === 'string') {
    try {
      list = parse(source, { merge: true, logLevel: 'error' })
    } catch (error) {
      const cause = (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '')
      return {
        ...none,
        problems: [problem('integrations', 'Invalid', `cannot be read as YAML: ${cause}`)],
      }
    }
  }
  if (list === null || list === undefined) return { ...none, problems: [] }
  if (!Array.isArray(list)) {
    return {
      ...none,
      problems: [problem('integrations', 'InvalidType', 'must be a list of integrations')],
    }
  }
  const problems: RunProblem[] = []
  const named = list.flatMap((item, index) => readNamed(item, `integrations[${index}]`, problems))
  const { unique, ambiguous } = splitUnique(named, 'integrations', problems)
  const integrations = unique.flatMap(([name, item]) => {
    const field = `integrations[${name}]`
    if (integrationName.test(name)) return [readIntegration(item, { name, field, problems })]
    problems.push(
      problem(`${field}.name`, 'InvalidName', 'must begin with a letter and hold letters, digits, - and _'),
    )
    return []
  })
  return { integrations, ambiguous, problems: sortProblems(problems) }
}

type Place = { readonly name: string; readonly field: string; readonly problems: RunProblem[] }

function readIntegration(item: unknown, { name, field, problems }: Place): Integration {
  const configuration = fieldOf(item, 'configuration')
  return {
    name,
    interface: readInterface(fieldOf(item, 'interface'), `${field}.interface`, problems),
    ...(configuration === undefined || configuration === null
      ? readConnectorRef(fieldOf(item, 'connectorRef'), `${field}.connectorRef`, problems)
      : readConfiguration(configuration, `${field}.configuration`, problems)),
    params: readList(item, 'params', { field, problems }).map(([param, entry]) =>
      readParam(entry, { name: param, field: `${field}.params[${param}]`, problems }),
    ),
    attributes: readMappings(item, 'attributes', { field, problems }),
    workspaces: readMappings(item, 'workspaces', { field, problems }),
  }
}

function readInterface(value: unknown, field: string, problems: RunProblem[]): InterfaceRef {
  const name = textOf(fieldOf(value, 'name'))
  const category = textOf(fieldOf(value, 'category'))
  if (name === undefined && category === undefined) {
    problems.push(problem(field, 'Required', 'must have a name or a category'))
  }
  // A name says more than its category.
  return name !== undefined ? { name } : category !== undefined ? { category } : {}
}

function readConnectorRef(value: unknown, field: string, problems: RunProblem[]) {
  if (value === undefined || value === null) return { connectors: [], setAtRuntime: true }
  const setAtRuntime = readFlag(value, field, problems)
  const connector = readConnector(value, field, problems)
  // Where nothing is named, there is nothing to keep.
  return { connectors: connector ? [connector] : [], setAtRuntime: setAtRuntime || connector === undefined }
}

function readConfiguration(value: unknown, field: string, problems: RunProblem[]) {
  const setAtRuntime = readFlag(value, field, problems)
  const list = fieldOf(value, 'connectors') ?? []
  if (!Array.isArray(list)) problems.push(problem(`${field}.connectors`, 'InvalidType', 'must be a list'))
  const connectors = (Array.isArray(list) ? list : []).flatMap((item, index) => {
    const place = `${field}.connectors[${index}]`
    const connector = readConnector(item, place, problems)
    if (connector === undefined && isFields(item))
      problems.push(problem(`${place}.name`, 'Required', 'must have a name'))
    return connector ? [connector] : []
  })
  return { connectors, setAtRuntime: setAtRuntime || connectors.length === 0 }
}

function readConnector(value: unknown, field: string, problems: RunProblem[]): ConnectorRef | undefined {
  if (!isFields(value)) {
    problems.push(problem(field, 'InvalidType', 'must be an object with the name of a Connector'))
    return undefined
  }
  for (const key of ['name', 'namespace']) {
    const part = fieldOf(value, key)
    if (part === undefined || part === null || typeof part === 'string') continue
    problems.push(problem(`${field}.${key}`, 'InvalidType', 'must be a string'))
  }
  const name = textOf(fieldOf(value, 'name'))
  const namespace = textOf(fieldOf(value, 'namespace'))
  if (name === undefined) return undefined
  return namespace === undefined ? { name } : { name, namespace }
}

function readParam(entry: unknown, { name, field, problems }: Place): IntegrationParam {
  const setAtRuntime = readFlag(entry, field, problems)
  const given = fieldOf(entry, 'value')
  if (given === undefined || given === null) return { name, setAtRuntime: true }
  const value = readAnyValue(given)
  if (value !== undefined) return { name, value, setAtRuntime }
  problems.push(
    problem(`${field}.value`, 'InvalidType', 'must be a string, or a list or map of strings: quote it'),
  )
  return { name, setAtRuntime }
}

function readMappings(
  item: unknown,
  key: 'attributes' | 'workspaces',
  { field, problems }: Omit<Place, 'name'>,
): Mapping[] {
  const what = key === 'attributes' ? 'params' : 'workspaces'
  const short = key === 'attributes' ? 'param' : 'workspace'
  return readList(item, key, { field, problems }).map(([name, entry]) => {
    const place = `${field}.${key}[${name}]`
    const paths = fieldOf(entry, 'refPath') ?? []
    const targets = (Array.isArray(paths) ? paths : [paths]).flatMap(path =>
      readTarget(path, { what, field: `${place}.refPath`, problems }),
    )
    const single = fieldOf(entry, short)
    const isSaid = !Array.isArray(paths) || paths.length > 0 || (single !== undefined && single !== null)
    if (single !== undefined && single !== null) {
      targets.push(...readTarget(single, { what, field: `${place}.${short}`, problems, bare: true }))
    }
    const unique = new Map(targets.map(target => [target.path, target]))
    if (unique.size < targets.length) problems.push(problem(place, 'Duplicate', 'names one place twice'))
    return { name, targets: isSaid ? [...unique.values()] : undefined }
  })
}

function readTarget(
  value: unknown,
  options: {
    readonly what: Target['what']
    readonly field: string
    readonly problems: RunProblem[]
    /** A name without `params.` or `workspaces.` will do. */
    readonly bare?: boolean
  },
): Target[] {
  const { what, field, problems } = options
  if (typeof value !== 'string') {
    problems.push(problem(field, 'InvalidType', 'must be a string'))
    return []
  }
  const target =
    parseRefPath(value) ?? (options.bare && !/[\s.[\]]|^$/.test(value) ? ownTarget(what, value) : undefined)
  if (target?.what === what) return [target]
  const wanted = `${what}.NAME, tasks.TASK.${what}.NAME or finally.TASK.${what}.NAME`
  problems.push(problem(`${field}[${value}]`, 'Invalid', `must be ${wanted}`))
  return []
}

/** The named items of a list, without those whose name is taken. */
function readList(
  item: unknown,
  key: string,
  { field, problems }: Omit<Place, 'name'>,
): readonly (readonly [name: string, item: unknown])[] {
  const list = fieldOf(item, key) ?? []
  if (!Array.isArray(list)) {
    problems.push(problem(`${field}.${key}`, 'InvalidType', 'must be a list'))
    return []
  }
  const named = list.flatMap((entry, index) => readNamed(entry, `${field}.${key}[${index}]`, problems))
  return splitUnique(named, `${field}.${key}`, problems).unique
}

function readNamed(item: unknown, field: string, problems: RunProblem[]): [string, unknown][] {
  const name = fieldOf(item, 'name')
  if (typeof name === 'string' && name !== '') return [[name, item]]
  problems.push(
    isFields(item)
      ? problem(`${field}.name`, 'Required', 'must have a name')
      : problem(field, 'InvalidType', 'must be an object with a name'),
  )
  return []
}

function splitUnique(named: readonly [string, unknown][], field: string, problems: RunProblem[]) {
  const counts = new Map<string, number>()
  for (const [name] of named) counts.set(name, (counts.get(name) ?? 0) + 1)
  const ambiguous = [...counts].filter(([, count]) => count > 1).map(([name]) => name)
  for (const name of ambiguous)
    problems.push(problem(`${field}[${name}].name`, 'Duplicate', 'must be unique'))
  return { unique: named.filter(([name]) => counts.get(name) === 1), ambiguous }
}

function readFlag(value: unknown, field: string, problems: RunProblem[]): boolean {
  const flag = fieldOf(value, 'setAtRuntime')
  if (flag === undefined || flag === null || typeof flag === 'boolean') return flag === true
  problems.push(problem(`${field}.setAtRuntime`, 'InvalidType', 'must be true or false'))
  return false
}

function problem(field: string, reason: RunProblem['reason'], message: string): RunProblem {
  return { field, reason, message }
}
