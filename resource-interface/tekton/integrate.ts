// A Task or Pipeline, what its integrations declare and what somebody chose become a TaskRun or PipelineRun.
import type { Binding, Json, Value } from '../definition.ts'
import { nameOfType } from '../reader.ts'
import { type Integrations, parseIntegrations } from './annotation.ts'
import { checkBinding } from './binding.ts'
import { type RunChoices, readChoices } from './choices.ts'
import { chooseFor, type IntegrationChoice, type Surroundings } from './choose.ts'
import { type DeclaredParam, isComplete, parseRunDefinition, type RunDefinition } from './definition.ts'
import { type Filling, fillPlaces } from './fill.ts'
import { compareText, type JsonObject } from './json.ts'
import { checkPipelineSpec } from './pipeline-rules.ts'
import { buildRun, checkRunOptions, type RunOptions } from './run.ts'
import { type RunProblem, sortProblems } from './run-problem.ts'
import { hasResultReference, namesVariable } from './substitution.ts'
import { checkTaskSpec } from './task-rules.ts'
import { readValue, textsOf } from './value.ts'
import { wireTasks } from './wire.ts'

export type { RunChoices }

export type RunInput = ({ readonly task: unknown } | { readonly pipeline: unknown }) & {
  /** In place of the annotation: its text, or what it holds. */
  readonly declarations?: unknown
  readonly choices?: RunChoices
  readonly interfaces: Surroundings['definitions']
  readonly connectors: Surroundings['connectors']
  readonly classes: Surroundings['classes']
  /** Tasks that the Pipeline refers to by name, as far as they are known. */
  readonly tasks?: readonly unknown[]
  readonly options?: RunOptions
}

export type Integrated = {
  /** Absent when there is any problem. */
  readonly run?: JsonObject
  readonly problems: readonly RunProblem[]
  /** What could not be checked; the run is made all the same. */
  readonly warnings: readonly RunProblem[]
}

export function integrateRun(
  input: RunInput,
  { evaluator }: { readonly evaluator: Surroundings['evaluator'] },
): Integrated {
  const { options = {} } = input
  const { choices, problems: choiceProblems } = readChoices(input.choices)
  const problems: RunProblem[] = [...choiceProblems, ...checkRunOptions(options)]
  const parsed =
    'task' in input
      ? parseRunDefinition(input.task, { kind: 'Task' })
      : parseRunDefinition(input.pipeline, { kind: 'Pipeline', knownTasks: input.tasks ?? [] })
  problems.push(...parsed.problems)
  const { definition } = parsed
  if (!definition) return { problems: sortProblems(problems), warnings: [] }

  const declared = parseIntegrations(input.declarations ?? definition.annotation)
  problems.push(...declared.problems, ...unknownChoices(declared, choices))
  const namespace = options.namespace ?? definition.namespace
  const inOrder = [...declared.integrations].sort((a, b) => compareText(a.name, b.name))
  const chosen = inOrder.map(integration =>
    chooseFor(integration, choiceOf(choices, integration.name), {
      definitions: input.interfaces,
      connectors: input.connectors,
      classes: input.classes,
      ...(namespace === undefined ? {} : { namespace }),
      evaluator,
    }),
  )
  const { fillings, problems: placeProblems, warnings } = fillPlaces(definition, chosen)
  problems.push(...chosen.flatMap(item => item.problems), ...placeProblems)

  const own = new Map(fillings.filter(item => !item.target.task).map(item => [item.target.path, item]))
  // What is contested or misplaced has its problem; wiring it would only add to the noise.
  const ready = fillings.filter(item => item.chosen && item.content && item.target.task)
  const wired =
    problems.length === 0
      ? wireTasks(definition, ready, own)
      : { spec: definition.spec, params: new Map(), workspaces: new Map(), problems: [] }
  problems.push(...wired.problems)
  // Through which of its own the Pipeline would reach a task is only known once everything else is right.
  const isOpen = problems.length > 0 && fillings.some(item => item.chosen && item.target.task)

  const params = collectParams({ definition, choices, own, wired: wired.params, isOpen })
  const workspaces = collectWorkspaces({ definition, choices, own, wired: wired.workspaces, isOpen })
  problems.push(...params.problems, ...workspaces.problems)
  const built = { definition, spec: wired.spec, params: params.values, workspaces: workspaces.values }
  problems.push(...checkTogether(built), ...checkSpec(built, options))
  const sortedProblems = sortProblems(problems)
  const sortedWarnings = sortProblems([...warnings, ...variablesLeft(params.values)])
  if (sortedProblems.length > 0) return { problems: sortedProblems, warnings: sortedWarnings }
  const isChanged = wired.spec !== definition.spec
  return { run: buildRun({ ...built, isChanged }, options), problems: [], warnings: sortedWarnings }
}

