// Tasks and Pipelines, mostly as authors write them.
import type { Random } from '../../gotemplate/fuzz/random.ts'

export type Type = 'string' | 'array' | 'object'

export type Param = {
  readonly name: string
  readonly type: Type
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, { readonly type: 'string' }>>
}

/** Where an integration may put something; workspaces have no type. */
export type Part = { readonly path: string; readonly type?: Type }

export type RandomDefinition = {
  readonly object: {
    readonly apiVersion: string
    readonly kind: 'Task' | 'Pipeline'
    readonly metadata: { readonly name: string }
    readonly spec: Readonly<Record<string, unknown>>
  }
  readonly params: readonly Param[]
  /** Those that are not optional. */
  readonly workspaces: readonly string[]
  readonly places: readonly Part[]
}

const keys = ['a', 'b', 'key-c']
const texts = [
  '',
  'main',
  'https://example.com/x?y=1&z',
  'ümlaut',
  "it's",
  '$HOME',
  '-v',
  'a b',
  'true',
  '1.10',
]

export function someValue(random: Random, type: Type): unknown {
  if (type === 'string')
    return random.pick(random.chance(0.97) ? texts : ['$(tasks.a.results.b)', '$(params.nowhere)'])
  if (type === 'array') return Array.from({ length: random.between(0, 3) }, () => random.pick(texts))
  return Object.fromEntries(keys.slice(0, random.chance(0.95) ? 3 : 2).map(key => [key, random.pick(texts)]))
}

export function randomTask(random: Random, name: string): RandomDefinition {
  const { spec, params, workspaces } = randomTaskSpec(random)
  return {
    object: { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: someName(random, name) }, spec },
    params,
    workspaces: workspaces.filter(({ optional }) => !optional).map(workspace => workspace.name),
    places: [
      ...params.map(param => ({ path: `params.${param.name}`, type: param.type })),
      ...workspaces.map(workspace => ({ path: `workspaces.${workspace.name}` })),
    ],
  }
}

export function randomPipeline(
  random: Random,
  { name, tasks }: { readonly name: string; readonly tasks: readonly RandomDefinition[] },
): RandomDefinition {
  const params = randomParams(random, ['url', 'revision', 'names', 'settings', 'code-url', 'Flag'])
  const workspaces = randomWorkspaces(random)
  const places: Part[] = [
    ...params.map(param => ({ path: `params.${param.name}`, type: param.type })),
    ...workspaces.map(workspace => ({ path: `workspaces.${workspace.name}` })),
  ]
  const entry = (section: string, index: number) => {
    const own = random.chance(0.01) ? 'Not A Label' : `${section.slice(0, 1)}${index}`
    const inline = random.chance(0.6) ? randomTaskSpec(random) : undefined
    const referred = random.pick(tasks)
    const wants = inline?.params ?? referred.params
    const binds = inline?.workspaces.map(item => item.name) ?? referred.workspaces
    const handed = wants
      .filter(param => !('default' in param) || random.chance(0.5))
      .map(param => ({ name: param.name, value: handedOn(random, param, params) }))
    const bound =
      workspaces.length === 0
        ? []
        : binds.map(item => ({ name: item, workspace: random.pick(workspaces).name }))
    places.push(
      ...wants.map(param => ({ path: `${section}.${own}.params.${param.name}`, type: param.type })),
      ...binds.map(item => ({ path: `${section}.${own}.workspaces.${item}` })),
    )
    return {
      name: own,
      ...(inline ? { taskSpec: inline.spec } : { taskRef: { name: referred.object.metadata.name } }),
      ...(handed.length > 0 ? { params: handed } : {}),
      ...(bound.length > 0 ? { workspaces: bound } : {}),
      ...(index > 0 && section === 'tasks' && random.chance(0.5)
        ? { runAfter: [random.chance(0.97) ? 't0' : 'none'] }
        : {}),
      ...(random.chance(0.01) ? { unknownField: 1 } : {}),
    }
  }
  const list = (section: string, count: number) =>
    Array.from({ length: count }, (_, index) => entry(section, index))
  const main = list('tasks', random.between(random.chance(0.02) ? 0 : 1, 3))
  const last = list(
    'finally',
    random.weighted([
      [3, 0],
      [1, 1],
    ]),
  )
  const spec = {
    ...(params.length > 0 ? { params } : {}),
    ...(workspaces.length > 0 ? { workspaces } : {}),
    tasks: main,
    ...(last.length > 0 ? { finally: last } : {}),
  }
  return {
    object: {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: someName(random, name) },
      spec,
    },
    params,
    workspaces: workspaces.filter(({ optional }) => !optional).map(workspace => workspace.name),
    places,
  }
}

