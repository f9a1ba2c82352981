// The TaskRun or PipelineRun itself.
import type { Binding, Json, Value } from '../definition.ts'
import type { RunDefinition } from './definition.ts'
import { compareText, type JsonObject } from './json.ts'
import { generateNameFrom, isLabelKey, isLabelValue, isSubdomain, longestName } from './kubernetes-name.ts'
import type { RunProblem } from './run-problem.ts'

export type RunOptions = {
  /** Otherwise the API server makes one from the name of the Task or Pipeline. */
  readonly name?: string
  /** Otherwise that of the Task or Pipeline, if it has one. */
  readonly namespace?: string
  readonly serviceAccount?: string
  readonly labels?: Readonly<Record<string, string>>
  /**
   * Refer to the Task or Pipeline by name instead of embedding its spec: it must be in the cluster. A Pipeline to
   * which params must be added is embedded all the same.
   */
  readonly byReference?: boolean
}

export function checkRunOptions({
  name,
  namespace,
  serviceAccount,
  labels = {},
}: RunOptions): readonly RunProblem[] {
  const problems: RunProblem[] = []
  const names = { 'metadata.name': name, 'metadata.namespace': namespace, serviceAccount }
  for (const [field, value] of Object.entries(names)) {
    const limit = field === 'serviceAccount' ? 253 : longestName
    if (value === undefined || (isSubdomain(value) && value.length <= limit)) continue
    problems.push({
      field,
      reason: 'InvalidName',
      message: `must be a DNS name of at most ${limit} characters`,
    })
  }
  for (const [key, value] of Object.entries(labels)) {
    const field = `metadata.labels[${key}]`
    if (!isLabelKey(key)) problems.push({ field, reason: 'InvalidName', message: 'is no key of a label' })
    else if (!isLabelValue(value))
      problems.push({ field, reason: 'Invalid', message: 'is no value of a label' })
  }
  return problems
}

export function buildRun(
  parts: {
    readonly definition: RunDefinition
    readonly spec: JsonObject
    readonly params: ReadonlyMap<string, Value>
    readonly workspaces: ReadonlyMap<string, Binding>
    /** The spec is no longer the one in the cluster. */
    readonly isChanged: boolean
  },
  options: RunOptions,
): JsonObject {
  const { definition, spec } = parts
  const isTask = definition.kind === 'Task'
  const refers = options.byReference === true && definition.name !== undefined && !parts.isChanged
  const kind = isTask ? 'task' : 'pipeline'
  const source: JsonObject = refers
    ? { [`${kind}Ref`]: { name: definition.name ?? '' } }
    : { [`${kind}Spec`]: spec }
  const params = sorted(parts.params).map(([name, value]) => ({ name, value: value as Json }))
  const workspaces = sorted(parts.workspaces).map(([name, binding]) => ({ name, ...binding }))
  const account =
    options.serviceAccount === undefined ? undefined : { serviceAccountName: options.serviceAccount }
  return {
    apiVersion: 'tekton.dev/v1',
    kind: isTask ? 'TaskRun' : 'PipelineRun',
    metadata: metadataOf(definition, options),
    spec: {
      ...(account && (isTask ? account : { taskRunTemplate: account })),
      ...source,
      ...(params.length > 0 ? { params } : {}),
      ...(workspaces.length > 0 ? { workspaces } : {}),
    },
  }
}

function metadataOf(definition: RunDefinition, { name, namespace, labels = {} }: RunOptions): JsonObject {
  const place = namespace ?? definition.namespace
  const base = definition.name ?? definition.kind.toLowerCase()
  return {
    ...(name === undefined ? { generateName: generateNameFrom(base) } : { name }),
    ...(place === undefined ? {} : { namespace: place }),
    ...(Object.keys(labels).length > 0
      ? { labels: Object.fromEntries(sorted(new Map(Object.entries(labels)))) }
      : {}),
  }
}

function sorted<Content>(map: ReadonlyMap<string, Content>): [string, Content][] {
  return [...map].sort(([a], [b]) => compareText(a, b))
}
