// Following runs against an API server that a script plays.
import type { ServerResponse } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type FollowOptions, followRun, type Outcome } from '../../../cli/run/follow.ts'
import { pipelineRuns, taskRuns } from '../../../kube/object/tekton.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { type Received, refuse, reply, withApiServer } from '../../kube/api-server.ts'

const test = suite('cli/run/follow')

/** Waits for no time, and lets everything else go on. */
const hastyClock: Clock = {
  ...systemClock,
  async sleep(_, { signal }) {
    signal?.throwIfAborted()
    await new Promise(resolve => setImmediate(resolve))
  },
}

type Script = {
  /** By path: an object, a list of answers of which the last stays, or what answers by itself. */
  readonly [path: string]:
    | object
    | readonly object[]
    | ((request: Received, response: ServerResponse) => void)
}

const namespace = '/namespaces/ci'
const at = {
  taskRun: (name: string) => `/apis/tekton.dev/v1${namespace}/taskruns/${name}`,
  pipelineRun: (name: string) => `/apis/tekton.dev/v1${namespace}/pipelineruns/${name}`,
  pod: (name: string) => `/api/v1${namespace}/pods/${name}`,
  log: (name: string) => `/api/v1${namespace}/pods/${name}/log`,
}

async function follow(
  kind: 'TaskRun' | 'PipelineRun',
  script: Script,
  { signal = new AbortController().signal, write }: Partial<Pick<FollowOptions, 'signal' | 'write'>> = {},
): Promise<{ readonly outcome: Outcome; readonly lines: readonly string[] }> {
  const asked = new Map<string, number>()
  const lines: string[] = []
  const answer = (request: Received, response: ServerResponse) => {
    if (request.path.endsWith('/events') && !Object.hasOwn(script, request.path)) {
      return reply(response, 200, { items: [] })
    }
    const scripted = script[request.path]
    if (scripted === undefined) return refuse(response, 404, { reason: 'NotFound', message: 'not found' })
    if (typeof scripted === 'function') return scripted(request, response)
    const turn = asked.get(request.path) ?? 0
    asked.set(request.path, turn + 1)
    const list: readonly object[] = Array.isArray(scripted) ? scripted : [scripted]
    reply(response, 200, list[Math.min(turn, list.length - 1)])
  }
  return withApiServer(answer, async ({ client }) => {
    const resource = kind === 'TaskRun' ? taskRuns : pipelineRuns
    const collect = (line: string) => void lines.push(line)
    const ref = { namespace: 'ci', name: 'run' }
    const options = { client, clock: hastyClock, signal, write: write ?? collect }
    const outcome = await followRun(resource, ref, options)
    return { outcome, lines }
  })
}

async function assertRejects(promise: Promise<unknown>, message: string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (caught: Error) => caught,
  )
  assert.is(error?.message, message)
}

function object(kind: string, name: string, status?: object): object {
  return { kind, metadata: { namespace: 'ci', name }, ...(status === undefined ? {} : { status }) }
}

function ended(status: 'True' | 'False', reason: string): object {
  return { conditions: [{ type: 'Succeeded', status, reason, message: `it is ${reason}` }] }
}

