// connectors run: a Task or Pipeline and what somebody chose for it become a TaskRun or PipelineRun.
import { parse, stringify } from 'yaml'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import type { KubeObject } from '../kube/objects.ts'
import type { Resource } from '../kube/resources.ts'
import { type PipelineRun, pipelineRuns, type TaskRun, taskRuns } from '../kube/tekton.ts'
import type { Definition } from '../resource-interface/definition.ts'
import { parseDefinition } from '../resource-interface/parse.ts'
import { createEvaluator } from '../resource-interface/sandbox.ts'
import {
  type Integration,
  integrationsAnnotation,
  parseIntegrations,
} from '../resource-interface/tekton/annotation.ts'
import { parseRunDefinition } from '../resource-interface/tekton/definition.ts'
import { integrateRun, type RunChoices } from '../resource-interface/tekton/integrate.ts'
import { systemClock } from '../runtime/clock.ts'
import { parseCommandLine, parseKey, usageError } from './arguments.ts'
import { readCatalog } from './catalog.ts'
import { type Cluster, clusterHelp, clusterOptions, openCluster } from './cluster.ts'
import { type GivenParam, paramValues, parseParam } from './param-values.ts'
import { reportProblems, reportWarnings } from './problems.ts'
import { followRun } from './run/follow.ts'
import { type RunSource, readRunSource } from './run/run-source.ts'
import { listenForStop } from './stop-signal.ts'

export const help = `Usage: connectors run --task|--pipeline FILE|NAME [--integration NAME=NAMESPACE/CONNECTOR...]
                     [--param NAME=VALUE...] [--workspace NAME=BINDING...] [OPTION...]

Makes a TaskRun or PipelineRun of a Task or Pipeline, of the integrations that it declares and of what is chosen for
them, and prints it. Everything that is wrong is said, one line each.

Options:
  --task FILE|NAME         the Task, from a file or from the cluster
  --pipeline FILE|NAME     the Pipeline, likewise; Tasks that it refers to may be in the same file
  -i, --integration NAME=NAMESPACE/CONNECTOR
                           the Connector of an integration; several with commas between them are merged
  -p, --param NAME=VALUE   a param of the Task or Pipeline, or INTEGRATION.PARAM=VALUE for one of an integration;
                           repeat a NAME for a list, write NAME.KEY=VALUE for a field of an object
  -w, --workspace NAME=BINDING
                           what to bind, in YAML as a run has it: '{persistentVolumeClaim: {claimName: c}}'; or emptyDir
  --serviceaccount NAME    who runs the steps, and so who uses the Connectors
  --name NAME              of the run (default: the API server makes one)
  --create                 create the run, and say its name
  --watch                  with --create: follow its steps to the end; the exit status is 1 when the run fails
  -o, --output yaml|json   how to print the run (default: yaml)
${clusterHelp}`

const options = {
  ...clusterOptions,
  task: { type: 'string' },
  pipeline: { type: 'string' },
  integration: { type: 'string', short: 'i', multiple: true },
  param: { type: 'string', short: 'p', multiple: true },
  workspace: { type: 'string', short: 'w', multiple: true },
  serviceaccount: { type: 'string' },
  name: { type: 'string' },
  create: { type: 'boolean', default: false },
  watch: { type: 'boolean', default: false },
  output: { type: 'string', short: 'o', default: 'yaml' },
} as const

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine('run', args, options)
  const { output, task, pipeline } = values
  if (output !== 'yaml' && output !== 'json') {
    throw usageError('run', `"${output}" is no output format, yaml and json are`)
  }
  if ((task === undefined) === (pipeline === undefined)) {
    throw usageError('run', 'either --task or --pipeline says what to run')
  }
  if (values.watch && !values.create) throw usageError('run', '--watch goes with --create')
  const wanted = {
    kind: task === undefined ? ('Pipeline' as const) : ('Task' as const),
    from: task ?? pipeline ?? '',
    connectors: (values.integration ?? []).map(text =>
      parsePair('--integration', 'NAMESPACE/CONNECTOR', text),
    ),
    params: (values.param ?? []).map(text => parseParam('run', text)),
    workspaces: Object.fromEntries((values.workspace ?? []).map(parseWorkspace)),
    namespace: values.namespace,
    serviceAccount: values.serviceaccount,
    name: values.name,
  }
  const cluster = await openCluster(values)
  try {
    const { run: made, problems, warnings } = await makeRun(wanted, cluster)
    reportWarnings(warnings)
    if (made === undefined) return reportProblems(problems)
    if (values.create) return await createRun(made, { cluster, follows: values.watch })
    process.stdout.write(
      output === 'json' ? `${JSON.stringify(made, null, 2)}\n` : stringify(made, { lineWidth: 0 }),
    )
    return 0
  } finally {
    cluster.client.close()
  }
}

type WantedRun = {
  readonly kind: RunSource['kind']
  readonly from: string
  readonly connectors: readonly GivenParam[]
  readonly params: readonly GivenParam[]
  readonly workspaces: Readonly<Record<string, unknown>>
  readonly namespace: string | undefined
  readonly serviceAccount: string | undefined
  readonly name: string | undefined
}

