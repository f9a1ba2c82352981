// A Task or Pipeline as somebody wrote it: what it declares, and the spec itself.
import type { Value, ValueType } from '../definition.ts'
import { isFields } from '../reader.ts'
import { integrationsAnnotation } from './annotation.ts'
import { copyJson, fieldOf, type JsonObject, listOf, textOf } from './json.ts'
import { isSubdomain, longestName } from './kubernetes-name.ts'
import type { RunProblem } from './run-problem.ts'
import { readValue, typeOfValue } from './value.ts'

export type RunKind = 'Task' | 'Pipeline'

export type DeclaredParam = {
  readonly name: string
  readonly type: ValueType
  readonly hasDefault: boolean
  /** Keys of an object that the default gives. */
  readonly defaultKeys: readonly string[]
  /** Keys that an object must have. */
  readonly properties: readonly string[]
  readonly enum?: readonly string[]
}

export type DeclaredWorkspace = { readonly name: string; readonly optional: boolean }

export type PipelineTask = {
  readonly section: 'tasks' | 'finally'
  readonly index: number
  readonly name: string
  /** What it is known to take; undefined when what it refers to is not at hand. */
  readonly declares?: Declarations
  /** What the Pipeline sets. */
  readonly params: readonly { readonly name: string; readonly value: unknown }[]
  readonly workspaces: readonly { readonly name: string; readonly workspace: string }[]
  readonly matrix: readonly string[]
}

export type Declarations = {
  readonly params: readonly DeclaredParam[]
  readonly workspaces: readonly DeclaredWorkspace[]
}

export type RunDefinition = Declarations & {
  readonly kind: RunKind
  readonly name?: string
  readonly namespace?: string
  /** Of the integrations annotation. */
  readonly annotation: unknown
  readonly spec: JsonObject
  /** Of a Pipeline. */
  readonly tasks: readonly PipelineTask[]
}

export type ParsedDefinition = {
  readonly definition?: RunDefinition
  readonly problems: readonly RunProblem[]
}

/** `knownTasks`: Tasks that a Pipeline may refer to, in any order; of several with one name the first counts. */
export function parseRunDefinition(
  object: unknown,
  { kind, knownTasks = [] }: { readonly kind: RunKind; readonly knownTasks?: readonly unknown[] },
): ParsedDefinition {
  const problems: RunProblem[] = []
  if (!isFields(object)) return { problems: [invalid('', `must be a ${kind}`)] }
  if (object['kind'] !== kind) problems.push(invalid('kind', `must be ${kind}`))
  if (object['apiVersion'] !== 'tekton.dev/v1') {
    problems.push({ field: 'apiVersion', reason: 'Unsupported', message: 'must be tekton.dev/v1' })
  }
  const metadata = fieldOf(object, 'metadata')
  const spec = copyJson(fieldOf(object, 'spec'))
  if (!isFields(spec)) return { problems: [...problems, required('spec', `must be the spec of a ${kind}`)] }

  const name = textOf(fieldOf(metadata, 'name'))
  if (name !== undefined && !(isSubdomain(name) && name.length <= longestName)) {
    problems.push({
      field: 'metadata.name',
      reason: 'InvalidName',
      message: `must be a DNS name of at most ${longestName} characters`,
    })
  }
  const namespace = textOf(fieldOf(metadata, 'namespace'))
  const json = spec as JsonObject
  const tasks = kind === 'Pipeline' ? readTasks(json, tasksByName(knownTasks)) : []
  const definition: RunDefinition = {
    kind,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    annotation: fieldOf(fieldOf(metadata, 'annotations'), integrationsAnnotation),
    spec: json,
    ...readDeclarations(json),
    tasks,
  }
  return { definition, problems }
}

function readDeclarations(spec: unknown): Declarations {
  return {
    params: listOf(fieldOf(spec, 'params')).flatMap(readParam),
    workspaces: listOf(fieldOf(spec, 'workspaces')).flatMap(item => {
      const name = textOf(fieldOf(item, 'name'))
      return name === undefined ? [] : [{ name, optional: fieldOf(item, 'optional') === true }]
    }),
  }
}

