// Every rule of validation as a row: what is wrong, and where it is said to be wrong.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePipeline } from './example.ts'
import { bare, chosen, code, given, problemsOf, type Row, task, tryRows } from './problem-rows.ts'

const test = suite('tekton: problems of choices')

const choices: readonly Row[] = [
  [
    'an unknown integration',
    task([code()], { integrations: { ...chosen.integrations, x: {} } }),
    'integrations[x] UnknownReference',
  ],
  [
    'no object',
    task([code()], { integrations: { code: 7 } }),
    'integrations[code] InvalidType',
    'integrations[code].params.repository Required',
  ],
  [
    'no Connector',
    task([code({ connectorRef: undefined })]),
    'integrations[code].connectors ConnectorRequired',
  ],
  [
    'a Connector that is not there',
    task([code({ connectorRef: { name: 'x', namespace: 'ci' } })]),
    'integrations[code].connectors[ci/x] ConnectorNotFound',
  ],
  [
    'a Connector of another namespace',
    task([code({ connectorRef: { name: 'github', namespace: 'x' } })]),
    'integrations[code].connectors[x/github] ConnectorNotFound',
  ],
  [
    'a Connector whose class is not there',
    task([code({ connectorRef: { name: 'lost', namespace: 'ci' } })]),
    'integrations[code].connectors[ci/lost] ClassNotFound',
  ],
  [
    'another Connector than the fixed one',
    task([code()], {
      integrations: {
        code: { ...chosen.integrations.code, connectors: [{ name: 'gitlab', namespace: 'ci' }] },
      },
    }),
    'integrations[code].connectors NotSetAtRuntime',
  ],
  [
    'another value than the fixed one',
    task([code({ params: [{ name: 'repository', value: 'a' }] })]),
    'integrations[code].params.repository NotSetAtRuntime',
  ],
  ['no value for the interface', task([code()], {}), 'integrations[code].params.repository Required'],
  [
    'a param that the interface lacks',
    task([code()], { integrations: { code: { params: { repository: 'a', x: 'y' } } } }),
    'integrations[code].params.x UnknownParam',
  ],
  [
    'a param that the Task lacks',
    task([code()], { ...chosen, params: { x: 'y' } }),
    'params[x] UnknownParam',
  ],
  [
    'a param of another type',
    task([code()], { ...chosen, params: { 'git-revision': ['y'] } }),
    'params[git-revision] InvalidType',
  ],
  [
    'a param outside of its list',
    task([code()], { ...chosen, params: { mode: 'y' } }),
    'params[mode] NotInEnum',
  ],
  [
    'an object without a key',
    bare({ params: [{ name: 'git-url', properties: { a: {}, b: {} } }] }),
    'params[git-url] InvalidType',
  ],
  [
    'a default without a key',
    bare({ params: [{ name: 'git-url' }, { name: 'o', properties: { a: {}, b: {} }, default: { a: '1' } }] }),
    'params[o] Required',
  ],
  ['a param that an integration fills', task([code()], { ...chosen, ...given }), 'params[git-url] Duplicate'],
  ['a param that nothing fills', task([]), 'integrations[code] UnknownReference', 'params[git-url] Required'],
  [
    'a workspace that nothing binds',
    bare({ workspaces: [{ name: 'source' }] }),
    'workspaces[source] Required',
  ],
  [
    'a workspace that the Task lacks',
    task([], { ...given, workspaces: { x: { emptyDir: {} } } }),
    'workspaces[x] UnknownReference',
  ],
  ['a binding of nothing', task([], { ...given, workspaces: { source: {} } }), 'workspaces[source] Required'],
  [
    'a binding of two things',
    task([], { ...given, workspaces: { source: { emptyDir: {}, csi: { driver: 'x' } } } }),
    'workspaces[source] Invalid',
  ],
  [
    'a binding without its name',
    task([], { ...given, workspaces: { source: { secret: {} } } }),
    'workspaces[source].secret.secretName Required',
  ],
  [
    'a binding with an unknown field',
    task([], { ...given, workspaces: { source: { emptyDir: { size: '1' } } } }),
    'workspaces[source].emptyDir.size Invalid',
  ],
  [
    'a binding with no quantity',
    task([], { ...given, workspaces: { source: { emptyDir: { sizeLimit: '1 GB' } } } }),
    'workspaces[source].emptyDir.sizeLimit InvalidType',
  ],
  [
    'the result of a task',
    {
      pipeline: makePipeline([]),
      choices: {
        params: { 'git-url': '$(tasks.a.results.b)' },
        workspaces: { 'basic-auth': { emptyDir: {} } },
      },
    },
    'params[git-url] Unsupported',
  ],
  [
    'names that differ in case',
    task(
      [],
      { params: { 'git-url': 'a', 'GIT-URL': 'b' } },
      { params: [{ name: 'git-url' }, { name: 'GIT-URL' }] },
    ),
    'params[GIT-URL] Duplicate',
    'params[git-url] Duplicate',
  ],
  [
    'no names',
    {
      ...task([], given),
      options: { name: 'A', namespace: 'B', serviceAccount: 'C', labels: { '/': '', a: '/' } },
    },
    'metadata.labels[/] InvalidName',
    'metadata.labels[a] Invalid',
    'metadata.name InvalidName',
    'metadata.namespace InvalidName',
    'serviceAccount InvalidName',
  ],
]

tryRows(test, choices)

test('who contests a place is told in the same words whatever the order', () => {
  const library = code({ name: 'library', connectorRef: undefined })
  const other = code({ connectorRef: undefined })
  const told = problemsOf(task([library, other], {}))
  assert.ok(told.some(({ field }) => field === 'params[git-url]'))
  assert.equal(problemsOf(task([other, library], {})), told)
})

test.run()
