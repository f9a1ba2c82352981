// Which params and workspaces the integrations fill, and whether they are there to be filled.
import type { Binding, Parameterize, Value, ValueType } from '../definition.ts'
import type { Mapping } from './annotation.ts'
import type { Chosen } from './choose.ts'
import type { DeclaredParam, PipelineTask, RunDefinition } from './definition.ts'
import { isComplete } from './definition.ts'
import { ownTarget, type Target } from './ref-path.ts'
import type { RunProblem } from './run-problem.ts'
import { wholeReference } from './substitution.ts'
import { typeOfValue } from './value.ts'

/** One attribute or workspace of an integration on its way to one place. */
export type Filling = {
  readonly integration: string
  /** Of the attribute or workspace. */
  readonly name: string
  readonly target: Target
  readonly field: string
  /** False when no Connector is chosen for the integration. */
  readonly chosen: boolean
  /** Absent when it could not be found, which has a problem of its own. */
  readonly content?:
    | { readonly value: Value; readonly type: ValueType; readonly parameterize?: Parameterize }
    | { readonly binding: Binding }
}

export type Fillings = {
  readonly fillings: readonly Filling[]
  readonly problems: readonly RunProblem[]
  /** What cannot be checked here and does no harm if it is wrong. */
  readonly warnings: readonly RunProblem[]
}

type Found = {
  readonly type?: ValueType
  readonly param?: DeclaredParam
  readonly problem?: Omit<RunProblem, 'field'>
  readonly warning?: Omit<RunProblem, 'field'>
}

export function fillPlaces(definition: RunDefinition, all: readonly Chosen[]): Fillings {
  const problems: RunProblem[] = []
  const warnings: RunProblem[] = []
  const fillings: Filling[] = []
  for (const chosen of all) {
    for (const what of ['attributes', 'workspaces'] as const) {
      for (const mapping of chosen.integration[what]) {
        const field = `integrations[${chosen.integration.name}].${what}[${mapping.name}]`
        const offered = offeredBy(chosen, what, mapping)
        if (offered.unknown) problems.push({ field: `${field}.name`, ...offered.unknown })
        for (const target of mapping.targets ?? usualTargets(chosen, what, mapping)) {
          const place = `${field}.refPath[${target.path}]`
          const found = findPlace(definition, target)
          if (found.problem) problems.push({ field: place, ...found.problem })
          if (found.warning) warnings.push({ field: place, ...found.warning })
          const mismatch = mismatchOf(offered, found)
          if (mismatch) problems.push({ field: place, ...mismatch })
          fillings.push({
            integration: chosen.integration.name,
            name: mapping.name,
            target,
            field: place,
            chosen: !chosen.skipped,
            ...(offered.content ? { content: offered.content } : {}),
          })
        }
      }
    }
  }
  return { fillings, problems: [...problems, ...contested(fillings)], warnings }
}

/** Where the interface means an attribute or a workspace to go. */
function usualTargets(
  { definition }: Chosen,
  what: 'attributes' | 'workspaces',
  { name }: Mapping,
): readonly Target[] {
  if (what === 'workspaces') {
    const workspace = definition?.workspaces.find(item => item.name === name)
    return workspace ? [ownTarget('workspaces', workspace.mapping ?? name)] : []
  }
  const attribute = definition?.attributes.find(item => item.name === name)
  return attribute ? [ownTarget('params', attribute.parameterize?.name ?? name)] : []
}

type Offered = {
  readonly type?: ValueType
  readonly content?: NonNullable<Filling['content']>
  readonly unknown?: Omit<RunProblem, 'field'>
}