function handedOn(random: Random, { type }: Param, params: readonly Param[]): unknown {
  const fitting = params.filter(param => param.type === type)
  if (fitting.length === 0 || random.chance(0.3)) return someValue(random, type)
  const { name } = random.pick(fitting)
  if (type === 'string') return random.pick([`$(params.${name})`, `$(params.${name})`, `v-$(params.${name})`])
  return type === 'array' ? [`$(params.${name}[*])`] : `$(params.${name}[*])`
}

function randomTaskSpec(random: Random) {
  const params = randomParams(random, [
    'url',
    'git-url',
    'revision',
    'names',
    'settings',
    'code-url',
    'image.tag',
    'url',
  ])
  const workspaces = randomWorkspaces(random)
  const steps = Array.from({ length: random.between(random.chance(0.01) ? 0 : 1, 2) }, (_, index) => {
    const strings = params.filter(({ type, name }) => type === 'string' && !name.includes('.'))
    const arrays = params.filter(({ type }) => type === 'array')
    const objects = params.filter(({ type }) => type === 'object')
    const wrong = random.chance(0.02) ? [{ name: 'W', value: '$(params.nowhere)' }] : []
    return {
      ...(random.chance(0.9) ? { name: `s${index}` } : {}),
      ...(random.chance(0.99) ? { image: 'alpine' } : {}),
      env: [
        ...strings.map(({ name }, at) => ({ name: `S${at}`, value: `$(params.${name})` })),
        ...objects.map(({ name }, at) => ({ name: `O${at}`, value: `x$(params.${name}.a)` })),
        ...params
          .filter(({ type, name }) => type === 'string' && name.includes('.'))
          .map(({ name }, at) => ({
            name: `D${at}`,
            value: random.chance(0.95) ? `$(params["${name}"])` : `$(params.${name})`,
          })),
        ...wrong,
      ],
      ...(arrays.length > 0
        ? { args: arrays.map(({ name }) => `${random.chance(0.98) ? '' : 'x'}$(params.${name}[*])`) }
        : {}),
      ...(random.chance(0.5) ? { script: 'echo $(context.taskRun.name)' } : {}),
      ...(random.chance(0.01) ? { script: 'x', command: ['y'] } : {}),
    }
  })
  const spec = {
    ...(params.length > 0 ? { params } : {}),
    ...(workspaces.length > 0 ? { workspaces } : {}),
    steps,
    ...(random.chance(0.01) ? { stepz: [] } : {}),
  }
  return { spec, params, workspaces }
}

function randomParams(random: Random, names: readonly string[]): readonly Param[] {
  const count = random.between(0, 4)
  const from = random.below(names.length)
  const some = Array.from({ length: count }, (_, index) => names[(from + index) % names.length] ?? '')
  const unique = random.chance(0.98) ? [...new Set(some)] : some
  return unique.map(name => {
    // Mostly one type for a name, as people have it.
    const usual: Type = name === 'names' ? 'array' : name === 'settings' ? 'object' : 'string'
    const type = random.chance(0.9) ? usual : random.pick(['string', 'array', 'object'] as const)
    const properties = Object.fromEntries(keys.map(key => [key, { type: 'string' } as const]))
    return {
      name: random.chance(0.99) ? name : '1st',
      type,
      ...(type === 'object' && random.chance(0.99) ? { properties } : {}),
      ...(random.chance(0.4) ? { default: someValue(random, random.chance(0.98) ? type : 'string') } : {}),
    }
  })
}

function randomWorkspaces(random: Random) {
  const names = ['source', 'basic-auth', 'cache'].slice(0, random.between(0, 3))
  return names.map(name => ({
    name: random.chance(0.98) ? name : 'source',
    ...(random.chance(0.4) ? { optional: true } : {}),
  }))
}

function someName(random: Random, name: string): string {
  return random.weighted([
    [40, name],
    [2, `${name}.with.dots`],
    [1, 'Not A Name'],
    [2, `${name}-${'x'.repeat(55)}`],
  ])
}
