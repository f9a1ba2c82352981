import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, stringify } from 'yaml'
import { connectors } from '../../kube/object/resources.ts'
import { pipelines, taskRuns, tasks } from '../../kube/object/tekton.ts'
import { type CommandResult, connectors as runConnectors } from '../helpers/command.ts'
import { type DevInstance, withInstance } from '../helpers/instance.ts'
import { applyTekton, finishRuns } from '../helpers/tekton.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('connectors run')
const gitClone = join(import.meta.dirname, '../../tasks/git-clone/git-clone.yaml')
const gitCli = join(import.meta.dirname, '../../tasks/git-cli/git-cli.yaml')

const build = {
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: {
    name: 'build',
    annotations: {
      'integrations.tekton.dev/integrations': stringify([
        {
          name: 'image',
          interface: { category: 'OCIArtifact' },
          attributes: [{ name: 'artifact-versions', refPath: ['params.images'] }],
          workspaces: [{ name: 'registry-config', workspace: 'workspaces.dockerconfig' }],
        },
      ]),
    },
  },
  spec: {
    params: [
      { name: 'images', type: 'array' },
      { name: 'args', type: 'array', default: [] },
      { name: 'labels', type: 'object', properties: { team: {} }, default: { team: 'none' } },
      { name: 'file', default: 'Containerfile' },
    ],
    workspaces: [{ name: 'dockerconfig' }, { name: 'cache', optional: true }],
    steps: [{ name: 'build', image: 'x', script: 'echo "$@"', args: ['$(params.images[*])'] }],
  },
}

const pipeline = {
  apiVersion: 'tekton.dev/v1',
  kind: 'Pipeline',
  metadata: {
    name: 'release',
    annotations: {
      'integrations.tekton.dev/integrations': stringify([
        {
          name: 'image',
          interface: { category: 'OCIArtifact' },
          connectorRef: { name: 'registry', setAtRuntime: true },
          attributes: [{ name: 'artifact-versions', refPath: ['tasks.build.params.images'] }],
          workspaces: [{ name: 'registry-config', workspace: 'workspaces.login' }],
        },
      ]),
    },
  },
  spec: {
    workspaces: [{ name: 'login' }],
    tasks: [
      {
        name: 'build',
        taskRef: { name: 'build' },
        workspaces: [{ name: 'dockerconfig', workspace: 'login' }],
      },
    ],
  },
}

type Setup = {
  readonly instance: DevInstance
  readonly dir: string
  run(...args: readonly string[]): Promise<CommandResult>
}

function withTekton(use: (setup: Setup) => Promise<void>): Promise<void> {
  return withTempDir(dir =>
    withInstance(join(dir, 'data'), [], async instance => {
      const { client } = instance
      await applyTekton(client)
      for (const [name, connectorClassName] of Object.entries({ code: 'git', registry: 'oci' })) {
        const spec = { connectorClassName, address: `https://${name}.example.com` }
        await client.create(connectors, { metadata: { namespace: 'default', name }, spec })
      }
      await writeFile(join(dir, 'build.yaml'), stringify(build))
      await writeFile(join(dir, 'release.yaml'), `${stringify(pipeline)}---\n${stringify(build)}`)
      await use({ instance, dir, run: (...args) => instance.command(['run', ...args], dir) })
    }),
  )
}

function assertRefused(result: CommandResult, status: number, ...lines: readonly (string | RegExp)[]): void {
  assert.is(result.status, status, result.stderr)
  const written = result.stderr.split('\n').filter(line => line !== '' && !line.includes(' warning: '))
  assert.is(written.length, lines.length, result.stderr)
  for (const [at, line] of lines.entries()) assert.match(written[at] ?? '', line)
  assert.is(result.stdout, '')
}

const image = ['--integration', 'image=registry', '--param', 'image.repository=org/app'] as const

