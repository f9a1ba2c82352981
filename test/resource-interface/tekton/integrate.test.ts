import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../../resource-interface/sandbox.ts'
import { integrateRun, type RunInput } from '../../../resource-interface/tekton/integrate.ts'
import { annotation, cloneSpec, makePipeline, makeTask, surroundings } from './example.ts'

const test = suite('tekton: integrate')
const evaluator = await createEvaluator()
const auth = {
  name: 'basic-auth',
  csi: {
    driver: 'connectors-csi',
    readOnly: true,
    volumeAttributes: { connectors: 'ci/github', 'configuration.names': 'gitconfig' },
  },
}
const code = { params: { repository: 'org/app' } }

type Json = { readonly [key: string]: Json } & readonly Json[] & string

function run(input: Partial<RunInput>, choices: RunInput['choices'] = { integrations: { code } }) {
  const result = integrateRun({ ...surroundings, choices, ...input } as RunInput, { evaluator })
  assert.equal(result.problems, [])
  return result.run as unknown as Json
}

test('makes a PipelineRun of the example of the specification', () => {
  const made = run({
    pipeline: makePipeline(annotation),
    options: { namespace: 'team', serviceAccount: 'builder' },
  })
  assert.equal(made, {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { generateName: 'clone-', namespace: 'team' },
    spec: {
      taskRunTemplate: { serviceAccountName: 'builder' },
      pipelineSpec: {
        params: [{ name: 'git-url' }, { name: 'code-revision', type: 'string' }],
        workspaces: [{ name: 'basic-auth' }],
        tasks: [
          {
            name: 'clone',
            taskSpec: cloneSpec,
            params: [
              { name: 'url', value: '$(params.git-url)' },
              { name: 'revision', value: '$(params.code-revision)' },
            ],
            workspaces: [{ name: 'auth', workspace: 'basic-auth' }],
          },
        ],
      },
      params: [
        { name: 'code-revision', value: 'main' },
        { name: 'git-url', value: 'https://github.com/org/app' },
      ],
      workspaces: [auth],
    },
  } as unknown as Json)
})

test('makes a TaskRun, embedded or by reference', () => {
  const integrations = [
    {
      name: 'code',
      interface: { name: 'gitcoderepository' },
      attributes: [
        { name: 'url', refPath: ['params.git-url'] },
        { name: 'parts', param: 'parts' },
      ],
      workspaces: [{ name: 'git-basic-auth', refPath: ['workspaces.basic-auth'] }],
    },
  ]
  const task = makeTask(integrations)
  const choices = {
    integrations: { code: { connectors: [{ name: 'github' }], params: { repository: 'org/app' } } },
    params: { mode: 'slow', image: { tag: 'c' } },
  }
  const spec = {
    params: [
      { name: 'git-url', value: 'https://github.com/org/app' },
      { name: 'image', value: { tag: 'c' } },
      { name: 'mode', value: 'slow' },
      { name: 'parts', value: ['org', 'app'] },
    ],
    workspaces: [auth],
  }
  const embedded = run(
    { task, options: { namespace: 'ci', labels: { b: '2', a: '1' }, name: 'mine' } },
    choices,
  )
  assert.equal(embedded['metadata'], {
    name: 'mine',
    namespace: 'ci',
    labels: { a: '1', b: '2' },
  } as unknown as Json)
  assert.equal(embedded['spec'], { taskSpec: (task as { spec: object }).spec, ...spec } as unknown as Json)
  const referring = run(
    { task, options: { namespace: 'ci', byReference: true, serviceAccount: 'builder' } },
    choices,
  )
  assert.equal(referring['spec'], {
    serviceAccountName: 'builder',
    taskRef: { name: 'clone' },
    ...spec,
  } as unknown as Json)
})

test('takes the older form of the annotation, with aliases', () => {
  const older = `
- name: code
  interface: {apiVersion: connectors.alauda.io/v1alpha1, name: gitcoderepository}
  configuration: &connectors {setAtRuntime: true, connectors: [{name: gitlab, namespace: ci}]}
  attributes: [{name: url, param: git-url}]
  workspaces: [{name: git-basic-auth, refPath: [workspaces.basic-auth]}]
- name: more
  interface: {name: gitcoderepository}
  configuration: *connectors
  params: [{name: repository, value: lib}]
  attributes: [{name: url, param: params.git-revision}]
`
  const made = run({ task: makeTask(older) })
  assert.equal(made['spec']?.['params'], [
    { name: 'git-revision', value: 'https://gitlab.com/lib' },
    { name: 'git-url', value: 'https://gitlab.com/org/app' },
  ] as unknown as Json)
})

