// Every rule of validation as a row: what is wrong, and where it is said to be wrong.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cloneSpec } from './example.ts'
import {
  attributes,
  chosen,
  code,
  github,
  given,
  pipeline,
  problemsOf,
  type Row,
  task,
  tryRows,
  url,
} from './problem-rows.ts'

const test = suite('tekton: problems of declarations')

const declarations: readonly Row[] = [
  ['no YAML', task('- a: [', given), 'integrations Invalid'],
  ['no list', task('a: b', given), 'integrations InvalidType'],
  ['a cycle of aliases', task('&a [*a]', given), 'integrations[0] InvalidType'],
  ['no object', task([7], given), 'integrations[0] InvalidType'],
  ['no name', task([{ interface: { name: 'x' } }], given), 'integrations[0].name Required'],
  [
    'a name that params cannot hold',
    task([code({ name: 'my code' })], given),
    'integrations[my code].name InvalidName',
  ],
  ['one name twice', task([code(), code({ attributes: [] })], given), 'integrations[code].name Duplicate'],
  ['no interface', task([code({ interface: {} })]), 'integrations[code].interface Required'],
  [
    'an unknown interface',
    task([code({ interface: { name: 'x' } })]),
    'integrations[code].interface.name InterfaceNotFound',
  ],
  [
    'an unknown category',
    task([code({ interface: { category: 'x' } })]),
    'integrations[code].interface.category InterfaceNotFound',
  ],
  [
    'an unknown interface that nobody chose',
    task([{ name: 'code', interface: { name: 'x' } }], given),
    'integrations[code].interface.name InterfaceNotFound',
  ],
  [
    'an interface that the class does not support',
    task([code({ connectorRef: { name: 'other', namespace: 'ci' } })]),
    'integrations[code].interface.name InterfaceUnsupported',
  ],
  [
    'a Connector that is not an object',
    task([code({ connectorRef: 'github' })], given),
    'integrations[code].connectorRef InvalidType',
  ],
  [
    'a flag that is none',
    task([code({ connectorRef: { ...github, setAtRuntime: 'yes' } })]),
    'integrations[code].connectorRef.setAtRuntime InvalidType',
  ],
  [
    'a value that YAML has rounded',
    task([code({ params: [{ name: 'revision', value: 1.1 }] })]),
    'integrations[code].params[revision].value InvalidType',
  ],
  [
    'one attribute twice',
    attributes(url, { name: 'url', refPath: ['params.git-revision'] }),
    'integrations[code].attributes[url].name Duplicate',
    'params[git-url] Required',
  ],
  [
    'an attribute that the interface lacks',
    attributes(url, { name: 'x', param: 'git-revision' }),
    'integrations[code].attributes[x].name UnknownReference',
  ],
  [
    'no path',
    attributes({ name: 'url', refPath: ['git-url'] }),
    'integrations[code].attributes[url].refPath[git-url] Invalid',
    'params[git-url] Required',
  ],
  [
    'the path of a workspace',
    attributes(url, { name: 'fixed', refPath: ['workspaces.source'] }),
    'integrations[code].attributes[fixed].refPath[workspaces.source] Invalid',
  ],
  [
    'one place twice',
    attributes({ name: 'url', refPath: ['params.git-url', "params['git-url']"] }),
    'integrations[code].attributes[url] Duplicate',
  ],
  [
    'a param that is not there',
    attributes(url, { name: 'fixed', refPath: ['params.x'] }),
    'integrations[code].attributes[fixed].refPath[params.x] UnknownReference',
  ],
  [
    'a task in a Task',
    attributes(url, { name: 'fixed', refPath: ['tasks.a.params.x'] }),
    'integrations[code].attributes[fixed].refPath[tasks.a.params.x] UnknownReference',
  ],
  [
    'a param of another type',
    attributes(url, { name: 'parts', refPath: ['params.git-revision'] }),
    'integrations[code].attributes[parts].refPath[params.git-revision] InvalidType',
  ],
  [
    'a value that the param does not allow',
    attributes(url, { name: 'fixed', refPath: ['params.mode'] }),
    'integrations[code].attributes[fixed].refPath[params.mode] NotInEnum',
  ],
  [
    'two attributes for one param',
    attributes(url, { name: 'fixed', refPath: ['params.git-url'] }),
    'integrations[code].attributes[fixed].refPath[params.git-url] Duplicate',
    'integrations[code].attributes[url].refPath[params.git-url] Duplicate',
  ],
  [
    'two integrations for one param',
    task([code(), code({ name: 'more' })], {
      integrations: { ...chosen.integrations, more: chosen.integrations.code },
    }),
    'integrations[code].attributes[url].refPath[params.git-url] Duplicate',
    'integrations[more].attributes[url].refPath[params.git-url] Duplicate',
  ],
  [
    'a workspace that the interface lacks',
    task([code({ workspaces: [{ name: 'x', workspace: 'source' }] })]),
    'integrations[code].workspaces[x].name UnknownReference',
  ],
  [
    'a workspace that is not there',
    task([code({ workspaces: [{ name: 'git-source', workspace: 'x' }] })]),
    'integrations[code].workspaces[git-source].refPath[workspaces.x] UnknownReference',
  ],
  [
    'a task that is not there',
    pipeline([{ name: 'url', refPath: ['tasks.b.params.url'] }]),
    'integrations[code].attributes[url].refPath[tasks.b.params.url] UnknownReference',
  ],
  [
    'a task that is not in finally',
    pipeline([{ name: 'url', refPath: ['finally.a.params.url'] }]),
    'integrations[code].attributes[url].refPath[finally.a.params.url] UnknownReference',
  ],
  [
    'a param that the task lacks',
    pipeline([{ name: 'url', refPath: ['tasks.a.params.x'] }]),
    'integrations[code].attributes[url].refPath[tasks.a.params.x] UnknownReference',
  ],
  [
    'a param of a task of another type',
    pipeline([{ name: 'url', refPath: ['tasks.a.params.tags'] }]),
    'integrations[code].attributes[url].refPath[tasks.a.params.tags] InvalidType',
  ],
  [
    'a param that a matrix sets',
    pipeline([{ name: 'url', refPath: ['tasks.a.params.url'] }], {
      tasks: [{ name: 'a', taskSpec: cloneSpec, matrix: { params: [{ name: 'url', value: ['x'] }] } }],
    }),
    'integrations[code].attributes[url].refPath[tasks.a.params.url] Unsupported',
  ],
]

tryRows(test, declarations)

test('all at once', () => {
  const integrations = [code({ interface: { name: 'x' } }), { name: 'b', interface: {} }, { name: 'c c' }]
  const problems = problemsOf(task(integrations, { params: { x: 'y' } }, { steps: [] }))
  assert.equal(
    problems.map(({ field }) => field),
    [
      'integrations[b].interface',
      'integrations[c c].name',
      'integrations[code].interface.name',
      'params[x]',
      'spec.steps',
    ],
  )
})

test.run()
