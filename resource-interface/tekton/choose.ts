// For each integration: its declaration and the choice for it become what the interface resolves to.
import type { Definition } from '../definition.ts'
import { at } from '../reader.ts'
import { type ConnectorObject, type Resolved, resolveInterface } from '../resolve.ts'
import type { Evaluator } from '../sandbox.ts'
import { type ClassObject, selectInterface } from '../select.ts'
import type { ConnectorRef, Integration } from './annotation.ts'
import { compareText, fieldOf, isSame, textOf } from './json.ts'
import type { RunProblem } from './run-problem.ts'

/** What the maker of a run says about one integration. */
export type IntegrationChoice = {
  /** Their order is irrelevant. */
  readonly connectors?: readonly ConnectorRef[]
  readonly params?: Readonly<Record<string, unknown>>
}

export type Surroundings = {
  readonly definitions: readonly Definition[]
  readonly connectors: readonly ConnectorObject[]
  readonly classes: readonly ClassObject[]
  /** Of the run, for Connectors that are named without one. */
  readonly namespace?: string
  readonly evaluator: Evaluator
}

export type Chosen = {
  readonly integration: Integration
  /** No Connector is declared and none is chosen: the run goes without what the integration would bring. */
  readonly skipped: boolean
  readonly definition?: Definition
  readonly resolved?: Resolved
  readonly problems: readonly RunProblem[]
}

export function chooseFor(
  integration: Integration,
  choice: IntegrationChoice | undefined,
  around: Surroundings,
): Chosen {
  const field = `integrations[${integration.name}]`
  const { connectors: refs, problems: connectorProblems } = connectorsFor(integration, choice, around)
  const { params, problems: paramProblems } = paramsFor(integration, choice, field)
  const problems = [...connectorProblems, ...paramProblems]
  if (refs.length === 0) {
    const skipped = choice === undefined || Object.keys(choice.params ?? {}).length === 0
    if (!skipped) {
      problems.push({
        field: `${field}.connectors`,
        reason: 'ConnectorRequired',
        message: 'must name a Connector',
      })
    }
    const { problems: unknown, ...known } = withoutConnector(integration, around)
    return { integration, skipped, ...known, problems: [...problems, ...unknown] }
  }

  const found = refs.map(ref => ({ ref, connector: findConnector(ref, around) }))
  const connectors = found.flatMap(({ connector }) => (connector ? [connector] : []))
  const missing = found.filter(({ connector }) => connector === undefined)
  for (const { ref } of missing) {
    problems.push({
      field: `${field}.connectors[${spell(ref, around)}]`,
      reason: 'ConnectorNotFound',
      message: 'is no Connector that is there',
    })
  }
  const classes = connectors.flatMap(connector => {
    const name = textOf(fieldOf(connector.spec, 'connectorClassName'))
    const found = around.classes.find(({ metadata }) => metadata.name === name)
    if (found) return [found]
    const known = `${connector.metadata.namespace ?? ''}/${connector.metadata.name}`.replace(/^\//, '')
    problems.push({
      field: `${field}.connectors[${known}]`,
      reason: 'ClassNotFound',
      message: name ? `is of ConnectorClass "${name}", which is not there` : 'names no ConnectorClass',
    })
    return []
  })
  if (missing.length > 0 || classes.length < connectors.length) {
    const { problems: unknown, ...known } = withoutConnector(integration, around)
    return { integration, skipped: false, ...known, problems: [...problems, ...unknown] }
  }

  const selection = select(integration, {
    definitions: around.definitions,
    classes: [...new Map(classes.map(item => [item.metadata.name, item])).values()],
  })
  problems.push(...selection.problems)
  if (!selection.definition) return { integration, skipped: false, problems }
  const definition = selection.definition
  const resolved = resolveInterface({ definition, connectors, params }, { evaluator: around.evaluator })
  // A place in the definition is no place in the declaration.
  const place = (inner: string) =>
    inner.startsWith('spec.') ? `${field}.interface.${inner}` : `${field}.${inner}`
  problems.push(...resolved.problems.map(problem => ({ ...problem, field: place(problem.field) })))
  return { integration, skipped: false, definition, resolved, problems }
}

function connectorsFor(
  integration: Integration,
  choice: IntegrationChoice | undefined,
  around: Surroundings,
) {
  const chosen = sortedRefs(choice?.connectors ?? [], around)
  const declared = sortedRefs(integration.connectors, around)
  if (chosen.length === 0) return { connectors: declared, problems: [] }
  if (integration.setAtRuntime || isSame(chosen, declared)) return { connectors: chosen, problems: [] }
  const names = declared.map(ref => spell(ref, around)).join(', ')
  return { connectors: declared, problems: [fixed(`integrations[${integration.name}].connectors`, names)] }
}

function paramsFor(integration: Integration, choice: IntegrationChoice | undefined, field: string) {
  const problems: RunProblem[] = []
  const declared = new Map(integration.params.map(param => [param.name, param]))
  const values = new Map<string, unknown>()
  for (const { name, value } of integration.params) if (value !== undefined) values.set(name, value)
  for (const [name, value] of Object.entries(choice?.params ?? {})) {
    const known = declared.get(name)
    if (!known || known.setAtRuntime || isSame(known.value, value)) values.set(name, value)
    else problems.push(fixed(at(`${field}.params`, name), JSON.stringify(known.value)))
  }
  const params = Object.fromEntries([...values].sort(([a], [b]) => compareText(a, b)))
  return { params, problems }
}

/** Interfaces of one category offer the same, so what is declared can be checked before a class is known. */
function withoutConnector(integration: Integration, { definitions }: Surroundings) {
  return select(integration, { definitions, classes: [] })
}

function select(
  { name, interface: ref }: Integration,
  options: Pick<Surroundings, 'definitions' | 'classes'>,
) {
  // A reference to nothing has its problem already.
  if (ref.name === undefined && ref.category === undefined) return { problems: [] }
  const { definition, problems } = selectInterface(ref, options)
  const placed = problems.map(problem => ({ ...problem, field: `integrations[${name}].${problem.field}` }))
  return { ...(definition ? { definition } : {}), problems: placed }
}

/** Without any namespace to go by, a name must be the only one. */
function findConnector(
  ref: ConnectorRef,
  { connectors, namespace }: Surroundings,
): ConnectorObject | undefined {
  const wanted = ref.namespace ?? namespace
  const found = connectors.filter(
    ({ metadata }) =>
      metadata.name === ref.name && (wanted === undefined || (metadata.namespace ?? wanted) === wanted),
  )
  return wanted === undefined && found.length > 1 ? undefined : found[0]
}

/** With the namespace that is meant, each once. */
function sortedRefs(refs: readonly ConnectorRef[], around: Surroundings): readonly ConnectorRef[] {
  const { namespace } = around
  const full = refs.map((ref): ConnectorRef => (namespace === undefined ? ref : { namespace, ...ref }))
  const byText = new Map(full.map(ref => [spell(ref, around), ref]))
  return [...byText].sort(([a], [b]) => compareText(a, b)).map(([, ref]) => ref)
}

function spell({ name, namespace }: ConnectorRef, around: Surroundings): string {
  const own = namespace ?? around.namespace
  return own === undefined ? name : `${own}/${name}`
}

function fixed(field: string, value: string): RunProblem {
  return { field, reason: 'NotSetAtRuntime', message: `may not be chosen: the declaration says ${value}` }
}
