// From the words of a command line to a run: what they mean is looked up in the cluster.
import { type ObjectKey, objectKey } from '../../connector/object.ts'
import type { Definition } from '../../resource-interface/definition.ts'
import { parseDefinition } from '../../resource-interface/parse.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import {
  type Integration,
  integrationsAnnotation,
  parseIntegrations,
} from '../../resource-interface/tekton/annotation.ts'
import type { IntegrationChoice } from '../../resource-interface/tekton/choose.ts'
import { parseRunDefinition } from '../../resource-interface/tekton/definition.ts'
import { integrateRun } from '../../resource-interface/tekton/integrate.ts'
import { parseKey } from '../arguments.ts'
import { emptyCatalog, readCatalog, unreadyConnectors } from '../catalog.ts'
import type { Cluster } from '../cluster.ts'
import { type GivenParam, paramValues } from '../param-values.ts'
import type { FoundProblem } from '../problems.ts'
import { type RunSource, readRunSource } from './run-source.ts'

export type WantedRun = {
  readonly kind: RunSource['kind']
  /** A file or a name. */
  readonly from: string
  /** Of integrations by name: `namespace/name`, several with commas. */
  readonly connectors: readonly GivenParam[]
  readonly params: readonly GivenParam[]
  /** Bindings by name. */
  readonly workspaces: Readonly<Record<string, unknown>>
  readonly namespace?: string | undefined
  readonly serviceAccount?: string | undefined
  readonly name?: string | undefined
}

/** The run is absent when there is any problem. */
export type MadeRun = {
  readonly run?: object
  readonly problems: readonly FoundProblem[]
  readonly warnings: readonly FoundProblem[]
}

export async function makeRun(wanted: WantedRun, cluster: Cluster): Promise<MadeRun> {
  const { client } = cluster
  const source = await readRunSource(wanted.from, { kind: wanted.kind, client, namespace: cluster.namespace })
  const { metadata } = source.object
  const namespace = wanted.namespace ?? metadata?.namespace ?? cluster.namespace
  const { integrations } = parseIntegrations(metadata?.annotations?.[integrationsAnnotation])
  const chosen = chosenConnectors(wanted.connectors, namespace)
  // A Connector that another is chosen for need not be readable, and nothing at all for a Task without integrations.
  const declared = integrations
    .filter(({ name, setAtRuntime }) => !(setAtRuntime && chosen.has(name)))
    .flatMap(({ connectors }) => connectors.map(ref => ({ namespace, ...ref })))
  const keys = new Map([...[...chosen.values()].flat(), ...declared].map(key => [objectKey(key), key]))
  const isAbout = integrations.length > 0 || keys.size > 0
  const [catalog, evaluator] = await Promise.all([
    isAbout ? readCatalog(client, [...keys.values()]) : emptyCatalog,
    createEvaluator(),
  ])
  const interfaces = catalog.interfaces.flatMap(object => parseDefinition(object).definition ?? [])

  const names = new Set([...integrations.map(({ name }) => name), ...chosen.keys()])
  const { own, ofIntegrations } = splitParams(wanted.params, names)
  const choiceOf = (name: string): IntegrationChoice => {
    const integration = integrations.find(item => item.name === name)
    const params = paramValues(ofIntegrations.get(name) ?? [], paramsOf(integration, interfaces))
    return { connectors: chosen.get(name) ?? [], params }
  }
  const chosenNames = [...names].filter(name => chosen.has(name) || ofIntegrations.has(name))
  const { definition } = parseRunDefinition(source.object, { kind: source.kind })
  const { name, serviceAccount } = wanted
  const made = integrateRun(
    {
      ...(source.kind === 'Task' ? { task: source.object } : { pipeline: source.object }),
      choices: {
        integrations: Object.fromEntries(chosenNames.map(name => [name, choiceOf(name)])),
        params: paramValues(own, definition?.params ?? []),
        workspaces: wanted.workspaces,
      },
      interfaces,
      connectors: catalog.connectors,
      classes: catalog.classes,
      tasks: source.tasks,
      options: {
        namespace,
        byReference: source.isStored,
        ...(name === undefined ? {} : { name }),
        ...(serviceAccount === undefined ? {} : { serviceAccount }),
      },
    },
    { evaluator },
  )
  const unstored = source.unstored.map(name => ({
    field: `tasks[${name}]`,
    reason: 'TaskNotStored',
    message: 'is in the file alone: the run needs it in the cluster',
  }))
  return { ...made, warnings: [...made.warnings, ...unstored, ...unreadyConnectors(catalog)] }
}

function chosenConnectors(
  given: readonly GivenParam[],
  namespace: string,
): ReadonlyMap<string, readonly ObjectKey[]> {
  const groups = Map.groupBy(given, ({ name }) => name)
  return new Map(
    [...groups].map(([name, items]) => {
      const texts = items.flatMap(({ value }) => value.split(','))
      return [name, texts.map(text => parseKey('run', text, namespace))]
    }),
  )
}

/** `code.revision` is the integration code's, unless there is no such integration. */
function splitParams(params: readonly GivenParam[], integrations: ReadonlySet<string>) {
  const own: GivenParam[] = []
  const ofIntegrations = new Map<string, GivenParam[]>()
  for (const { name, value } of params) {
    const integration = name.slice(0, Math.max(0, name.indexOf('.')))
    if (!integrations.has(integration)) own.push({ name, value })
    else {
      const param = { name: name.slice(integration.length + 1), value }
      ofIntegrations.set(integration, [...(ofIntegrations.get(integration) ?? []), param])
    }
  }
  return { own, ofIntegrations }
}

/** Of all interfaces that it may turn out to be: those of one category agree. */
function paramsOf(integration: Integration | undefined, interfaces: readonly Definition[]) {
  if (integration === undefined) return []
  const { name, category } = integration.interface
  return interfaces
    .filter(definition => (name === undefined ? definition.category === category : definition.name === name))
    .flatMap(({ params }) => params)
}