const running = { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', message: '' }] }

function pod(name: string, states: Readonly<Record<string, object>>, phase = 'Running'): object {
  const containers = ['step-one', 'step-two', 'sidecar-x'].map(container => ({ name: container }))
  const containerStatuses = Object.entries(states).map(([container, state]) => ({ name: container, state }))
  return { ...object('Pod', name), spec: { containers }, status: { phase, containerStatuses } }
}

const started = { 'step-one': { running: {} }, 'step-two': { terminated: { exitCode: 0 } } }

function logs(texts: Readonly<Record<string, readonly (string | Buffer)[]>>) {
  return ({ query }: Received, response: ServerResponse) => {
    assert.is(query.get('follow'), 'true')
    response.writeHead(200, { 'content-type': 'text/plain' })
    for (const part of texts[query.get('container') ?? ''] ?? []) response.write(part)
    response.end()
  }
}

test('a TaskRun: what its steps write, in their order, and its results', async () => {
  const results = [{ name: 'commit', value: 'abc' }]
  const { outcome, lines } = await follow('TaskRun', {
    [at.taskRun('run')]: [
      object('TaskRun', 'run'),
      object('TaskRun', 'run', { ...running, podName: 'run-pod' }),
      object('TaskRun', 'run', { ...running, podName: 'run-pod' }),
      object('TaskRun', 'run', { ...ended('True', 'Succeeded'), podName: 'run-pod', results }),
    ],
    [at.pod('run-pod')]: [
      pod('run-pod', {}, 'Pending'),
      pod('run-pod', {}, 'Pending'),
      pod('run-pod', started),
    ],
    [at.log('run-pod')]: logs({
      'step-one': [
        'a\nb',
        'c\r\n',
        Buffer.from('gr\u00fc\u00df').subarray(0, 3),
        Buffer.from('\u00fc\u00df').subarray(1),
      ],
      'step-two': ['x'.repeat(70_000), '\n\nlast\n'],
    }),
  })
  assert.equal(outcome, { succeeded: true, reason: 'Succeeded', message: 'it is Succeeded', results })
  assert.equal(lines, [
    '[one] a',
    '[one] bc',
    '[one] gr\u00fc\u00df',
    `[two] ${'x'.repeat(65_536)}`,
    `[two] ${'x'.repeat(70_000 - 65_536)}`,
    '[two] ',
    '[two] last',
  ])
})

test('a PipelineRun: its tasks by their names, why one failed, and skipped kinds left alone', async () => {
  const childReferences = [
    { kind: 'TaskRun', name: 'run-a', pipelineTaskName: 'a' },
    { kind: 'CustomRun', name: 'run-c', pipelineTaskName: 'c' },
    { kind: 'TaskRun', name: 'run-b', pipelineTaskName: 'b' },
  ]
  const { outcome, lines } = await follow('PipelineRun', {
    [at.pipelineRun('run')]: [
      object('PipelineRun', 'run', running),
      object('PipelineRun', 'run', { ...running, childReferences }),
      object('PipelineRun', 'run', { ...ended('False', 'Failed'), childReferences }),
    ],
    ...Object.fromEntries(
      ['a', 'b'].flatMap(name => [
        [
          at.taskRun(`run-${name}`),
          object('TaskRun', name, { ...ended(name === 'a' ? 'True' : 'False', 'S'), podName: `${name}-pod` }),
        ],
        [at.pod(`${name}-pod`), pod(`${name}-pod`, started, 'Succeeded')],
        [at.log(`${name}-pod`), logs({ 'step-one': [`I am ${name}\n`] })],
      ]),
    ),
  })
  assert.is(outcome.succeeded, false)
  assert.equal([...lines].sort(), ['[a : one] I am a', '[b : one] I am b', '[b] failed: S: it is S'])
})

test('the runs of a matrix are told apart by their params', async () => {
  const fixed = { name: 'url', value: 'https://git.example.com' }
  const long = (end: string) => 'release/of-a-very-long-branch-that-nobody-types/'.repeat(2) + end
  const combinations = {
    'run-ls-0': [fixed, { name: 'ref', value: 'main' }, { name: 'os', value: 'linux' }],
    'run-ls-1': [fixed, { name: 'ref', value: 'bad\nref' }, { name: 'os', value: 'linux' }],
    'run-ls-2': [fixed, { name: 'ref', value: long('a') }, { name: 'os', value: 'linux' }],
    'run-ls-3': [fixed, { name: 'ref', value: long('b') }, { name: 'os', value: 'linux' }],
    'run-ls-4': [fixed, { name: 'arch', value: ['arm', 64] }],
    'run-ls-5': [fixed],
  }
  const childReferences = Object.keys(combinations).map(name => ({
    kind: 'TaskRun',
    name,
    pipelineTaskName: 'ls',
  }))
  const matrix = {
    params: [
      { name: 'ref', value: ['main', 'bad', 'long'] },
      { name: 'os', value: ['linux'] },
    ],
    include: [{ name: 'arm', params: [{ name: 'arch', value: 'arm' }] }],
  }
  const pipelineSpec = { finally: [{ name: 'ls', matrix }] }
  const { lines } = await follow('PipelineRun', {
    [at.pipelineRun('run')]: object('PipelineRun', 'run', {
      ...ended('False', 'Failed'),
      childReferences,
      pipelineSpec,
    }),
    ...Object.fromEntries(
      Object.entries(combinations).flatMap(([name, params]) => [
        [
          at.taskRun(name),
          {
            ...object('TaskRun', name, { ...ended('False', 'F'), podName: `${name}-pod` }),
            spec: { params },
          },
        ],
        [at.pod(`${name}-pod`), pod(`${name}-pod`, started, 'Failed')],
        [at.log(`${name}-pod`), logs({ 'step-one': ['x\n'] })],
      ]),
    ),
  })
  const cut = 'ref=release/of-a-very-long-branch-th..., os=linux'
  const labels = [
    'ls (arch=["arm",64])',
    'ls (ref=bad ref, os=linux)',
    'ls (ref=main, os=linux)',
    `ls (${cut}; run-ls-2)`,
    `ls (${cut}; run-ls-3)`,
    'ls (run-ls-5)',
  ]
  const expected = labels.flatMap(label => [`[${label} : one] x`, `[${label}] failed: F: it is F`])
  assert.equal([...lines].sort(), expected.sort())
})

test('a step writes in lines of its own, which are not changed', async () => {
  const { lines } = await follow('TaskRun', {
    [at.taskRun('run')]: object('TaskRun', 'run', { ...ended('True', 'Succeeded'), podName: 'p' }),
    [at.pod('p')]: pod('p', { 'step-one': { running: {} } }, 'Succeeded'),
    [at.log('p')]: logs({
      'step-one': ['tab\t\ud83d\ude00\n', '\x1b[1;31mred\n', '10%\r20%\n'],
    }),
  })
  assert.equal(lines, ['[one] tab\t\ud83d\ude00', '[one] \x1b[1;31mred', '[one] 10%\r20%'])
})

test('why a step does not start is said once', async () => {
  const waiting = { 'step-one': { waiting: { reason: 'ImagePullBackOff' } } }
  const creating = { 'step-one': { waiting: { reason: 'ContainerCreating' } } }
  const warning = { reason: 'FailedMount', message: 'connector "x"\n  not found', ...object('Event', 'e') }
  const podName = 'run-pod'
  const { lines } = await follow('TaskRun', {
    [at.taskRun('run')]: [
      object('TaskRun', 'run', { ...running, podName }),
      object('TaskRun', 'run', { ...running, podName }),
      object('TaskRun', 'run', { ...ended('False', 'TaskRunTimeout'), podName }),
    ],
    [at.pod(podName)]: [
      ...[creating, creating, waiting, waiting].map(states => pod(podName, states, 'Pending')),
      pod(podName, waiting, 'Failed'),
    ],
    [`/api/v1${namespace}/events`]: { items: [warning] },
  })
  assert.equal(lines, ['[one] FailedMount: connector "x" not found', '[one] waits: ImagePullBackOff'])
})

test('a retry has a Pod of its own, and a Pod that is gone is no failure', async () => {
  const { lines, outcome } = await follow('TaskRun', {
    [at.taskRun('run')]: [
      ...['gone', 'gone', 'second', 'second'].map(podName =>
        object('TaskRun', 'run', { ...running, podName }),
      ),
      object('TaskRun', 'run', { ...ended('True', 'Succeeded'), podName: 'second' }),
    ],
    [at.pod('second')]: pod('second', started),
    [at.log('second')]: logs({ 'step-one': ['again\n'] }),
  })
  assert.is(outcome.succeeded, true)
  assert.equal(lines, ['[one] again'])
})

test('a log that cannot be read is said, and the run followed on', async () => {
  const { lines, outcome } = await follow('TaskRun', {
    [at.taskRun('run')]: object('TaskRun', 'run', { ...ended('True', 'Succeeded'), podName: 'p' }),
    [at.pod('p')]: pod('p', started),
    [at.log('p')]: (_, response) =>
      refuse(response, 403, { reason: 'Forbidden', message: 'no logs for you' }),
  })
  assert.is(outcome.succeeded, true)
  assert.is(lines.length, 2)
  for (const line of lines)
    assert.match(line, 'Cannot read the log of Pod "ci/p": the API server answered 403')
})

test('an API server that is away for a while is waited for; a run that is gone is not', async () => {
  let turn = 0
  const { outcome } = await follow('TaskRun', {
    [at.taskRun('run')]: (_, response) => {
      if (++turn < 5) refuse(response, 503, { reason: 'ServiceUnavailable' })
      else reply(response, 200, object('TaskRun', 'run', ended('True', 'Succeeded')))
    },
  })
  assert.is(outcome.succeeded, true)
  await assertRejects(follow('TaskRun', {}), 'Cannot follow TaskRun "ci/run" to its end: it was deleted')
})

test('a run that is deleted in the middle of a log ends it without another word', async () => {
  const lines: string[] = []
  let isDeleted = false
  const failed = follow(
    'TaskRun',
    {
      [at.taskRun('run')]: (_, response) => {
        if (isDeleted) refuse(response, 404, { reason: 'NotFound' })
        else reply(response, 200, object('TaskRun', 'run', { ...running, podName: 'p' }))
      },
      [at.pod('p')]: pod('p', started),
      [at.log('p')]: (_, response) => {
        response.writeHead(200)
        response.write('first\n')
      },
    },
    {
      write(line) {
        lines.push(line)
        isDeleted = true
      },
    },
  )
  await assertRejects(failed, 'Cannot follow TaskRun "ci/run" to its end: it was deleted')
  assert.equal(lines, ['[one] first'])
})

test('being told to stop ends it, in the middle of a log too', async () => {
  const stop = new AbortController()
  const failed = follow(
    'TaskRun',
    {
      [at.taskRun('run')]: object('TaskRun', 'run', { ...running, podName: 'p' }),
      [at.pod('p')]: pod('p', started),
      [at.log('p')]: (_, response) => {
        response.writeHead(200)
        response.write('first\n')
        setTimeout(() => stop.abort(), 20)
      },
    },
    { signal: stop.signal },
  )
  assert.is(
    await failed.then(
      () => 'went on',
      () => 'stopped',
    ),
    'stopped',
  )
})

test.run()
