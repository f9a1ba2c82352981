import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDefinition } from '../../resource-interface/parse.ts'
import { resolveInterface } from '../../resource-interface/resolve.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { connectorOf, gitInterface } from './git-interface.ts'

const test = suite('resolving a choice')
const evaluator = await createEvaluator()
const demo = connectorOf('demo')

type Spec = { readonly [field: string]: unknown }
type Given = { readonly [name: string]: unknown }

function resolve(
  spec: Spec,
  params: Given = { repository: 'app.git' },
  connectors: ReturnType<typeof connectorOf>[] = [demo],
) {
  const { definition, problems } = parseDefinition(gitInterface({ spec }))
  assert.equal(problems, [])
  if (!definition) throw new Error('no definition')
  return resolveInterface({ definition, connectors, params }, { evaluator })
}

function problemsOf(resolved: ReturnType<typeof resolve>): string[] {
  return resolved.problems.map(({ field, reason }) => `${field} ${reason}`)
}

test('a repository gives params, attributes and workspaces', () => {
  assert.equal(resolve({}), {
    params: [
      { name: 'repository', value: 'app.git' },
      { name: 'revision', value: 'refs/heads/main' },
    ],
    attributes: [
      { name: 'url', type: 'string', value: 'https://git.example.com/app.git' },
      { name: 'revision', type: 'string', value: 'refs/heads/main' },
    ],
    workspaces: [
      {
        name: 'basic-auth',
        mapping: 'git-basic-auth',
        binding: {
          csi: {
            driver: 'connectors-csi',
            readOnly: true,
            volumeAttributes: { connectors: 'ci/demo', 'configuration.names': 'gitconfig' },
          },
        },
      },
    ],
    problems: [],
  })
})

const oneAttribute = (
  attribute: object,
  params: object[] = [
    { name: 'x', default: 'X' },
    { name: 'list', type: 'array', default: ['a', 'b'] },
  ],
) => ({
  params,
  attributes: [{ name: 'a', ...attribute }],
  workspaces: [],
})

const attributeValues: readonly [what: string, attribute: object, expected: unknown][] = [
  ['text', { expression: 'plain' }, 'plain'],
  ['one expression', { expression: '{params.x}' }, 'X'],
  ['text and expressions', { expression: '<{params.x}|{1 + 1}|{true}>' }, '<X|2|true>'],
  ['a list', { type: 'array', expression: '{params.list.map(item => params.x + item)}' }, ['Xa', 'Xb']],
  ['an object', { type: 'object', expression: '{({a: params.x})}' }, { a: 'X' }],
  ['the older name', { expression: '$(connector.namespace)/$(connector.name)' }, 'ci/demo'],
  ['the older param', { expression: '$(params.x)' }, 'X'],
  ['the older list', { type: 'array', expression: '$(params.list[*])' }, ['a', 'b']],
  ['the older item', { expression: '$(params.list[1])' }, 'b'],
  ['a variable of Tekton', { expression: '$(context.taskRun.name)' }, '$(context.taskRun.name)'],
  ['JSON', { expression: '{"a":"{params.x}"}' }, '{"a":"X"}'],
  ['JSON by the language', { expression: '{JSON.stringify({a: [params.x]})}' }, '{"a":["X"]}'],
  ['a default without expression', { default: 'D' }, 'D'],
  ['a default in place of undefined', { expression: '{connector.spec.nope}', default: 'D' }, 'D'],
  ['a default that is not needed', { expression: '{params.x}', default: 'D' }, 'X'],
  ['a member of an enum', { expression: '{params.x}', enum: ['X', 'Y'] }, 'X'],
  ['another type: a number', { expression: '{1}' }, 'InvalidType'],
  ['another type: a list', { expression: '{params.list}' }, 'InvalidType'],
  ['another type: a string', { type: 'array', expression: '{params.x}' }, 'InvalidType'],
  ['another type: a list of numbers', { type: 'array', expression: '{[1]}' }, 'InvalidType'],
  ['another type: a list with a hole', { type: 'array', expression: '{["a", undefined]}' }, 'InvalidType'],
  ['another type: an object of numbers', { type: 'object', expression: '{({a: 1})}' }, 'InvalidType'],
  ['a list in text', { expression: 'x{params.list}' }, 'InvalidType'],
  ['no member of an enum', { expression: '{params.x}', enum: ['Y'] }, 'NotInEnum'],
  ['undefined', { expression: '{connector.spec.nope}' }, 'ExpressionUndefined'],
  ['undefined in text', { expression: "{connector.spec.nope + '/x'}" }, 'ExpressionUndefined'],
  ['undefined in the older form', { expression: '$(connector.spec.nope)' }, 'ExpressionUndefined'],
  ['a failure in spite of a default', { expression: "{url('x')}", default: 'D' }, 'ExpressionFailed'],
  ['an endless loop', { expression: '{(() => { for (;;); })()}' }, 'ExpressionLimit'],
  ['no expression', { expression: '{+}' }, 'ExpressionInvalid'],
]

