// `connectors run --create --watch` where something is in its way: what it says, and its exit status.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { createGitConnector } from '../harness/connector.ts'
import { type StartedRun, startRun } from '../harness/connectors-run.ts'
import { gitImage } from '../harness/images.ts'
import { getObject, kubectl } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'
import { userOf } from '../harness/user.ts'
import { untilConcluded } from '../harness/workload.ts'

const gitClone = join(import.meta.dirname, '../../../tasks/git-clone/git-clone.yaml')

const following = suite('following a run')

following(
  'writes what each step writes, in their order, and waits for no sidecar',
  scenario(async ({ namespace }) => {
    const team = await namespace()
    const sidecars = [{ name: 'helper', ...script('echo aside; exec sleep 600') }]
    const steps = [
      { name: 'one', ...script('echo first; echo second') },
      { name: 'two', ...script("printf 'without an end'") },
    ]
    const { status, stdout, stderr } = await runOf(team, { sidecars, steps }).then(({ ended }) => ended)
    assert.is(status, 0, stdout + stderr)
    const [created, ...lines] = stdout.trimEnd().split('\n')
    const run = `taskrun.tekton.dev/${nameIn(created)}`
    assert.equal(lines, [
      '[one] first',
      '[one] second',
      '[two] without an end',
      `${run} succeeded: Succeeded: All Steps have completed executing`,
    ])
    assert.is(stderr, '')
  }),
)

following(
  'says why a pod never starts, and ends with 1 when Tekton gives it up',
  scenario(async ({ namespace }) => {
    const team = await namespace()
    const image = 'connectors-e2e.example/none:1'
    const steps = [{ name: 'never', ...script('true'), image }]
    const { status, stdout } = await runOf(team, { steps }).then(({ ended }) => ended)
    assert.is(status, 1, stdout)
    assert.match(stdout, /^\[never\] Failed: .*connectors-e2e\.example\/none:1/m)
    assert.match(stdout, /^\[never\] waits: (ErrImagePull|ImagePullBackOff)$/m)
    assert.match(stdout, /^taskrun\.tekton\.dev\/\S+ failed: TaskRunImagePullFailed: /m)
  }),
)

following(
  'says what a run may not use, and goes on when that is granted',
  scenario(async ({ namespace, gitServer }) => {
    const [owner, team, server] = [await namespace(), await namespace(), await gitServer()]
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: owner, server })
    const run = startRun([
      ...['--namespace', team, '--task', gitClone, '--workspace', 'output=emptyDir'],
      ...['--integration', `code=${owner}/repo`, '--param', 'code.repository=app.git'],
    ])
    await run.untilWritten(/^\[clone\] FailedMount: .*PermissionDenied.*connectors\/proxy/m)
    const binding = ['create', 'rolebinding', 'use-repo', `--namespace=${owner}`]
    const connector = '--resource=connectors.connectors.alauda.io,connectors.connectors.alauda.io/proxy'
    const role = ['--verb=get', connector, '--resource-name=repo', `--namespace=${owner}`]
    await kubectl(['create', 'role', 'use-repo', ...role])
    await kubectl([...binding, '--role=use-repo', `--serviceaccount=${team}:default`])
    const { status, stdout, stderr } = await run.ended
    assert.is(status, 0, stdout + stderr)
    assert.match(stdout, /^result commit: /m)
  }),
)

following(
  'ends with one line when the run is deleted',
  scenario(async ({ namespace }) => {
    const team = await namespace()
    const run = await runOf(team, endless)
    await run.untilWritten(/^\[endless\] started$/m)
    const name = await run.name()
    await kubectl(['delete', 'taskrun', name, `--namespace=${team}`, '--wait=false'])
    const { status, stdout, stderr } = await run.ended
    assert.is(status, 3, stdout + stderr)
    const why = `connectors: Cannot follow TaskRun "${team}/${name}" to its end: it was deleted\n`
    assert.is(stderr, why)
    assert.is(stdout, `taskrun.tekton.dev/${name} created\n[endless] started\n`)
  }),
)

following(
  'stops at Ctrl-C, and the run goes on',
  scenario(async ({ namespace }) => {
    const team = await namespace()
    const run = await runOf(team, endless)
    await run.untilWritten(/^\[endless\] started$/m)
    const name = await run.name()
    run.interrupt()
    const { status, stderr } = await run.ended
    assert.is(status, 130)
    assert.is(stderr, `connectors: no longer following taskrun.tekton.dev/${name}, which goes on\n`)
    const { status: left } = await getObject('taskrun', name, team)
    assert.equal([left.conditions[0].status, left.conditions[0].reason], ['Unknown', 'Running'])
  }),
)