/** Prints a TaskRun of a file: params, lists, objects and workspaces. */
async function printsTaskRun({ run }: Setup): Promise<void> {
  const tags = ['-p', 'image.tags=1', '-p', 'image.tags=2']
  const own = [
    '-p',
    'args=--quiet',
    '-p',
    'labels.team=a=b',
    '-w',
    'cache={persistentVolumeClaim: {claimName: c}}',
  ]
  const named = ['--name', 'first', '--serviceaccount', 'builder', '--namespace', 'ci']
  const connector = ['--integration', 'image=default/registry', '--param', 'image.repository=org/app']
  const printed = await run('--task', 'build.yaml', ...connector, ...tags, ...own, ...named)
  assert.is(printed.status, 0, printed.stderr)
  const { kind, metadata, spec } = parse(printed.stdout)
  assert.is(kind, 'TaskRun')
  assert.equal(metadata, { name: 'first', namespace: 'ci' })
  assert.is(spec.serviceAccountName, 'builder')
  assert.equal(spec.taskSpec, build.spec)
  assert.equal(spec.params, [
    { name: 'args', value: ['--quiet'] },
    { name: 'images', value: ['registry.example.com/org/app:1', 'registry.example.com/org/app:2'] },
    { name: 'labels', value: { team: 'a=b' } },
  ])
  const volumeAttributes = { connectors: 'default/registry', 'configuration.names': 'registry-config' }
  assert.equal(spec.workspaces, [
    { name: 'cache', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'dockerconfig', csi: { driver: 'connectors-csi', readOnly: true, volumeAttributes } },
  ])
}

/** Prints a PipelineRun: Tasks of its file, a Connector that it declares, names in any order. */
async function printsPipelineRun({ run }: Setup): Promise<void> {
  const params = [
    ['-p', 'image.repository=org/app'],
    ['-p', 'image.tags=1'],
    ['-p', 'image.tags=2'],
  ]
  const [printed, reordered] = await Promise.all([
    run('--pipeline', 'release.yaml', '-o', 'json', ...params.flat()),
    run(
      '-o',
      'json',
      ...[params[1], params[0], params[2]].flatMap(pair => pair ?? []),
      '--pipeline',
      'release.yaml',
    ),
  ])
  assert.is(printed.status, 0, printed.stderr)
  const [unstored, unready, ...more] = printed.stderr.trimEnd().split('\n')
  assert.match(unstored ?? '', / warning: tasks\[build\]: is in the file alone/)
  // Nothing answers at its address.
  assert.match(unready ?? '', / warning: connectors\[default\/registry\]: is not Ready: ./)
  assert.equal(more, [])
  assert.is(printed.stdout, reordered.stdout)
  const { kind, metadata, spec } = JSON.parse(printed.stdout)
  assert.is(kind, 'PipelineRun')
  assert.equal(metadata, { generateName: 'release-', namespace: 'default' })
  assert.equal(spec.params, [
    {
      name: 'image-artifact-versions',
      value: ['registry.example.com/org/app:1', 'registry.example.com/org/app:2'],
    },
  ])
  assert.is(spec.workspaces[0].csi.volumeAttributes.connectors, 'default/registry')
}

/** Refers to a Task or Pipeline of the cluster by its name. */
async function refersByName({ run, instance: { client } }: Setup): Promise<void> {
  for (const [resource, object] of [
    [tasks, build],
    [pipelines, pipeline],
  ] as const) {
    await client.create(resource, { ...object, metadata: { ...object.metadata, namespace: 'default' } })
  }
  const chosen = [...image, '-p', 'image.tags=1']
  const [task, made] = await Promise.all([
    run('--task', 'build', ...chosen),
    run('--pipeline', 'release', ...chosen),
  ])
  assert.equal(parse(task.stdout).spec.taskRef, { name: 'build' })
  assert.is(made.status, 0, made.stderr)
  assert.not.match(made.stderr, 'cannot be checked', 'the Task that it refers to was found')
  // Params had to be added to it.
  assert.equal(parse(made.stdout).spec.pipelineSpec.tasks[0].taskRef, { name: 'build' })
  assertRefused(await run('--task', 'nope'), 3, 'Cannot get Task "default/nope"')
}

/** Creates the run, and follows it to an end that is its exit status. */
async function createsAndFollows({ run, instance: { client } }: Setup): Promise<void> {
  const chosen = ['--task', 'build.yaml', ...image, '-p', 'image.tags=1', '--create']
  const created = await run(...chosen)
  assert.is(created.status, 0, created.stderr)
  const name = /^taskrun\.tekton\.dev\/(build-\w+) created\n$/.exec(created.stdout)?.[1] ?? ''
  await client.get(taskRuns, { namespace: 'default', name })
  for (const [isGood, status, end] of [
    [true, 0, 'succeeded: Succeeded: '],
    [false, 1, 'failed: Failed: '],
  ] as const) {
    const finisher = finishRuns(client, isGood)
    const watched = await run(...chosen, '--watch')
    await finisher.stop()
    assert.is(watched.status, status, watched.stderr)
    assert.match(watched.stdout, end)
  }
}