test('merges several Connectors into one workspace, whatever their order', () => {
  const [github, gitlab] = ['github', 'gitlab'].map(name => ({ name, namespace: 'ci' }))
  for (const connectors of [
    [github, gitlab],
    [gitlab, github, gitlab],
  ]) {
    const choices = { integrations: { code: { ...code, connectors } } } as RunInput['choices']
    const made = run({ pipeline: makePipeline(annotation) }, choices)
    const csi = made['spec']?.['workspaces']?.[0]?.['csi']
    assert.is(csi?.['volumeAttributes']?.['connectors'], 'ci/github,ci/gitlab')
    assert.equal(made['spec']?.['params']?.[1], {
      name: 'git-url',
      value: 'https://github.com/org/app',
    } as unknown as Json)
  }
})

test('goes without an integration for which nothing is chosen', () => {
  const task = makeTask([
    {
      name: 'code',
      interface: { name: 'gitcoderepository' },
      attributes: [{ name: 'url', param: 'git-url' }],
    },
  ])
  const made = run({ task }, { params: { 'git-url': 'https://example.com/x' } })
  assert.equal(made['spec']?.['params'], [
    { name: 'git-url', value: 'https://example.com/x' },
  ] as unknown as Json)
})

test('sends what says nothing of a place where the interface means it to go', () => {
  const integrations = [
    {
      name: 'code',
      interface: { category: 'GitCodeRepository' },
      connectorRef: { name: 'github', namespace: 'ci' },
      attributes: [{ name: 'usual' }],
      workspaces: [{ name: 'git-basic-auth' }],
    },
  ]
  const made = run({ task: makeTask(integrations) })
  assert.equal(made['spec']?.['params'], [{ name: 'git-url', value: 'usual' }] as unknown as Json)
  assert.is(made['spec']?.['workspaces']?.[0]?.['name'], 'basic-auth')
})

const wire = (attributes: object[], spec: object, workspaces: object[] = []) => ({
  pipeline: makePipeline(
    [
      {
        name: 'code',
        interface: { name: 'gitcoderepository' },
        connectorRef: { name: 'github', namespace: 'ci' },
        attributes,
        workspaces,
      },
    ],
    { workspaces: [], ...spec },
  ),
  options: { byReference: true },
})
const revision = { name: 'revision', refPath: ['tasks.a.params.revision'] }
const taskA = { name: 'a', taskSpec: cloneSpec, params: [{ name: 'url', value: 'x' }] }
const handing = (value: string) => [...taskA.params, { name: 'revision', value }]

test('sets the param of the Pipeline that a task takes over, and refers to the Pipeline then', () => {
  const tasks = [{ ...taskA, params: handing('$(params.rev)') }]
  const made = run(wire([revision], { params: [{ name: 'rev' }], tasks }))
  assert.equal(made['spec'], {
    pipelineRef: { name: 'clone' },
    params: [{ name: 'rev', value: 'refs/heads/main' }],
  } as unknown as Json)
})

test('adds a param where another task takes over the same one, or only a part of it is taken', () => {
  const shared = [
    { ...taskA, params: handing('$(params.rev)') },
    { ...taskA, name: 'b', params: handing('$(params.rev)') },
  ]
  const part = [{ ...taskA, params: handing('v$(params.rev)') }]
  for (const tasks of [shared, part]) {
    const made = run(wire([revision], { params: [{ name: 'rev', default: 'x' }], tasks }))
    assert.equal(made['spec']?.['params'], [
      { name: 'code-revision', value: 'refs/heads/main' },
    ] as unknown as Json)
    const spec = made['spec']?.['pipelineSpec']
    assert.equal(spec?.['tasks']?.[0]?.['params']?.[1], {
      name: 'revision',
      value: '$(params.code-revision)',
    } as unknown as Json)
    assert.equal(spec?.['tasks']?.[1], shared === tasks ? (shared[1] as unknown as Json) : undefined)
  }
})