type Built = {
  readonly definition: RunDefinition
  readonly spec: JsonObject
  readonly params: ReadonlyMap<string, Value>
  readonly workspaces: ReadonlyMap<string, Binding>
}

type Collecting<Content> = {
  readonly definition: RunDefinition
  readonly choices: RunChoices
  readonly own: ReadonlyMap<string, Filling>
  readonly wired: ReadonlyMap<string, Content>
  readonly isOpen: boolean
}

function collectParams({ definition, choices, own, wired, isOpen }: Collecting<Value>) {
  const problems: RunProblem[] = []
  const values = new Map<string, Value>(wired)
  const given = new Map(Object.entries(choices.params ?? {}))
  for (const name of given.keys()) {
    if (definition.params.some(param => param.name === name)) continue
    problems.push({
      field: `params[${name}]`,
      reason: 'UnknownParam',
      message: `is no param of the ${definition.kind}: it has ${named(definition.params)}`,
    })
  }
  for (const param of definition.params) {
    const field = `params[${param.name}]`
    const filling = own.get(`params.${param.name}`)
    const content = filling?.chosen && filling.content
    if (content && 'value' in content) values.set(param.name, content.value)
    if (given.has(param.name)) {
      const isFilled = filling?.chosen || wired.has(param.name)
      if (isFilled)
        problems.push({ field, reason: 'Duplicate', message: 'is filled by an integration already' })
      const { value, problem } = readGiven(param, given.get(param.name))
      if (problem) problems.push({ field, ...problem })
      if (value !== undefined && !isFilled) values.set(param.name, value)
    }
    const isSet = values.has(param.name) || given.has(param.name) || filling?.chosen
    if (isSet || isOpen) continue
    if (!param.hasDefault) problems.push({ field, reason: 'Required', message: requiredMessage(filling) })
    else if (!isComplete(param, {})) problems.push({ field, reason: 'Required', message: keysMessage(param) })
  }
  return { values, problems }
}

function collectWorkspaces({ definition, choices, own, wired, isOpen }: Collecting<Binding>) {
  const problems: RunProblem[] = []
  const values = new Map<string, Binding>(wired)
  const given = new Map(Object.entries(choices.workspaces ?? {}))
  for (const name of given.keys()) {
    if (definition.workspaces.some(workspace => workspace.name === name)) continue
    problems.push({
      field: `workspaces[${name}]`,
      reason: 'UnknownReference',
      message: `is no workspace of the ${definition.kind}: it has ${named(definition.workspaces)}`,
    })
  }
  for (const { name, optional } of definition.workspaces) {
    const field = `workspaces[${name}]`
    const filling = own.get(`workspaces.${name}`)
    const content = filling?.chosen && filling.content
    if (content && 'binding' in content) values.set(name, content.binding)
    // Over what an integration binds, too: a cluster need not have the storage that an interface asks for.
    if (given.has(name)) values.set(name, given.get(name) as Binding)
    const isDone = values.has(name) || filling?.chosen || optional
    if (!isDone && !isOpen) problems.push({ field, reason: 'Required', message: requiredMessage(filling) })
  }
  for (const [name, binding] of values) problems.push(...checkBinding(binding, `workspaces[${name}]`))
  return { values, problems }
}