/** Nothing of a run's status gives the terminal orders. */
async function cleansWhatItShows({ run, instance: { client } }: Setup): Promise<void> {
  const orders = '\x1b]0;title\x07\x1b[2J\u009b1A\r\nconnectors: forged'
  const conditions = [{ type: 'Succeeded', status: 'False', reason: orders, message: orders }]
  const more = { conditions, results: [{ name: orders, value: orders }] }
  const finisher = finishRuns(client, false, more)
  const chosen = ['--task', 'build.yaml', ...image, '-p', 'image.tags=1', '--create', '--watch']
  const { status, stdout, stderr } = await run(...chosen)
  await finisher.stop()
  assert.is(status, 1, stderr)
  assert.match(stdout, 'title')
  assert.not.match(stdout + stderr, /[^\n\P{Cc}]|^connectors: forged/mu)
}

/** All that is wrong is said, a line each, with its field. */
async function saysWhatIsWrong({ run }: Setup): Promise<void> {
  const wrong = [
    '-i',
    'image=other/registry',
    '-i',
    'x=code',
    '-p',
    'y=1',
    '-p',
    'image.z=1',
    '-w',
    'w=emptyDir',
  ]
  assertRefused(
    await run('--task', 'build.yaml', ...wrong),
    2,
    /integrations\[image\]\.connectors\[other\/registry\]: /,
    /integrations\[x\]: /,
    /params\[y\]: /,
    /workspaces\[w\]: /,
  )
  const another = await run('--task', 'build.yaml', '-i', 'image=code', '-p', 'image.repository=a')
  assertRefused(another, 7, /integrations\[image\]\.interface/)
  const spared = await run('--task', gitCli, '-i', 'code=code', '-w', 'source=emptyDir')
  assert.is(spared.status, 0, spared.stderr)
  const unset = await run('--task', gitClone, '-i', 'code=code')
  assertRefused(unset, 2, /integrations\[code\]\.params\.repository: /)
}

/** A file that is no Task is refused in one line, without its content. */
async function refusesFiles({ run, dir }: Setup): Promise<void> {
  for (const [text, why] of [
    ['kind: Pipeline\n', 'it holds no Task'],
    [`${stringify(build)}---\n${stringify(build)}`, 'it holds 2 of them'],
    ['secret: [canary\n', 'it is not YAML at line'],
  ] as const) {
    await writeFile(join(dir, 'wrong.yaml'), text)
    const refused = await run('--task', 'wrong.yaml')
    assertRefused(refused, 2, why)
    assert.not.match(refused.stderr, 'canary')
  }
  assertRefused(await run('--task', './none'), 2, 'Cannot read "./none" as Task: it does not exist')
}

test('prints runs of Tasks and Pipelines, from files and from the cluster', () =>
  withTekton(async setup => {
    await printsTaskRun(setup)
    await printsPipelineRun(setup)
    await refersByName(setup)
  }))

test('creates the run, and follows it to an end that is its exit status', () =>
  withTekton(async setup => {
    await createsAndFollows(setup)
    await cleansWhatItShows(setup)
  }))

test('says all that is wrong, a line each, with its field, and nothing of a file', () =>
  withTekton(async setup => {
    await saysWhatIsWrong(setup)
    await refusesFiles(setup)
  }))

test('a command line that is wrong is refused in one line', async () => {
  for (const [args, why] of [
    [[], 'either --task or --pipeline says what to run'],
    [['--task', 'a', '--pipeline', 'b'], 'either --task or --pipeline'],
    [['--task', 'a', '--watch'], '--watch goes with --create'],
    [['--task', 'a', '--param', 'x'], '"x" is no NAME=VALUE'],
    [['--task', 'a', '--integration', 'x='], '--integration "x=" is no NAME=NAMESPACE/CONNECTOR'],
    [['--task', 'a', '--workspace', 'x={'], '--workspace "x={" is no binding in YAML'],
    [['--task', 'a', '--workspace', 'x=emptyDir', '-w', 'x={}'], '--workspace "x" is given twice'],
    [['--task', 'a', '--create', '-o', 'yaml'], '--output does not go with --create'],
    [['--task', 'a', '-o', 'xml'], '"xml" is no output format'],
  ] as const) {
    assertRefused(await runConnectors(['run', ...args]), 2, why)
  }
})

test.run()