/** Whether an object has all the keys that it must have, with those that the default gives. */
export function isComplete(param: DeclaredParam, value: Value): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return true
  const given = new Set([...Object.keys(value), ...param.defaultKeys])
  return param.properties.every(key => given.has(key))
}

function readParam(item: unknown): DeclaredParam[] {
  const name = textOf(fieldOf(item, 'name'))
  if (name === undefined) return []
  const properties = fieldOf(item, 'properties')
  const fallback = fieldOf(item, 'default') ?? undefined
  const allowed = readValue(fieldOf(item, 'enum'), 'array')
  return [
    {
      name,
      type: readType(fieldOf(item, 'type'), properties, fallback),
      hasDefault: fallback !== undefined,
      defaultKeys: isFields(fallback) ? Object.keys(fallback) : [],
      properties: isFields(properties) ? Object.keys(properties) : [],
      ...(Array.isArray(allowed) && allowed.length > 0 ? { enum: allowed } : {}),
    },
  ]
}

function readType(type: unknown, properties: unknown, fallback: unknown): ValueType {
  if (type === 'string' || type === 'array' || type === 'object') return type
  return isFields(properties) ? 'object' : typeOfValue(fallback)
}

function readTasks(spec: JsonObject, known: ReadonlyMap<string, Declarations>): PipelineTask[] {
  return (['tasks', 'finally'] as const).flatMap(section =>
    listOf(fieldOf(spec, section)).flatMap((item, index) => {
      const name = textOf(fieldOf(item, 'name'))
      if (name === undefined) return []
      const declares = declarationsOf(item, known)
      const task: PipelineTask = {
        section,
        index,
        name,
        ...(declares ? { declares } : {}),
        params: readSetParams(fieldOf(item, 'params')),
        workspaces: listOf(fieldOf(item, 'workspaces')).flatMap(entry => {
          const workspace = textOf(fieldOf(entry, 'name'))
          if (workspace === undefined) return []
          return [{ name: workspace, workspace: textOf(fieldOf(entry, 'workspace')) ?? workspace }]
        }),
        matrix: readMatrix(fieldOf(item, 'matrix')),
      }
      return [task]
    }),
  )
}

function declarationsOf(item: unknown, known: ReadonlyMap<string, Declarations>): Declarations | undefined {
  for (const key of ['taskSpec', 'pipelineSpec']) {
    const spec = fieldOf(item, key)
    // With an apiVersion it is a custom task, whose params nobody here knows.
    if (isFields(spec) && spec['apiVersion'] === undefined) return readDeclarations(spec)
  }
  const ref = fieldOf(item, 'taskRef')
  const name = textOf(fieldOf(ref, 'name'))
  const isTask =
    [undefined, 'Task'].includes(textOf(fieldOf(ref, 'kind'))) && !textOf(fieldOf(ref, 'apiVersion'))
  return name !== undefined && isTask && !textOf(fieldOf(ref, 'resolver')) ? known.get(name) : undefined
}

function tasksByName(objects: readonly unknown[]): ReadonlyMap<string, Declarations> {
  const known = new Map<string, Declarations>()
  for (const object of objects) {
    const name = textOf(fieldOf(fieldOf(object, 'metadata'), 'name'))
    if (name === undefined || known.has(name)) continue
    known.set(name, readDeclarations(fieldOf(object, 'spec')))
  }
  return known
}

/** Names of the params that a matrix sets. */
export function readMatrix(matrix: unknown): string[] {
  const lists = [
    fieldOf(matrix, 'params'),
    ...listOf(fieldOf(matrix, 'include')).map(item => fieldOf(item, 'params')),
  ]
  return lists.flatMap(list => readSetParams(list).map(({ name }) => name))
}

export function readSetParams(list: unknown): { name: string; value: unknown }[] {
  return listOf(list).flatMap(entry => {
    const name = textOf(fieldOf(entry, 'name'))
    return name === undefined ? [] : [{ name, value: fieldOf(entry, 'value') }]
  })
}

function invalid(field: string, message: string): RunProblem {
  return { field, reason: 'Invalid', message }
}

function required(field: string, message: string): RunProblem {
  return { field, reason: 'Required', message }
}