following(
  'tells a user who may not read logs, Pods or runs what is missing, and how the run ended where it can',
  scenario(async context => {
    const team = await context.namespace()
    const reading = {
      apiGroups: ['connectors.alauda.io'],
      resources: ['resourceinterfaces'],
      verbs: ['list'],
    }
    await withTempDir(async dir => {
      const asUser = (name: string, rules: readonly object[]) =>
        userOf({ dir, team, name, onEnd: context.onEnd }, [reading, ...rules])
      const [blind, outsider, writer] = await Promise.all([
        asUser('blind', [runRule('create', 'get'), podRule]),
        asUser('outsider', [runRule('create', 'get')]),
        asUser('writer', [runRule('create')]),
      ])
      const quick = { steps: [{ name: 'quick', ...script('echo done') }] }
      const ends = await Promise.all(
        [blind, outsider, writer].map(async KUBECONFIG => (await runOf(team, quick, { KUBECONFIG })).ended),
      )
      const [noLogs, noPods, noRuns] = ends
      assert.equal(
        ends.map(({ status }) => status),
        [0, 0, 4],
        JSON.stringify(ends),
      )
      assert.match(
        noLogs?.stdout ?? '',
        /^\[quick\] Cannot read the log of Pod .*cannot get resource "pods\/log"/m,
      )
      assert.match(noLogs?.stdout ?? '', / succeeded: Succeeded: /)
      assert.match(noPods?.stdout ?? '', /^\[quick-\w+\] Cannot get Pod .*cannot get resource "pods"/m)
      assert.match(noPods?.stdout ?? '', / succeeded: Succeeded: /)
      const name = nameIn(noRuns?.stdout)
      assert.is(noRuns?.stdout, `taskrun.tekton.dev/${name} created\n`)
      assert.match(
        noRuns?.stderr ?? '',
        /^connectors: Cannot get TaskRun .*cannot get resource "taskruns".*\n$/,
      )
      assert.ok((await untilConcluded('taskrun', name, team)).succeeded, 'it was made all the same')
    })
  }),
)

following(
  'needs no more rights than the documentation of the command line says',
  scenario(async context => {
    const { namespace, gitServer, onEnd } = context
    const [team, server] = [await namespace(), await gitServer()]
    const commit = await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    await kubectl(['apply', `--namespace=${team}`, `--filename=${gitClone}`])
    await withTempDir(async dir => {
      const tasks = { ...runRule('get'), resources: ['tasks'] }
      const KUBECONFIG = await userOf({ dir, team, name: 'author', onEnd }, [
        ...[runRule('create', 'get'), podRule, { ...podRule, resources: ['pods/log'] }, tasks],
      ])
      const view = ['--clusterrole=connectors-view', `--serviceaccount=${team}:author`]
      await kubectl(['create', 'clusterrolebinding', `${team}-view`, ...view])
      onEnd(() => kubectl(['delete', 'clusterrolebinding', `${team}-view`]))
      const choice = ['--integration', 'code=repo', '--param', 'code.repository=app.git']
      const args = ['--namespace', team, '--task', 'git-clone', '--workspace', 'output=emptyDir', ...choice]
      const { status, stdout, stderr } = await startRun(args, { KUBECONFIG }).ended
      assert.is(status, 0, stdout + stderr)
      assert.is(stderr, '')
      assert.match(stdout, /^\[clone\] \+ git init/m)
      assert.ok(stdout.includes(`result commit: "${commit}"`), stdout)
    })
  }),
)

following.run()

const endless = { steps: [{ name: 'endless', ...script('echo started; exec sleep 600') }] }

function script(text: string) {
  return { image: gitImage, imagePullPolicy: 'IfNotPresent', script: `#!/bin/sh\n${text}\n` }
}

async function runOf(
  team: string,
  spec: object,
  env?: Readonly<Record<string, string>>,
): Promise<StartedRun> {
  return withTempDir(async dir => {
    const file = join(dir, 'task.yaml')
    const metadata = { name: 'quick' }
    await writeFile(file, stringify({ apiVersion: 'tekton.dev/v1', kind: 'Task', metadata, spec }))
    const run = startRun(['--namespace', team, '--task', file], env)
    // The file is read by then.
    await Promise.race([run.name(), run.ended])
    return run
  })
}

function nameIn(stdout = ''): string {
  return /^taskrun\.tekton\.dev\/(\S+) created$/m.exec(stdout)?.[1] ?? ''
}

const podRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }

function runRule(...verbs: readonly string[]) {
  return { apiGroups: ['tekton.dev'], resources: ['taskruns'], verbs }
}
