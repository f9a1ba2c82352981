// connectors resolve: what a ResourceInterface makes of a Connector and the values of its params.
import { type ObjectKey, objectKey } from '../../connector/object.ts'
import { parseDefinition } from '../../resource-interface/parse.ts'
import { type Resolved, type ResolvedAttribute, resolveInterface } from '../../resource-interface/resolve.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { type InterfaceRef, selectInterface } from '../../resource-interface/select.ts'
import { validateInterface } from '../../resource-interface/validate.ts'
import { parseCommandLine, parseKey, usageError } from '../arguments.ts'
import { type Catalog, readCatalog, unreadyConnectors } from '../catalog.ts'
import { type Cluster, clusterHelp, clusterOptions, openCluster } from '../cluster.ts'
import { printDocument } from '../output.ts'
import { type GivenParam, paramValues, parseParam } from '../param-values.ts'
import { type FoundProblem, reportProblems, reportWarnings } from '../problems.ts'

export const help = `Usage: connectors resolve --interface NAME --connector NAMESPACE/NAME [--param NAME=VALUE...] [OPTION...]
       connectors resolve --category CATEGORY --connector NAMESPACE/NAME [--param NAME=VALUE...] [OPTION...]

Says what a ResourceInterface makes of a Connector: its params with their defaults, the attributes and the workspaces
as Tekton binds them. Everything that is wrong is said, one line each.

Options:
  --interface NAME         the ResourceInterface
  --category CATEGORY      the newest one of the category that the Connector's class supports
  --connector NAMESPACE/NAME
                           the Connector; several, with commas between them or by repeating the option, are merged
                           into one workspace where the interface allows it
  -p, --param NAME=VALUE   a value; repeat a NAME for a list, write NAME.KEY=VALUE for a field of an object
  -o, --output yaml|json   (default: yaml)
${clusterHelp}`

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine('resolve', args, {
    ...clusterOptions,
    interface: { type: 'string' },
    category: { type: 'string' },
    connector: { type: 'string', multiple: true },
    param: { type: 'string', short: 'p', multiple: true },
    output: { type: 'string', short: 'o', default: 'yaml' },
  })
  const { output } = values
  if (output !== 'yaml' && output !== 'json') {
    throw usageError('resolve', `"${output}" is no output format, yaml and json are`)
  }
  const request = {
    wanted: parseRef(values.interface, values.category),
    connectors: parseConnectors(values.connector ?? []),
    params: (values.param ?? []).map(text => parseParam('resolve', text)),
  }
  const cluster = await openCluster(values)
  try {
    const { result, warnings } = await resolved(request, cluster)
    printDocument(result, output)
    reportWarnings(warnings)
    return reportProblems(result.problems)
  } finally {
    cluster.client.close()
  }
}

function parseRef(name: string | undefined, category: string | undefined): InterfaceRef {
  if (name !== undefined && category === undefined) return { name }
  if (category !== undefined && name === undefined) return { category }
  throw usageError('resolve', 'either --interface or --category says what to resolve')
}

function parseConnectors(given: readonly string[]): readonly string[] {
  const names = given.flatMap(text => text.split(','))
  if (names.length > 0) return names
  throw usageError('resolve', '--connector NAMESPACE/NAME is missing')
}

type ResolveRequest = {
  readonly wanted: InterfaceRef
  readonly connectors: readonly string[]
  readonly params: readonly GivenParam[]
}

type Result = {
  readonly interface?: string
  readonly params: Resolved['params']
  readonly attributes: readonly Pick<ResolvedAttribute, 'name' | 'type' | 'value'>[]
  readonly workspaces: readonly object[]
  readonly problems: readonly FoundProblem[]
}

type Outcome = { readonly result: Result; readonly warnings: readonly FoundProblem[] }

async function resolved(request: ResolveRequest, { client, namespace }: Cluster): Promise<Outcome> {
  const keys = request.connectors.map(text => parseKey('resolve', text, namespace))
  const [catalog, evaluator] = await Promise.all([readCatalog(client, keys), createEvaluator()])
  const warnings = unreadyConnectors(catalog)
  const refused = (problems: readonly FoundProblem[], name?: string): Outcome => ({
    result: {
      ...(name === undefined ? {} : { interface: name }),
      params: [],
      attributes: [],
      workspaces: [],
      problems,
    },
    warnings,
  })
  const missing = missingProblems(keys, catalog)
  if (missing.length > 0) return refused(missing)

  const { name } = request.wanted
  const candidates = catalog.interfaces.filter(({ metadata }) => name === undefined || metadata.name === name)
  const { definition, problems } = selectInterface(request.wanted, {
    definitions: candidates.flatMap(object => parseDefinition(object).definition ?? []),
    classes: catalog.classes,
  })
  // One that is named, and that is too wrong to be read, says why; it is more than missing.
  const selected = definition?.name ?? name
  const object = candidates.find(({ metadata }) => metadata.name === selected)
  const invalid = object === undefined ? [] : validateInterface(object, { evaluator })
  if (invalid.length > 0) {
    return refused(
      invalid.map(item => ({ ...item, field: `ResourceInterface "${selected}": ${item.field}` })),
      selected,
    )
  }
  if (definition === undefined) return refused(problems)
  const params = paramValues(request.params, definition.params)
  const found = resolveInterface({ definition, connectors: catalog.connectors, params }, { evaluator })
  const result = {
    interface: definition.name,
    params: found.params,
    attributes: found.attributes.map(({ name, type, value }) => ({ name, type, value })),
    workspaces: found.workspaces.map(({ name, binding }) => ({ name, ...binding })),
    problems: found.problems,
  }
  return { result, warnings }
}

function missingProblems(keys: readonly ObjectKey[], catalog: Catalog): readonly FoundProblem[] {
  return keys.flatMap(key => {
    const field = `connectors[${objectKey(key)}]`
    const connector = catalog.connectors.find(({ metadata }) => objectKey(metadata) === objectKey(key))
    if (connector === undefined) {
      return [{ field, reason: 'ConnectorNotFound', message: 'is no Connector that is there' }]
    }
    const { connectorClassName } = connector.spec
    if (catalog.classes.some(({ metadata }) => metadata.name === connectorClassName)) return []
    const message = connectorClassName
      ? `is of ConnectorClass "${connectorClassName}", which is not there`
      : 'names no ConnectorClass'
    return [{ field, reason: 'ClassNotFound', message }]
  })
}
