// What Tekton's webhook asks of the spec of a Pipeline that is embedded in a run.
import type { Json, ValueType } from '../definition.ts'
import { isFields } from '../reader.ts'
import { checkGraph } from './graph-rules.ts'
import { fieldOf, type JsonObject, listOf, textOf } from './json.ts'
import { isLabel, isLabelKey } from './kubernetes-name.ts'
import type { RunProblem } from './run-problem.ts'
import { checkShape } from './shape.ts'
import { pipelineShape } from './spec-shapes.ts'
import { checkNames, checkParamSpecs, checkTaskShape, checkUnique, visibleParams } from './task-rules.ts'
import { typeOfValue } from './value.ts'
import {
  checkArrayUse,
  checkDeclaredUse,
  checkHandedOn,
  textsOfStep,
  type VisibleParam,
} from './variable-rules.ts'

const whatRuns = ['taskRef', 'taskSpec', 'pipelineRef', 'pipelineSpec'] as const

export type RunParam = { readonly name: string; readonly value: Json }

export function checkPipelineSpec(
  spec: JsonObject,
  field: string,
  runParams: readonly RunParam[],
): readonly RunProblem[] {
  const tasks = (['tasks', 'finally'] as const).flatMap(section =>
    listOf(spec[section]).map((task, index) => ({ task, section, field: `${field}.${section}[${index}]` })),
  )
  const workspaces = new Set(listOf(spec['workspaces']).map(item => textOf(fieldOf(item, 'name'))))
  const problems = [
    ...checkShape(spec, pipelineShape, field),
    ...checkParamSpecs(spec['params'], `${field}.params`),
    ...checkWorkspaceNames(spec['workspaces'], `${field}.workspaces`),
    ...tasks.flatMap(({ task, field: place }) => checkTask(task, place, workspaces)),
    ...checkUnique(
      tasks.map(({ task }) => task),
      `${field}.tasks`,
    ),
    ...checkGraph(spec, field),
    ...checkSeen(spec, field, runParams),
  ]
  if (listOf(spec['tasks']).length === 0) {
    problems.push({ field: `${field}.tasks`, reason: 'Required', message: 'must have a task' })
  }
  return problems
}

function checkWorkspaceNames(list: unknown, field: string): RunProblem[] {
  return [
    ...checkUnique(list, field),
    ...listOf(list).flatMap((item, index): RunProblem[] => {
      const place = `${field}[${index}]`
      if (textOf(fieldOf(item, 'name')) === undefined) {
        return [{ field: `${place}.name`, reason: 'Required', message: 'must have a name' }]
      }
      return []
    }),
  ]
}

function checkTask(task: unknown, field: string, workspaces: ReadonlySet<string | undefined>): RunProblem[] {
  if (!isFields(task)) return []
  const problems: RunProblem[] = [...checkWhen(task['when'], `${field}.when`)]
  if (!isLabel(textOf(task['name']) ?? '')) {
    problems.push({ field: `${field}.name`, reason: 'InvalidName', message: 'must be a DNS label' })
  }
  const runs = whatRuns.filter(key => task[key] !== undefined && task[key] !== null)
  if (runs.length !== 1) {
    const message = 'must have exactly one of taskRef and taskSpec'
    problems.push({ field, reason: runs.length === 0 ? 'Required' : 'Invalid', message })
  }
  const reference = task['taskRef']
  const name = textOf(fieldOf(reference, 'name'))
  if (name !== undefined && !isLabelKey(name) && !textOf(fieldOf(reference, 'resolver'))) {
    problems.push({
      field: `${field}.taskRef.name`,
      reason: 'InvalidName',
      message: 'must be the name of a Task',
    })
  }
  if (
    reference !== undefined &&
    !textOf(fieldOf(reference, 'name')) &&
    !textOf(fieldOf(reference, 'resolver'))
  ) {
    problems.push({
      field: `${field}.taskRef.name`,
      reason: 'Required',
      message: 'must have a name or a resolver',
    })
  }
  problems.push(
    ...checkUnique(task['params'], `${field}.params`),
    ...checkUnique(task['workspaces'], `${field}.workspaces`),
  )
  for (const [index, used] of listOf(task['workspaces']).entries()) {
    const name = textOf(fieldOf(used, 'workspace')) ?? textOf(fieldOf(used, 'name'))
    if (workspaces.has(name)) continue
    const place = `${field}.workspaces[${index}]`
    problems.push({
      field: place,
      reason: 'UnknownReference',
      message: `must be of a workspace of the Pipeline: "${name ?? ''}" is none`,
    })
  }
  const spec = inlineSpec(task)
  return spec ? [...problems, ...checkTaskShape(withoutMetadata(spec), `${field}.taskSpec`)] : problems
}

