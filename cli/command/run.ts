// connectors run: a Task or Pipeline and what somebody chose for it become a TaskRun or PipelineRun.
import { parse } from 'yaml'
import type { KubeObject } from '../../kube/object/objects.ts'
import type { Resource } from '../../kube/object/resources.ts'
import { type PipelineRun, pipelineRuns, type TaskRun, taskRuns } from '../../kube/object/tekton.ts'
import { systemClock } from '../../runtime/clock.ts'
import { parseCommandLine, usageError } from '../arguments.ts'
import { type Cluster, clusterHelp, clusterOptions, openCluster } from '../cluster.ts'
import { oneLine, printDocument, printLine, tell } from '../output.ts'
import { type GivenParam, parseParam } from '../param-values.ts'
import { reportProblems, reportWarnings } from '../problems.ts'
import { followRun } from '../run/follow.ts'
import { makeRun } from '../run/make-run.ts'
import { listenForStop } from '../stop-signal.ts'

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
  -o, --output yaml|json   how to print the run (default: yaml); not with --create
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
  output: { type: 'string', short: 'o' },
} as const

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine('run', args, options)
  const { output = 'yaml', task, pipeline } = values
  if (output !== 'yaml' && output !== 'json') {
    throw usageError('run', `"${output}" is no output format, yaml and json are`)
  }
  if ((task === undefined) === (pipeline === undefined)) {
    throw usageError('run', 'either --task or --pipeline says what to run')
  }
  if (values.watch && !values.create) throw usageError('run', '--watch goes with --create')
  if (values.create && values.output !== undefined) {
    throw usageError('run', '--output does not go with --create, which prints the name alone')
  }
  const wanted = {
    kind: task === undefined ? ('Pipeline' as const) : ('Task' as const),
    from: task ?? pipeline ?? '',
    connectors: (values.integration ?? []).map(text =>
      parsePair('--integration', 'NAMESPACE/CONNECTOR', text),
    ),
    params: (values.param ?? []).map(text => parseParam('run', text)),
    workspaces: parseWorkspaces(values.workspace ?? []),
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
    printDocument(made, output)
    return 0
  } finally {
    cluster.client.close()
  }
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
  printLine(`${title} created`)
  if (!follows) return 0

  const stop = listenForStop()
  try {
    const outcome = await followRun(resource, metadata, {
      client,
      clock: systemClock,
      signal: stop.signal,
      write: printLine,
    })
    for (const { name, value } of outcome.results) printLine(`result ${name}: ${JSON.stringify(value)}`)
    const end = outcome.succeeded ? 'succeeded' : 'failed'
    printLine(oneLine(`${title} ${end}: ${outcome.reason}: ${outcome.message}`))
    return outcome.succeeded ? 0 : 1
  } catch (error) {
    if (!stop.signal.aborted) throw error
    tell(`no longer following ${title}, which goes on`)
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

function parseWorkspaces(texts: readonly string[]): Readonly<Record<string, unknown>> {
  const bindings = texts.map(parseWorkspace)
  const names = bindings.map(([name]) => name)
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated === undefined) return Object.fromEntries(bindings)
  throw usageError('run', `--workspace ${JSON.stringify(repeated)} is given twice`)
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