test('adds one param for all places of an attribute, under a name that nothing else has', () => {
  const last = {
    name: 'last',
    taskSpec: {
      params: [
        { name: 'CODE-revision-1', default: '' },
        { name: 'rev', default: '' },
      ],
      steps: cloneSpec.steps,
    },
  }
  const attributes = [{ name: 'revision', refPath: ['tasks.a.params.revision', 'finally.last.params.rev'] }]
  const made = run(
    wire(attributes, { params: [{ name: 'code-revision', default: '' }], tasks: [taskA], finally: [last] }),
  )
  const spec = made['spec']?.['pipelineSpec']
  assert.equal(spec?.['params']?.[1], { name: 'code-revision-2', type: 'string' } as unknown as Json)
  assert.equal(spec?.['tasks']?.[0]?.['params'], handing('$(params.code-revision-2)') as unknown as Json)
  assert.equal(spec?.['finally']?.[0]?.['params'], [
    { name: 'rev', value: '$(params.code-revision-2)' },
  ] as unknown as Json)
})

test('gives names and places to what it adds whatever the order', () => {
  const connectorRef = { name: 'github', namespace: 'ci' }
  const one = (name: string, attribute: string, refPath: string[]) => ({
    name,
    interface: { name: 'gitcoderepository' },
    connectorRef,
    attributes: [{ name: attribute, refPath }],
  })
  const params = [
    { name: 'x', default: '' },
    { name: 'y', default: '' },
    { name: 'z', default: '' },
  ]
  const tasks = [{ name: 'a', taskSpec: { params, steps: cloneSpec.steps } }]
  const paths = ['tasks.a.params.x', 'tasks.a.params.y']
  const first = one('code', 'url-revision', paths)
  const last = one('code-url', 'revision', ['tasks.a.params.z'])
  const choices = { integrations: { code, 'code-url': code } }
  const make = (...integrations: object[]) =>
    run({ pipeline: makePipeline(integrations, { params: [], workspaces: [], tasks }) }, choices)
  const made = make(first, last)
  assert.equal(made['spec']?.['params'], [
    { name: 'code-url-revision', value: 'both' },
    { name: 'code-url-revision-1', value: 'refs/heads/main' },
  ] as unknown as Json)
  assert.equal(make(last, one('code', 'url-revision', paths.toReversed())), made)
})

test('hands on lists whole, and writes down what may not become a param', () => {
  const attributes = [
    { name: 'parts', refPath: ['tasks.a.params.tags'] },
    { name: 'fixed', refPath: ['tasks.a.params.revision'] },
  ]
  const made = run(wire(attributes, { params: [], tasks: [taskA] }))
  const spec = made['spec']?.['pipelineSpec']
  assert.equal(spec?.['params'], [{ name: 'code-parts', type: 'array' }] as unknown as Json)
  assert.equal(spec?.['tasks']?.[0]?.['params']?.slice(1), [
    { name: 'revision', value: 'x' },
    { name: 'tags', value: ['$(params.code-parts[*])'] },
  ] as unknown as Json)
  assert.equal(made['spec']?.['params'], [{ name: 'code-parts', value: ['org', 'app'] }] as unknown as Json)
})

test('adds a workspace for a task, or binds the one that the task is alone to take', () => {
  const workspaces = [{ name: 'git-basic-auth', workspace: 'tasks.a.workspaces.auth' }]
  const added = run(wire([], { params: [], tasks: [taskA] }, workspaces))
  assert.is(added['spec']?.['workspaces']?.[0]?.['name'], 'code-git-basic-auth')
  assert.equal(added['spec']?.['pipelineSpec']?.['tasks']?.[0]?.['workspaces'], [
    { name: 'auth', workspace: 'code-git-basic-auth' },
  ] as unknown as Json)
  const bound = [{ ...taskA, workspaces: [{ name: 'auth', workspace: 'credentials' }] }]
  const taken = run(wire([], { params: [], tasks: bound, workspaces: [{ name: 'credentials' }] }, workspaces))
  assert.is(taken['spec']?.['workspaces']?.[0]?.['name'], 'credentials')
  assert.equal(taken['spec']?.['pipelineRef'], { name: 'clone' } as unknown as Json)
})

