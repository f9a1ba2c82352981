// A second opinion on runs, written against Tekton's documentation and not against our code.
import { resolveInterface } from '../../../resource-interface/resolve.ts'
import type { Evaluator } from '../../../resource-interface/sandbox.ts'
import { parseIntegrations } from '../../../resource-interface/tekton/annotation.ts'
import type { RandomCase } from './random-runs.ts'

type Named = { readonly name: string; readonly [key: string]: unknown }
type Spec = {
  readonly params?: readonly (Named & {
    readonly type?: string
    readonly default?: unknown
    readonly properties?: object
  })[]
  readonly workspaces?: readonly (Named & { readonly optional?: boolean })[]
  readonly steps?: readonly object[]
  readonly tasks?: readonly TaskEntry[]
  readonly finally?: readonly TaskEntry[]
}
type TaskEntry = Named & {
  readonly taskSpec?: Spec
  readonly params?: readonly Named[]
  readonly workspaces?: readonly Named[]
}
type Run = {
  readonly kind: string
  readonly metadata: { readonly generateName?: string }
  readonly spec: {
    readonly taskSpec?: Spec
    readonly pipelineSpec?: Spec
    readonly params?: readonly Named[]
    readonly workspaces?: readonly Named[]
  }
}

const sources = [
  'volumeClaimTemplate',
  'persistentVolumeClaim',
  'emptyDir',
  'configMap',
  'secret',
  'projected',
  'csi',
]

export function runFaults(object: object, input: RandomCase): readonly string[] {
  const run = object as Run
  const faults: string[] = []
  const check = (isRight: boolean, fault: string) => {
    if (!isRight) faults.push(fault)
  }
  const spec = run.spec.taskSpec ?? run.spec.pipelineSpec
  check((run.kind === 'TaskRun') === 'task' in input, 'it is of the wrong kind')
  check(spec !== undefined, 'it embeds nothing')
  check(/^[a-z0-9][-.a-z0-9]{0,56}-$/.test(run.metadata.generateName ?? ''), 'its name cannot be completed')
  const params = new Map((run.spec.params ?? []).map(({ name, value }) => [name, value]))
  const workspaces = new Map((run.spec.workspaces ?? []).map(binding => [binding.name, binding]))
  check(params.size === (run.spec.params ?? []).length, 'it sets a param twice')
  check(workspaces.size === (run.spec.workspaces ?? []).length, 'it binds a workspace twice')
  for (const param of spec?.params ?? []) {
    const value = params.get(param.name)
    check(value !== undefined || param.default !== undefined, `it lacks ${param.name}`)
    if (value !== undefined)
      check(typeOf(value) === (param.type ?? 'string'), `${param.name} is of the wrong type`)
  }
  for (const name of params.keys())
    check(
      (spec?.params ?? []).some(param => param.name === name),
      `${name} is nowhere`,
    )
  for (const { name, optional } of spec?.workspaces ?? [])
    check(optional === true || workspaces.has(name), `${name} is not bound`)
  for (const [name, binding] of workspaces) {
    check(
      (spec?.workspaces ?? []).some(workspace => workspace.name === name),
      `${name} is no workspace`,
    )
    check(sources.filter(source => source in binding).length === 1, `${name} has not one source`)
  }
  const text = JSON.stringify(object)
  check(!/\{(connector|params|connectors)\b/.test(text), 'it holds an expression')
  return faults
}

/** For each place that an integration fills: the value that a step there would see, and the one that it should. */
export function arrivedValues(object: object, input: RandomCase, evaluator: Evaluator) {
  const run = object as Run
  const definition = ('task' in input ? input.task : input.pipeline) as {
    metadata: { annotations: Record<string, string> }
  }
  const { integrations } = parseIntegrations(Object.values(definition.metadata.annotations)[0])
  return integrations.flatMap(integration => {
    const choice = input.choices.integrations?.[integration.name]
    const refs = choice?.connectors?.length ? choice.connectors : integration.connectors
    const { name, category } = integration.interface
    const known = input.interfaces.find(item =>
      name === undefined ? item.category === category : item.name === name,
    )
    if (refs.length === 0 || !known) return []
    const connectors = input.connectors.filter(({ metadata }) => refs.some(ref => ref.name === metadata.name))
    const resolved = resolveInterface(
      { definition: known, connectors, params: choice?.params ?? {} },
      { evaluator },
    )
    return integration.attributes.flatMap(({ name: attribute, targets = [] }) =>
      targets.map(({ path }) => ({
        path,
        found: valueAt(run, path),
        expected: resolved.attributes.find(item => item.name === attribute)?.value,
      })),
    )
  })
}

function valueAt({ spec }: Run, path: string): unknown {
  const ofRun = (name: string) => spec.params?.find(param => param.name === name)?.['value']
  const [section, task, , ...rest] = path.split('.')
  if (section === 'params') return ofRun(path.slice('params.'.length))
  const tasks = (section === 'finally' ? spec.pipelineSpec?.finally : spec.pipelineSpec?.tasks) ?? []
  const set = tasks.find(({ name }) => name === task)?.params?.find(({ name }) => name === rest.join('.'))?.[
    'value'
  ]
  const text = Array.isArray(set) && set.length === 1 ? set[0] : set
  const reference = typeof text === 'string' ? /^\$\(params\.([^[.)]+)(\[\*\])?\)$/.exec(text) : null
  return reference ? ofRun(reference[1] ?? '') : set
}

function typeOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value
}
