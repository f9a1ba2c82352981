// Every rule of validation as a row: what is wrong, and where it is said to be wrong.
import { suite } from 'uvu'
import { makeTask } from './example.ts'
import { bare, given, params, type Row, step, tryRows } from './problem-rows.ts'

const test = suite('tekton: problems of Tasks and Pipelines')

const definitions: readonly Row[] = [
  ['nothing', { task: undefined }, ' Invalid'],
  [
    'another kind and version',
    { task: { ...makeTask([]), kind: 'Pipeline', apiVersion: 'tekton.dev/v1beta1' }, choices: given },
    'apiVersion Unsupported',
    'kind Invalid',
  ],
  ['no spec', { task: { ...makeTask([]), spec: 7 } }, 'spec Required'],
  [
    'no name',
    { task: { ...makeTask([]), metadata: { name: 'A_B' } }, choices: given },
    'metadata.name InvalidName',
  ],
  ['no steps', bare({ steps: [] }), 'spec.steps Required'],
  ['an unknown field', bare({ stepz: [] }), 'spec.stepz Invalid'],
  ['an unknown field of a step', step({ stdin: true }), 'spec.steps[0].stdin Invalid'],
  [
    'a variable that is a number',
    step({ env: [{ name: 'A', value: 5 }] }),
    'spec.steps[0].env[0].value InvalidType',
  ],
  [
    'steps that are no list',
    bare({ steps: { image: 'x' } }),
    'spec.steps InvalidType',
    'spec.steps Required',
  ],
  [
    'a condition without operator and values',
    bare(
      { workspaces: [], tasks: [{ name: 'a', taskRef: { name: 'x' }, when: [{ input: 'a' }] }] },
      'pipeline',
    ),
    'spec.tasks[0].when[0].operator Invalid',
    'spec.tasks[0].when[0].values Required',
  ],
  [
    'a Task with an impossible name',
    bare({ workspaces: [], tasks: [{ name: 'a', taskRef: { name: '-' } }] }, 'pipeline'),
    'spec.tasks[0].taskRef.name InvalidName',
  ],
  ['a step without image', bare({ steps: [{}] }), 'spec.steps[0].image Required'],
  [
    'a step with a script and a command',
    step({ script: 'a', command: ['b'] }),
    'spec.steps[0].script Invalid',
  ],
  ['a step with a reference and an image', step({ ref: { name: 'a' } }), 'spec.steps[0].image Invalid'],
  ['a step with a bad name', step({ name: 'A' }), 'spec.steps[0].name InvalidName'],
  [
    'two steps of one name',
    bare({
      steps: [
        { name: 'a', image: 'x' },
        { name: 'a', image: 'x' },
      ],
    }),
    'spec.steps[1].name Duplicate',
  ],
  [
    'a mount where Tekton is at home',
    step({ volumeMounts: [{ name: 'a', mountPath: '/tekton/x' }] }),
    'spec.steps[0].volumeMounts[0].mountPath Invalid',
  ],
  [
    'two workspaces at one path',
    bare({
      workspaces: [
        { name: 'a', optional: true },
        { name: 'b', optional: true, mountPath: '/workspace/./a/' },
      ],
    }),
    'spec.workspaces[1].mountPath Duplicate',
  ],
  [
    'a param twice',
    params({ name: 'a', default: '' }, { name: 'a', default: '' }),
    'spec.params[2].name Duplicate',
  ],
  ['a param of no type', params({ name: 'a', type: 'number', default: '' }), 'spec.params[1].type Invalid'],
  [
    'a default of another type',
    params({ name: 'a', type: 'array', default: 'b' }),
    'spec.params[1].default InvalidType',
  ],
  [
    'an object without properties',
    params({ name: 'a', type: 'object', default: {} }),
    'spec.params[1].properties Required',
  ],
  ['a bad name of a param', params({ name: '1a', default: '' }), 'spec.params[1a] InvalidName'],
  [
    'a variable that is not declared',
    step({ script: '$(params.x)' }),
    'spec.steps[0].script UnknownReference',
  ],
  [
    'a list in a text',
    bare({
      params: [{ name: 'git-url' }, { name: 'a', type: 'array', default: [] }],
      steps: [{ image: 'x', script: '$(params.a[*])' }],
    }),
    'spec.steps[0].script UnknownReference',
  ],
  [
    'an object in a text',
    bare({
      params: [{ name: 'git-url' }, { name: 'a', properties: { b: {} }, default: { b: '' } }],
      steps: [{ image: 'x', script: '$(params.a.b) $(params.a.c)' }],
    }),
    'spec.steps[0].script UnknownReference',
  ],
  ['no tasks', bare({ tasks: [], workspaces: [] }, 'pipeline'), 'spec.tasks Required'],
  [
    'a task of nothing',
    bare({ workspaces: [], tasks: [{ name: 'a' }] }, 'pipeline'),
    'spec.tasks[0] Required',
  ],
  [
    'a task with a bad name',
    bare({ workspaces: [], tasks: [{ name: 'A', taskRef: { name: 'x' } }] }, 'pipeline'),
    'spec.tasks[0].name InvalidName',
  ],
  [
    'tasks in a circle',
    bare(
      {
        workspaces: [],
        tasks: [
          { name: 'a', taskRef: { name: 'x' }, runAfter: ['b'] },
          { name: 'b', taskRef: { name: 'x' }, params: [{ name: 'x', value: '$(tasks.a.results.r)' }] },
        ],
      },
      'pipeline',
    ),
    'spec.tasks Invalid',
  ],
  [
    'a wait for nobody',
    bare({ workspaces: [], tasks: [{ name: 'a', taskRef: { name: 'x' }, runAfter: ['b'] }] }, 'pipeline'),
    'spec.tasks[0] UnknownReference',
  ],
  [
    'a workspace of a task from nowhere',
    bare(
      { workspaces: [], tasks: [{ name: 'a', taskRef: { name: 'x' }, workspaces: [{ name: 'w' }] }] },
      'pipeline',
    ),
    'spec.tasks[0].workspaces[0] UnknownReference',
  ],
  [
    'a param of a task from nowhere',
    bare(
      {
        workspaces: [],
        tasks: [{ name: 'a', taskRef: { name: 'x' }, params: [{ name: 'p', value: '$(params.x)' }] }],
      },
      'pipeline',
    ),
    'spec.tasks[0].params[p] UnknownReference',
  ],
]

tryRows(test, definitions)

test.run()