function offeredBy(
  { definition, resolved }: Chosen,
  what: 'attributes' | 'workspaces',
  { name }: Mapping,
): Offered {
  const declared = definition?.[what].find(item => item.name === name)
  if (definition && !declared) {
    const kind = what === 'attributes' ? 'attribute' : 'workspace'
    const message = `is no ${kind} of ResourceInterface "${definition.name}"`
    return { unknown: { reason: 'UnknownReference', message } }
  }
  if (what === 'workspaces') {
    const workspace = resolved?.workspaces.find(item => item.name === name)
    return workspace ? { content: { binding: workspace.binding } } : {}
  }
  const type = definition?.attributes.find(item => item.name === name)?.type
  const attribute = resolved?.attributes.find(item => item.name === name)
  if (!attribute) return type === undefined ? {} : { type }
  const { value, parameterize } = attribute
  return {
    type: attribute.type,
    content: { value, type: attribute.type, ...(parameterize ? { parameterize } : {}) },
  }
}

function findPlace(definition: RunDefinition, target: Target): Found {
  if (!target.task) return findDeclared(definition, target, `the ${definition.kind}`)
  const { section, name } = target.task
  const task = definition.tasks.find(item => item.section === section && item.name === name)
  if (!task) return missing(`must name a task of the ${definition.kind}: there is no "${name}" in ${section}`)
  if (task.matrix.includes(target.name) && target.what === 'params') {
    return { problem: { reason: 'Unsupported', message: 'is set by the matrix of the task' } }
  }
  if (task.declares) return findDeclared(task.declares, target, `the task "${name}"`)
  if (target.what === 'workspaces') {
    return task.workspaces.some(item => item.name === target.name) ? {} : uncertain(task)
  }
  const set = task.params.find(item => item.name === target.name)
  return set ? typeOfSet(definition, set.value) : uncertain(task)
}

function findDeclared(
  declares: Pick<RunDefinition, 'params' | 'workspaces'>,
  target: Target,
  owner: string,
): Found {
  if (target.what === 'workspaces') {
    const workspace = declares.workspaces.some(item => item.name === target.name)
    return workspace ? {} : missing(`is no workspace of ${owner}`)
  }
  const param = declares.params.find(item => item.name === target.name)
  return param ? { type: param.type, param } : missing(`is no param of ${owner}`)
}

/** What a Pipeline gives a task tells the type, unless it is the result of another task. */
function typeOfSet(definition: RunDefinition, value: unknown): Found {
  const reference = wholeReference(value)
  if (reference === undefined) {
    const isVariable = typeof value === 'string' && value.startsWith('$(')
    return isVariable ? {} : { type: typeOfValue(value) }
  }
  const param = definition.params.find(item => item.name === reference)
  return param ? { type: param.type } : {}
}

function mismatchOf(offered: Offered, { type, param }: Found): Omit<RunProblem, 'field'> | undefined {
  if (offered.type === undefined || type === undefined) return undefined
  if (offered.type !== type) {
    return {
      reason: 'InvalidType',
      message: `must be of type ${offered.type}, as the attribute is: it is of type ${type}`,
    }
  }
  const value = offered.content && 'value' in offered.content ? offered.content.value : undefined
  if (param === undefined || value === undefined) return undefined
  if (!isComplete(param, value)) return { reason: 'Required', message: 'needs keys that the attribute lacks' }
  const isListed = typeof value !== 'string' || value === '' || !param.enum || param.enum.includes(value)
  return isListed ? undefined : { reason: 'NotInEnum', message: 'allows other values only' }
}

function contested(fillings: readonly Filling[]): RunProblem[] {
  const byPath = Map.groupBy(fillings, ({ target }) => target.path)
  return [...byPath.values()]
    .filter(group => group.length > 1)
    .flatMap(group =>
      group.map(({ field, target }) => ({
        field,
        reason: 'Duplicate' as const,
        message: `must be the only ${target.what === 'params' ? 'attribute' : 'workspace'} there: ${group.length} go to one place`,
      })),
    )
}

function missing(message: string): Found {
  return { problem: { reason: 'UnknownReference', message } }
}

function uncertain({ name }: PipelineTask): Found {
  const message = `cannot be checked: what the task "${name}" refers to is not at hand`
  return { warning: { reason: 'UnknownReference', message } }
}