async function makeRun(wanted: WantedRun, cluster: Cluster) {
  const { client } = cluster
  const source = await readRunSource(wanted.from, { kind: wanted.kind, client, namespace: cluster.namespace })
  const namespace = wanted.namespace ?? source.object.metadata?.namespace ?? cluster.namespace
  const { integrations } = parseIntegrations(source.object.metadata?.annotations?.[integrationsAnnotation])
  const chosen = Map.groupBy(wanted.connectors, ({ name }) => name)
  const keysOf = (name: string) =>
    (chosen.get(name) ?? []).flatMap(({ value }) =>
      value.split(',').map(text => parseKey('run', text, namespace)),
    )
  const declared = integrations.flatMap(({ connectors }) => connectors.map(ref => ({ namespace, ...ref })))
  const keys = uniqueKeys([...[...chosen.keys()].flatMap(keysOf), ...declared])
  const [catalog, evaluator] = await Promise.all([readCatalog(client, keys), createEvaluator()])
  const interfaces = catalog.interfaces.flatMap(object => parseDefinition(object).definition ?? [])

  const names = new Set([...integrations.map(({ name }) => name), ...chosen.keys()])
  const { own, ofIntegration } = splitParams(wanted.params, names)
  const { definition } = parseRunDefinition(source.object, { kind: source.kind })
  const choices: RunChoices = {
    integrations: Object.fromEntries(
      [...names]
        .filter(name => chosen.has(name) || ofIntegration.has(name))
        .map(name => {
          const declaredParams = paramsOf(
            integrations.find(item => item.name === name),
            interfaces,
          )
          const params = paramValues(ofIntegration.get(name) ?? [], declaredParams)
          return [name, { connectors: keysOf(name), params }]
        }),
    ),
    params: paramValues(own, definition?.params ?? []),
    workspaces: wanted.workspaces,
  }
  const made = { namespace, byReference: source.isStored, ...named(wanted) }
  return integrateRun(
    {
      ...(source.kind === 'Task' ? { task: source.object } : { pipeline: source.object }),
      choices,
      interfaces,
      connectors: catalog.connectors,
      classes: catalog.classes,
      tasks: source.tasks,
      options: made,
    },
    { evaluator },
  )
}

function named({ name, serviceAccount }: WantedRun) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(serviceAccount === undefined ? {} : { serviceAccount }),
  }
}

function uniqueKeys(keys: readonly ObjectKey[]): readonly ObjectKey[] {
  return [...new Map(keys.map(key => [objectKey(key), key])).values()]
}

/** `code.revision` is the integration code's, unless there is no such integration. */
function splitParams(params: readonly GivenParam[], integrations: ReadonlySet<string>) {
  const own: GivenParam[] = []
  const ofIntegration = new Map<string, GivenParam[]>()
  for (const { name, value } of params) {
    const integration = name.slice(0, Math.max(0, name.indexOf('.')))
    if (!integrations.has(integration)) own.push({ name, value })
    else {
      const param = { name: name.slice(integration.length + 1), value }
      ofIntegration.set(integration, [...(ofIntegration.get(integration) ?? []), param])
    }
  }
  return { own, ofIntegration }
}

/** Of all interfaces that it may turn out to be: those of one category agree. */
function paramsOf(integration: Integration | undefined, interfaces: readonly Definition[]) {
  if (integration === undefined) return []
  const { name, category } = integration.interface
  return interfaces
    .filter(definition => (name === undefined ? definition.category === category : definition.name === name))
    .flatMap(({ params }) => params)
}

async function createRun(
  made: object,
  { cluster: { client }, follows }: { readonly cluster: Cluster; readonly follows: boolean },
): Promise<number> {
  const object = made as KubeObject
  const resource: Resource<TaskRun> | Resource<PipelineRun> =
    object.kind === 'TaskRun' ? taskRuns : pipelineRuns
  const { metadata } = await client.create(resource as Resource, object)
  const title = `${resource.kind.toLowerCase()}.tekton.dev/${metadata.name}`
  process.stdout.write(`${title} created\n`)
  if (!follows) return 0

  const stop = listenForStop()
  try {
    const write = (line: string) => void process.stdout.write(`${line}\n`)
    const outcome = await followRun(resource, metadata, {
      client,
      clock: systemClock,
      signal: stop.signal,
      write,
    })
    for (const { name, value } of outcome.results) write(`result ${name}: ${JSON.stringify(value)}`)
    write(`${title} ${outcome.succeeded ? 'succeeded' : 'failed'}: ${outcome.reason}: ${outcome.message}`)
    return outcome.succeeded ? 0 : 1
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.stderr.write(`connectors: no longer following ${title}, which goes on\n`)
    return stop.status()
  } finally {
    stop.dispose()
  }
}

function parsePair(option: string, form: string, text: string): GivenParam {
  const mark = text.indexOf('=')
  if (mark > 0 && mark < text.length - 1) return { name: text.slice(0, mark), value: text.slice(mark + 1) }
  throw usageError('run', `${option} ${JSON.stringify(text)} is no NAME=${form}`)
}

function parseWorkspace(text: string): [string, unknown] {
  const { name, value } = parsePair('--workspace', 'BINDING', text)
  if (value === 'emptyDir') return [name, { emptyDir: {} }]
  try {
    return [name, parse(value, { logLevel: 'error' })]
  } catch {
    throw usageError('run', `--workspace ${JSON.stringify(text)} is no binding in YAML`)
  }
}