for (const [what, attribute, expected] of attributeValues) {
  test(`an attribute: ${what}`, () => {
    const resolved = resolve(oneAttribute(attribute), {})
    const [problem] = resolved.problems
    assert.equal(problem ? problem.reason : resolved.attributes[0]?.value, expected)
    if (problem) assert.is(problem.field, 'spec.attributes[0].expression')
  })
}

const typed = [
  { name: 's', default: '', enum: ['', 'a'] },
  { name: 'l', type: 'array', default: [] },
  { name: 'o', type: 'object', properties: {}, default: {} },
  { name: 'keyed', type: 'object', properties: { a: {}, b: {} }, default: { a: '1', b: '2' } },
  { name: 'needed' },
]

const givenParams: readonly [Given, ...string[]][] = [
  [{ needed: 'x' }],
  [{ needed: '' }],
  [{ needed: 'x', s: 'a', l: ['b'], o: { c: 'd' } }],
  [{}, 'params.needed Required'],
  [{ needed: null }, 'params.needed Required'],
  [{ needed: 1 }, 'params.needed InvalidType'],
  [{ needed: ['x'] }, 'params.needed InvalidType'],
  [{ needed: 'x', s: 'b' }, 'params.s NotInEnum'],
  [{ needed: 'x', l: 'b' }, 'params.l InvalidType'],
  [{ needed: 'x', l: [1] }, 'params.l InvalidType'],
  [{ needed: 'x', o: { c: 1 } }, 'params.o InvalidType'],
  [{ needed: 'x', keyed: { a: '3', more: '4' } }],
  [{ needed: 'x', b: '', a: '' }, 'params.a UnknownParam', 'params.b UnknownParam'],
  [
    { s: 1, l: 1, o: 1, x: 1 },
    'params.x UnknownParam',
    'params.s InvalidType',
    'params.l InvalidType',
    'params.o InvalidType',
    'params.needed Required',
  ],
  [JSON.parse('{"needed": "x", "__proto__": "x"}'), 'params.__proto__ UnknownParam'],
]

for (const [given, ...problems] of givenParams) {
  test(`params ${JSON.stringify(given)}`, () => {
    assert.equal(problemsOf(resolve({ params: typed, attributes: [], workspaces: [] }, given)), problems)
  })
}

test('an object has all keys of its param, the default ones where none are given', () => {
  const properties = { a: {}, b: {} }
  const spec = (more: object) => ({
    params: [{ name: 'o', type: 'object', properties, ...more }],
    attributes: [],
    workspaces: [],
  })
  const given = { o: { b: '3' } }
  assert.equal(resolve(spec({ default: { a: '1', b: '2' } }), given).params, [
    { name: 'o', value: { a: '1', b: '3' } },
  ])
  assert.equal(problemsOf(resolve(spec({}), given)), ['params.o Required'])
  assert.equal(problemsOf(resolve(spec({ default: { b: '2' } }), {})), ['params.o Required'])
})

test('what mentions a param without value is left out, and the param alone is named', () => {
  const resolved = resolve({}, {})
  assert.equal(problemsOf(resolved), ['params.repository Required'])
  assert.equal(
    resolved.attributes.map(({ name }) => name),
    ['revision'],
  )
  assert.is(resolved.workspaces.length, 1)
})

