// Random interfaces, Tasks, Pipelines and choices: for the properties of integrateRun, and for asking Tekton's own
// webhook about what comes out. Most cases are right; every part of them is wrong now and then.
import type { Definition } from '../../../resource-interface/definition.ts'
import { parseDefinition } from '../../../resource-interface/parse.ts'
import type { Evaluator } from '../../../resource-interface/sandbox.ts'
import { integrationsAnnotation } from '../../../resource-interface/tekton/annotation.ts'
import { integrateRun, type RunInput } from '../../../resource-interface/tekton/integrate.ts'
import { Random } from '../../gotemplate/fuzz/random.ts'
import { randomBinding } from './random-binding.ts'
import {
  type Param,
  type Part,
  randomPipeline,
  randomTask,
  someValue,
  type Type,
} from './random-definition.ts'

export type RandomCase = RunInput & { readonly choices: NonNullable<RunInput['choices']> }

const types: readonly Type[] = ['string', 'array', 'object']

export function randomCase(seed: number): RandomCase {
  const random = new Random(seed, 0x7e57)
  const interfaces = ['alpha', 'beta']
    .slice(0, random.between(1, 2))
    .map(name => randomInterface(random, name))
  const tasks = ['build', 'test'].map(name => randomTask(random, name))
  const isTask = random.chance(0.5)
  const target = isTask ? randomTask(random, 'main') : randomPipeline(random, { name: 'main', tasks })
  const connectors = ['one', 'two', 'three'].map(name => ({
    metadata: { name, namespace: random.pick(['ci', 'tools']) },
    spec: {
      address: `https://${name}.example.com`,
      connectorClassName: random.chance(0.95) ? 'tool' : 'other',
    },
  }))
  const labels = {
    'resourceinterface.connectors.cpaas.io/alpha': 'true',
    'resourceinterface.connectors.cpaas.io/beta': 'true',
  }
  const integrations = randomIntegrations(random, { interfaces, places: target.places, connectors })
  const chosen = integrations
    .filter(() => random.chance(0.85))
    .map(item => {
      const wanted = interfaces.find(({ metadata }) =>
        [item.interface.name, item.interface.category?.toLowerCase()].includes(metadata.name),
      )
      const count = random.chance(0.75) ? 1 : random.between(0, 2)
      return [
        item.name,
        {
          connectors: shuffled(random, connectors)
            .slice(0, count)
            .map(({ metadata }) => ({ ...metadata })),
          params: valuesFor(random, wanted?.spec.params ?? [], 0.9),
        },
      ] as const
    })
  const filled = new Set(
    integrations.flatMap(item => [...item.attributes, ...item.workspaces].flatMap(({ refPath }) => refPath)),
  )
  const needs = target.params.filter(param => !('default' in param) || random.chance(0.3))
  const open = needs.filter(({ name }) => !filled.has(`params.${name}`) || random.chance(0.05))
  const bare = target.workspaces.filter(name => !filled.has(`workspaces.${name}`) && random.chance(0.97))
  const metadata = {
    ...target.object.metadata,
    annotations: { [integrationsAnnotation]: JSON.stringify(integrations) },
  }
  const object = { ...target.object, metadata }
  return {
    ...(isTask ? { task: object } : { pipeline: object }),
    choices: {
      integrations: Object.fromEntries(chosen),
      params: valuesFor(random, open, 0.97),
      workspaces: Object.fromEntries(bare.map(name => [name, randomBinding(random)])),
    },
    interfaces: interfaces.flatMap(item => parseDefinition(item).definition ?? []) as readonly Definition[],
    connectors,
    classes: [{ metadata: { name: 'tool', labels } }],
    tasks: tasks.slice(0, random.between(0, 2)).map(({ object: known }) => known),
    options: {
      namespace: 'ci',
      ...(random.chance(0.2) ? { serviceAccount: 'builder' } : {}),
      ...(random.chance(0.2) ? { labels: { app: 'x' } } : {}),
    },
  }
}

/** The first `count` runs that come out without a problem, in a namespace; how many cases that took; by seed. */
export function randomRuns(
  { seed, count, namespace }: { readonly seed: number; readonly count: number; readonly namespace: string },
  evaluator: Evaluator,
) {
  const runs: object[] = []
  let cases = 0
  for (; runs.length < count; cases++) {
    const input = randomCase(seed + cases)
    const { run } = integrateRun({ ...input, options: { ...input.options } }, { evaluator })
    if (!run) continue
    const metadata = {
      name: `random-${seed + cases}`,
      namespace,
      labels: (run['metadata'] as { labels?: object }).labels,
    }
    runs.push({ ...run, metadata })
  }
  return { runs, cases }
}