function readGiven(param: DeclaredParam, given: unknown) {
  const value = readValue(given, param.type)
  if (value === undefined) {
    const message = `must be of type ${param.type}: is ${nameOfType(given)}`
    return { problem: { reason: 'InvalidType', message } as const }
  }
  if (typeof value === 'string' && value !== '' && param.enum && !param.enum.includes(value)) {
    return {
      problem: { reason: 'NotInEnum', message: `must be one of ${param.enum.join(', ')}` } as const,
    }
  }
  if (!isComplete(param, value)) {
    return { problem: { reason: 'Required', message: keysMessage(param) } as const }
  }
  return { value }
}

function keysMessage({ properties }: DeclaredParam): string {
  return `must have the keys ${properties.join(', ')}`
}

function requiredMessage(filling: Filling | undefined): string {
  return filling
    ? `must be set, or a Connector chosen for the integration "${filling.integration}"`
    : 'must be set: it has no default'
}

function named(items: readonly { readonly name: string }[]): string {
  const names = items.map(({ name }) => name).sort(compareText)
  return names.join(', ') || 'none'
}

function unknownChoices({ integrations, ambiguous }: Integrations, choices: RunChoices): RunProblem[] {
  const known = new Set([...integrations.map(({ name }) => name), ...ambiguous])
  return Object.keys(choices.integrations ?? {})
    .filter(name => !known.has(name))
    .map(name => ({
      field: `integrations[${name}]`,
      reason: 'UnknownReference',
      message: `is no integration that is declared: there is ${named(integrations)}`,
    }))
}

function choiceOf({ integrations = {} }: RunChoices, name: string): IntegrationChoice | undefined {
  return Object.hasOwn(integrations, name) ? integrations[name] : undefined
}

/** Nothing quotes them: `$(context.taskRun.name)` is replaced in a value too, and `$(PATH)` in a step's environment. */
function variablesLeft(params: ReadonlyMap<string, Value>): RunProblem[] {
  return [...params]
    .filter(([, value]) => textsOf(value).some(namesVariable))
    .map(([name]) => ({
      field: `params[${name}]`,
      reason: 'Unsupported',
      message: 'holds $(...), which Tekton or Kubernetes may replace by something else',
    }))
}

/** What Tekton refuses in a run although each part of it is right. */
function checkTogether({ definition, params, workspaces }: Built): RunProblem[] {
  const problems: RunProblem[] = []
  // Tekton compares the params of a run, and the workspaces of a TaskRun, without regard to case.
  const names = [...params.keys()].map(name => `params[${name}]`)
  if (definition.kind === 'Task') names.push(...[...workspaces.keys()].map(name => `workspaces[${name}]`))
  const byLower = Map.groupBy(names, name => name.toLowerCase())
  for (const field of [...byLower.values()].filter(group => group.length > 1).flat()) {
    problems.push({
      field,
      reason: 'Duplicate',
      message: 'must differ from the others in more than case',
    })
  }
  if (definition.kind === 'Task') return problems
  for (const [name, value] of params) {
    if (!textsOf(value).some(hasResultReference)) continue
    const message = 'must not refer to the result of a task'
    problems.push({ field: `params[${name}]`, reason: 'Unsupported', message })
  }
  return problems
}

function checkSpec({ definition, spec, params }: Built, options: RunOptions): readonly RunProblem[] {
  // A Task or Pipeline in the cluster has passed these checks already.
  if (options.byReference && spec === definition.spec) return []
  const values = [...params]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => ({ name, value: value as Json }))
  return definition.kind === 'Task' ? checkTaskSpec(spec, 'spec') : checkPipelineSpec(spec, 'spec', values)
}