test('knows the params of a Task that the Pipeline refers to, and warns when it cannot', () => {
  const tasks = [{ name: 'a', taskRef: { name: 'git-clone' } }]
  const input = {
    ...surroundings,
    ...wire([revision], { params: [], tasks }),
    choices: { integrations: { code } },
  }
  const known = { metadata: { name: 'git-clone' }, spec: { params: [{ name: 'revision', type: 'array' }] } }
  const unsure = integrateRun(input, { evaluator })
  assert.equal(
    unsure.warnings.map(({ field }) => field),
    ['integrations[code].attributes[revision].refPath[tasks.a.params.revision]'],
  )
  assert.ok(unsure.run)
  const sure = integrateRun({ ...input, tasks: [known] }, { evaluator })
  assert.equal(
    sure.problems.map(({ reason }) => reason),
    ['InvalidType'],
  )
  for (const ref of [
    { apiVersion: 'example.com/v1', kind: 'Thing' },
    { kind: 'Thing' },
    { resolver: 'hub' },
  ]) {
    const elsewhere = [{ name: 'a', taskRef: { name: 'git-clone', ...ref } }]
    const other = wire([revision], { params: [], tasks: elsewhere })
    const { problems, warnings } = integrateRun({ ...input, ...other, tasks: [known] }, { evaluator })
    assert.equal([problems.length, warnings.length], [0, 1], JSON.stringify(ref))
  }
})

test('leaves what is in the cluster to the cluster, but not what it changes of it', () => {
  const byReference = { options: { byReference: true } }
  const problemsOf = (input: Partial<RunInput>, choices: RunInput['choices']) =>
    integrateRun({ ...surroundings, choices, ...input } as RunInput, { evaluator }).problems.map(
      ({ field }) => field,
    )
  const empty = { task: makeTask([], { params: [], steps: [] }) }
  assert.equal(problemsOf(empty, {}), ['spec.steps'])
  assert.equal(problemsOf({ ...empty, ...byReference }, {}), [])
  const tasks = [{ name: 'a', taskRef: { name: 'git-clone' }, retries: 'x' }]
  const changed = { ...wire([revision], { params: [], tasks }), ...byReference }
  assert.equal(problemsOf(changed, { integrations: { code } }), ['spec.tasks[0].retries'])
})

test('takes a list that allows nothing for none', () => {
  const task = makeTask([], { params: [{ name: 'git-url', enum: [] }] })
  assert.ok(run({ task }, { params: { 'git-url': 'x' } }))
})

test('takes quantities as texts and as numbers', () => {
  const task = makeTask([], { params: [] })
  for (const sizeLimit of ['1Gi', '1.5e3', 1024]) {
    assert.ok(run({ task }, { workspaces: { source: { emptyDir: { sizeLimit } } } }), String(sizeLimit))
  }
})

test('takes an image from the template of the steps, and fields in any case', () => {
  const spec = { params: [], stepTemplate: { image: 'alpine' }, steps: [{ script: 'x', WorkingDir: '/x' }] }
  assert.equal(run({ task: makeTask([], spec) }, {})['spec']?.['taskSpec'], {
    ...(makeTask([], spec) as { spec: object }).spec,
  } as unknown as Json)
})

test('warns of values in which something else will be put', () => {
  const task = makeTask([], { params: [{ name: 'git-url' }, { name: 'list', type: 'array', default: [] }] })
  const warningsOf = (params: Readonly<Record<string, unknown>>) =>
    integrateRun({ ...surroundings, task, choices: { params } } as RunInput, { evaluator }).warnings
  assert.equal(warningsOf({ 'git-url': '$5 {a} (b)', list: ['$', '$(git log)'] }), [])
  const found = warningsOf({ 'git-url': 'a$(context.taskRun.name)', list: ['a', '$(HOME)'] })
  assert.equal(
    found.map(({ field }) => field),
    ['params[git-url]', 'params[list]'],
  )
})

test('makes names that Kubernetes can complete', () => {
  const long = 'a'.repeat(55)
  for (const [name, expected] of [
    ['x', 'x-'],
    [`${long}.b.c`, `${long}.b-`],
    [`${long}-.x`.replace('-.', '--'), `${long}-`],
  ]) {
    const task = { ...makeTask([], { params: [] }), metadata: { name } }
    assert.is(run({ task }, {})['metadata']?.['generateName'], expected)
  }
})

test.run()