test('every problem is found at once', () => {
  const resolved = resolve(
    {
      attributes: [
        { name: 'a', expression: '{nope}' },
        { name: 'b', expression: '{+}' },
      ],
      workspaces: [
        {
          name: 'w',
          value: { csi: { driver: '{connector.spec.x}', volumeAttributes: { 'a.b': "{url('x')}" } } },
        },
      ],
    },
    { revision: 1 },
    [demo, connectorOf('other')],
  )
  assert.equal(problemsOf(resolved), [
    'connectors MergeNotAllowed',
    'params.repository Required',
    'params.revision InvalidType',
    'spec.attributes[0].expression ExpressionUndefined',
    'spec.attributes[1].expression ExpressionInvalid',
    'spec.workspaces[0].value.csi.driver ExpressionUndefined',
    'spec.workspaces[0].value.csi.volumeAttributes[a.b] ExpressionFailed',
  ])
})

test('an expression in a workspace keeps the type of its value', () => {
  const value = {
    secret: {
      secretName: '{connector.metadata.name}',
      optional: '{1 < 2}',
      items: '{[{key: params.revision, path: "x"}]}',
      defaultMode: 256,
    },
    subPath: 'a/{connector.metadata.namespace}',
  }
  const [workspace] = resolve({ attributes: [], workspaces: [{ name: 'w', value }] }).workspaces
  assert.equal(workspace?.binding, {
    secret: {
      secretName: 'demo',
      optional: true,
      items: [{ key: 'refs/heads/main', path: 'x' }],
      defaultMode: 256,
    },
    subPath: 'a/ci',
  })
})

test('an expression that makes a workspace what Tekton refuses is named', () => {
  const csi = { driver: '{1}', volumeAttributes: { port: '{443}' } }
  const resolved = resolve({ attributes: [], workspaces: [{ name: 'w', value: { csi } }] })
  assert.equal(problemsOf(resolved), [
    'spec.workspaces[0].value.csi.driver InvalidType',
    'spec.workspaces[0].value.csi.volumeAttributes InvalidType',
  ])
  assert.equal(resolved.workspaces, [])
})

test('more expressions than there may be are not evaluated', () => {
  const endless = { name: 'a', expression: '{(() => { for (;;); })()}'.repeat(257) }
  const resolved = resolve({ attributes: [endless] })
  assert.equal(problemsOf(resolved), ['spec Invalid'])
  assert.equal([resolved.attributes, resolved.workspaces], [[], []])
})

test('connectors are wanted, once each', () => {
  assert.equal(problemsOf(resolve({}, undefined, [])), ['connectors ConnectorRequired'])
  assert.equal(problemsOf(resolve({}, undefined, [demo, demo])), ['connectors Duplicate'])
})

test('merged connectors are named in an order of their own', () => {
  const spec = { configurations: { multipleMergeConnectors: { enabled: true } } }
  const connectors = [
    demo,
    connectorOf('a', { address: 'https://a' }),
    connectorOf('z', { address: 'https://z' }),
  ]
  const [first] = resolve(
    {
      ...spec,
      attributes: [],
      workspaces: [{ name: 'w', value: { secret: { secretName: '{connectors}' } } }],
    },
    undefined,
    ['b-c', 'b'].map(namespace => ({ metadata: { name: 'a', namespace }, spec: { address: '' } })),
  ).workspaces
  assert.equal(first?.binding, { secret: { secretName: 'b/a,b-c/a' } })
  const resolved = resolve(spec, undefined, connectors)
  assert.equal(resolved.problems, [])
  assert.is(resolved.attributes[0]?.value, 'https://a/app.git')
  assert.match(JSON.stringify(resolved.workspaces), /"ci\/a,ci\/demo,ci\/z"/)
  for (const order of [
    [2, 1, 0],
    [1, 0, 2],
    [2, 0, 1],
  ]) {
    assert.equal(
      resolve(
        spec,
        undefined,
        order.map(at => connectors[at] ?? demo),
      ),
      resolved,
    )
  }
})

test('nothing that is given is changed', () => {
  const choice = {
    definition: parseDefinition(gitInterface()).definition,
    connectors: [connectorOf('b'), connectorOf('a')],
    params: { repository: 'x' },
  }
  const before = JSON.stringify(choice)
  if (choice.definition) resolveInterface({ ...choice, definition: choice.definition }, { evaluator })
  assert.is(JSON.stringify(choice), before)
})

test.run()