function checkWhen(list: unknown, field: string): RunProblem[] {
  return listOf(list).flatMap((item, index): RunProblem[] => {
    if (textOf(fieldOf(item, 'cel')) !== undefined) return []
    const isKnown = ['in', 'notin'].includes(textOf(fieldOf(item, 'operator')) ?? '')
    const values = fieldOf(item, 'values')
    const hasValues = typeof values === 'string' || listOf(values).length > 0
    return [
      ...(isKnown
        ? []
        : [
            {
              field: `${field}[${index}].operator`,
              reason: 'Invalid',
              message: 'must be in or notin',
            } as const,
          ]),
      ...(hasValues
        ? []
        : [{ field: `${field}[${index}].values`, reason: 'Required', message: 'must be given' } as const]),
    ]
  })
}

/**
 * Tekton checks the steps of embedded tasks against the params of the run, of the Pipeline and of all its tasks
 * together, where the first of a name tells the type: two tasks can thus be in each other's way.
 */
function checkSeen(spec: JsonObject, field: string, runParams: readonly RunParam[]): RunProblem[] {
  const seen = new Map<string, Seen>()
  for (const { name, value } of runParams) seen.set(name, seenValue(name, value))
  for (const param of seenParams(spec['params'])) combine(seen, param)
  const tasks = listOf(spec['tasks'])
  const problems: RunProblem[] = []
  for (const [index, task] of tasks.entries()) {
    for (const entry of listOf(fieldOf(task, 'params'))) {
      const name = textOf(fieldOf(entry, 'name')) ?? ''
      const value = fieldOf(entry, 'value')
      const known = seen.get(name)
      if (!known) seen.set(name, seenValue(name, value))
      else if (typeOfValue(value) === 'object') {
        const keys = new Set([...(known.properties ?? []), ...Object.keys(value ?? {})])
        if (known.given === 'object' && known.properties) seen.set(name, { ...known, properties: keys })
        else problems.push(inTheWay(`${field}.tasks[${index}].params[${name}]`))
      }
    }
    for (const param of seenParams(inlineSpec(task)?.['params'])) {
      if (combine(seen, param)) continue
      problems.push(inTheWay(`${field}.tasks[${index}].taskSpec.params[${param.name}]`))
    }
  }
  const all = [...seen.values()]
  for (const [index, task] of tasks.entries()) {
    const place = `${field}.tasks[${index}]`
    for (const [at, step] of listOf(inlineSpec(task)?.['steps']).entries()) {
      const texts = textsOfStep(step, `${place}.taskSpec.steps[${at}]`)
      problems.push(...checkDeclaredUse(texts, all), ...checkArrayUse(texts, all))
    }
    if (inlineSpec(task)) problems.push(...checkNames(all, `${field}.params`))
    for (const entry of listOf(fieldOf(task, 'params'))) {
      const name = textOf(fieldOf(entry, 'name')) ?? ''
      problems.push(...checkHandedOn(fieldOf(entry, 'value'), `${place}.params[${name}]`, all))
    }
  }
  return [...problems, ...checkFinally(spec, field)]
}

/** Tasks in `finally` are not part of the webhook's check, but Tekton replaces nothing that is not there. */
function checkFinally(spec: JsonObject, field: string): RunProblem[] {
  const params = visibleParams(spec['params'])
  return listOf(spec['finally']).flatMap((task, index) =>
    listOf(fieldOf(task, 'params')).flatMap(entry => {
      const name = textOf(fieldOf(entry, 'name')) ?? ''
      return checkHandedOn(fieldOf(entry, 'value'), `${field}.finally[${index}].params[${name}]`, params)
    }),
  )
}

/** A param with the type of the value or default that it is seen with. */
type Seen = VisibleParam & { readonly given?: ValueType }

/** False where Tekton fails to. */
function combine(seen: Map<string, Seen>, param: Seen): boolean {
  const known = seen.get(param.name)
  if (!known) seen.set(param.name, param)
  else if (known.type === 'object' && !param.properties) return false
  else if (param.given === 'object' && known.given === undefined) return false
  else if (known.type === 'object' && param.properties)
    seen.set(param.name, { ...known, properties: param.properties })
  return true
}

function seenParams(list: unknown): readonly Seen[] {
  return listOf(list).flatMap(item => {
    const fallback = fieldOf(item, 'default') ?? undefined
    const given = fallback === undefined ? {} : { given: typeOfValue(fallback) }
    return visibleParams([item]).map(param => ({ ...param, ...given }))
  })
}

function seenValue(name: string, value: unknown): Seen {
  const type = typeOfValue(value)
  const properties = type === 'object' ? { properties: new Set(Object.keys(value ?? {})) } : {}
  return { name, type, given: type, ...properties }
}

function inlineSpec(task: unknown): JsonObject | undefined {
  const spec = fieldOf(task, 'taskSpec')
  return isFields(spec) && spec['apiVersion'] === undefined && spec['kind'] === undefined
    ? (spec as JsonObject)
    : undefined
}

/** A task in a Pipeline may have labels and annotations for its runs. */
function withoutMetadata(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => key !== 'metadata'))
}

function inTheWay(field: string): RunProblem {
  const message =
    'must be of the same type as other params of that name in the Pipeline: Tekton does not tell them apart'
  return { field, reason: 'Unsupported', message }
}