export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const left = [...list]
  const out: T[] = []
  while (left.length > 0) out.push(...left.splice(random.below(left.length), 1))
  return out
}

function randomInterface(random: Random, name: string) {
  const params = someNames(random, ['repository', 'revision', 'tags', 'options'], 3).map((param): Param => {
    const type = random.pick(types)
    return {
      name: param,
      type,
      ...(type === 'object' ? { properties: { a: { type: 'string' }, b: { type: 'string' } } } : {}),
      ...(random.chance(0.4) ? { default: someValue(random, type) } : {}),
    }
  })
  const attributes = someNames(random, ['url', 'revision', 'names', 'settings', 'version'], 4).map(
    attribute => {
      const param = random.pick([...params, undefined])
      if (param) return { name: attribute, type: param.type, expression: `{params.${param.name}}` }
      const type = random.pick(['string', 'array'] as const)
      const expression =
        type === 'array' ? '{[connector.metadata.name, connectors]}' : 'at {connector.spec.address}'
      const parameterize = random.chance(0.15) ? { parameterize: { disable: true } } : {}
      return { name: attribute, type, expression, ...parameterize }
    },
  )
  const workspaces = someNames(random, ['source', 'auth', 'config'], 3).map(workspace => ({
    name: workspace,
    value: randomBinding(random, '{connectors}'),
  }))
  return {
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'ResourceInterface',
    metadata: { name, labels: { 'resourceinterface.connectors.cpaas.io/category': name.toUpperCase() } },
    spec: {
      params,
      attributes,
      workspaces,
      configurations: { multipleMergeConnectors: { enabled: random.chance(0.7) } },
    },
  }
}

function randomIntegrations(
  random: Random,
  around: {
    readonly interfaces: readonly ReturnType<typeof randomInterface>[]
    readonly places: readonly Part[]
    readonly connectors: readonly {
      readonly metadata: { readonly name: string; readonly namespace: string }
    }[]
  },
) {
  const free = shuffled(random, around.places)
  const take = (fits: (place: Part) => boolean): string[] => {
    if (random.chance(0.01)) return ['params.nowhere']
    const at = free.findIndex(fits)
    return at < 0 ? [] : free.splice(random.chance(0.98) ? at : 0, 1).map(({ path }) => path)
  }
  return ['code', 'image', 'code-url']
    .slice(
      0,
      random.weighted([
        [1, 0],
        [6, 1],
        [4, 2],
        [2, 3],
      ]),
    )
    .map(name => {
      const { metadata, spec } = random.pick(around.interfaces)
      const attributes = spec.attributes.map(({ name: attribute, type }) => ({
        name: attribute,
        refPath: Array.from(
          {
            length: random.weighted([
              [1, 0],
              [6, 1],
              [2, 2],
            ]),
          },
          () => take(place => place.type === type),
        ).flat(),
      }))
      const workspaces = spec.workspaces.map(({ name: workspace }) => ({
        name: workspace,
        refPath: take(place => place.type === undefined && place.path.includes('workspaces.')),
      }))
      const fixed = random.chance(0.2)
        ? { connectorRef: { ...random.pick(around.connectors).metadata, setAtRuntime: random.chance(0.7) } }
        : {}
      return {
        name,
        interface: random.chance(0.5) ? { name: metadata.name } : { category: metadata.name.toUpperCase() },
        ...fixed,
        attributes: attributes.filter(({ refPath }) => refPath.length > 0),
        workspaces: workspaces.filter(({ refPath }) => refPath.length > 0),
      }
    })
}

function valuesFor(random: Random, params: readonly Param[], probability: number): Record<string, unknown> {
  const given = params.filter(param => random.chance('default' in param ? 0.4 : probability))
  return Object.fromEntries(
    given.map(({ name, type }) => [name, someValue(random, random.chance(0.98) ? type : random.pick(types))]),
  )
}

function someNames(random: Random, names: readonly string[], most: number): string[] {
  return shuffled(random, names).slice(0, random.between(0, most))
}
