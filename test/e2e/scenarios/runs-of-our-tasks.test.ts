// The Tasks and the Pipeline of tasks/ in runs that `connectors run` makes: what is chosen arrives, no credential does.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, stringify } from 'yaml'
import { connectors } from '../../helpers/command.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { createGitConnector } from '../harness/connector.ts'
import { startRun } from '../harness/connectors-run.ts'
import { findCredential } from '../harness/credential-search.ts'
import type { GitServer } from '../harness/git-server.ts'
import { type ExecTarget, exec, getObject, kubectl, podLogs } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'
import { oneVolume } from '../harness/shared-volume.ts'
import { podOf } from '../harness/workload.ts'

const tasks = join(import.meta.dirname, '../../../tasks')
const fileOf = (name: string) => join(tasks, name, `${name}.yaml`)
const param = (name: string, value: string) => ['--param', `${name}=${value}`]

const annotation = 'integrations.tekton.dev/integrations'

const runs = suite('a run made of choices')

runs(
  'of git-cli clones from two servers through one workspace, with the credential of neither in its pod',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const [first, second] = [await gitServer(), await gitServer()]
    const commits = [await first.createRepository('app'), await second.createRepository('library')]
    await createGitConnector({ name: 'app', namespace: team, server: first })
    await createGitConnector({ name: 'library', namespace: team, server: second })
    const script = `
git clone --quiet ${first.url}/app.git app
git clone --quiet ${second.url}/library.git library
git -C app rev-parse HEAD
git -C library rev-parse HEAD
${untilSearched}
cd app`
    const made = startRun([
      ...['--namespace', team, '--task', fileOf('git-cli'), '--workspace', 'source=emptyDir'],
      ...[
        '--integration',
        'code=library',
        '--integration',
        'code=app',
        ...param('code.repository', 'app.git'),
      ],
      ...[...param('GIT_SCRIPT', script), ...param('GIT_USER_EMAIL', planted)],
    ])
    await made.untilWritten(/^\[git\] searching$/m)
    const run = await getObject('taskrun', await made.name(), team)
    const workspaces: readonly { csi?: { volumeAttributes: { connectors: string } } }[] =
      run['spec'].workspaces
    const bound = workspaces.flatMap(({ csi }) => csi?.volumeAttributes.connectors ?? [])
    assert.equal(bound, [`${team}/app,${team}/library`])
    const target = { namespace: team, pod: run['status'].podName, container: 'step-git' }
    await assertSecretless(target, [first.password, second.password])

    const { status, stdout, stderr } = await made.ended
    assert.is(status, 0, stdout + stderr)
    for (const commit of commits) assert.match(stdout, new RegExp(`^\\[git\\] ${commit}$`, 'm'))
    const logs = await podLogs(team, target.pod)
    for (const { password } of [first, second]) assert.not((stdout + logs).includes(password))
  }),
)

runs(
  'of the Pipeline clone-and-push hands the sources on in a volume that it claims, and pushes',
  scenario(async context => {
    const team = await context.namespace()
    const server = await context.gitServer()
    const commit = await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const storageClassName = await oneVolume(context)
    for (const name of ['git-clone', 'git-cli', 'clone-and-push']) {
      await kubectl(['apply', `--namespace=${team}`, `--filename=${fileOf(name)}`])
    }
    const script = `
git log -1 --format=%H >built
git add built
git commit --quiet --message 'Built by a Pipeline'
git push --quiet origin HEAD:main
${untilSearched}`
    const spec = {
      storageClassName,
      accessModes: ['ReadWriteMany'],
      resources: { requests: { storage: '1Gi' } },
    }
    const made = startRun([
      ...['--namespace', team, '--pipeline', 'clone-and-push', '--integration', 'code=repo'],
      ...[...param('code.repository', 'app.git'), ...param('script', script)],
      ...[...param('user-name', 'Pipeline'), ...param('user-email', planted)],
      ...['--workspace', `source=${JSON.stringify({ volumeClaimTemplate: { spec } })}`],
    ])
    await made.untilWritten(/^\[push : git\] searching$/m)
    const run = await made.name()
    const { spec: asked } = await getObject('pipelinerun', run, team)
    assert.equal(asked.pipelineRef, { name: 'clone-and-push' })
    const pod = await podOf(`tekton.dev/pipelineRun=${run},tekton.dev/pipelineTask=push`, team)
    await assertSecretless({ namespace: team, pod, container: 'step-git' }, [server.password])

    const { status, stdout, stderr } = await made.ended
    assert.is(status, 0, stdout + stderr)
    assert.is(stderr, '', 'the Tasks that it refers to are known')
    const pushed = (await server.git('app', ['rev-parse', 'main'])).trim()
    assert.ok(stdout.includes(`result cloned: "${commit}"\nresult commit: "${pushed}"\n`), stdout)
    assert.is((await server.git('app', ['show', 'main:built'])).trim(), commit)
    assert.match(stdout, /^\[clone : clone\] [\s\S]*^\[push : git\] /m)
    assert.not(stdout.includes(server.password))
  }),
)

runs(
  'of the Pipeline clone-and-push fails with the reason of the task that failed, and skips the next',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    await createGitConnector({ name: 'repo', namespace: team, server: await gitServer() })
    const files = ['git-clone', 'git-cli'].map(name => `--filename=${fileOf(name)}`)
    await kubectl(['apply', `--namespace=${team}`, ...files])
    const made = startRun([
      ...['--namespace', team, '--pipeline', fileOf('clone-and-push'), '--integration', 'code=repo'],
      ...[...param('code.repository', 'gone.git'), ...param('script', 'true')],
      ...['--workspace', 'source=emptyDir'],
    ])
    const { status, stdout, stderr } = await made.ended
    assert.is(status, 1, stdout + stderr)
    assert.match(stdout, /^\[clone : clone\] fatal: repository .*gone\.git.* not found$/m)
    assert.match(stdout, /^\[clone\] failed: Failed: "step-clone" exited with code 128/m)
    assert.not.match(stdout, /^\[push/m)
    assert.match(stdout, /^pipelinerun\.tekton\.dev\/\S+ failed: Failed: .*Skipped: 1$/m)
  }),
)

runs(
  'takes the Connector and the revision that are declared, or those chosen where that may be',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const [usual, other] = [await gitServer(), await gitServer()]
    const [main, foreign] = [await usual.createRepository('app'), await other.createRepository('app')]
    await usual.git('app', ['branch', 'release', 'main'])
    const release = await commitOn(usual, 'release')
    await createGitConnector({ name: 'usual', namespace: team, server: usual })
    await createGitConnector({ name: 'other', namespace: team, server: other })
    await withTempDir(async dir => {
      const open = await declared(join(dir, 'open.yaml'), team, true)
      const choices = ['--namespace', team, ...param('code.repository', 'app.git')]
      const clone = (...args: readonly string[]) =>
        startRun([...choices, '--workspace', 'output=emptyDir', '--task', ...args]).ended
      const [asDeclared, revised, elsewhere] = await Promise.all([
        clone(open),
        clone(open, ...param('code.revision', main)),
        clone(open, '--integration', 'code=other', ...param('code.revision', 'main')),
      ])
      for (const [{ status, stdout, stderr }, commit] of [
        [asDeclared, release],
        [revised, main],
        [elsewhere, foreign],
      ] as const) {
        assert.is(status, 0, stdout + stderr)
        assert.ok(stdout.includes(`result commit: "${commit}"`), stdout)
      }

      const fixed = await declared(join(dir, 'fixed.yaml'), team, false)
      const refused = await connectors([
        ...['run', ...choices, '--create', '--workspace', 'output=emptyDir', '--task', fixed],
        ...['--integration', 'code=other', ...param('code.revision', 'main')],
      ])
      assert.is(refused.status, 2, refused.stdout)
      assert.match(refused.stderr, /integrations\[code\]\.connectors/)
      assert.match(refused.stderr, /integrations\[code\]\.params\.revision/)
      assert.is(refused.stdout, '')
    })
  }),
)

runs.run()

const planted = 'planted@example.com'
const untilSearched = 'echo searching; while [ ! -e "$HOME/searched" ]; do sleep 0.2; done'

/** Then lets the script go on. */
async function assertSecretless(target: ExecTarget, secrets: readonly string[]): Promise<void> {
  assert.equal(await findCredential(target, secrets), [])
  const plants = await findCredential(target, [planted])
  assert.ok(plants.includes('/home/git/.gitconfig'), 'the search finds what is there')
  await exec(target, ['touch', '/home/git/searched'])
}

const identity = ['-c', 'user.name=Seed', '-c', 'user.email=seed@example.com']

async function commitOn(server: GitServer, branch: string): Promise<string> {
  const commit = ['commit-tree', '-p', branch, '-m', 'On a branch', `${branch}^{tree}`]
  const made = (await server.git('app', [...identity, ...commit])).trim()
  await server.git('app', ['update-ref', `refs/heads/${branch}`, made])
  return made
}

/** A file with git-clone as somebody has adapted it: of the Connector "usual" and the branch "release". */
async function declared(file: string, namespace: string, setAtRuntime: boolean): Promise<string> {
  const task = parse(await readFile(fileOf('git-clone'), 'utf8'))
  const { annotations } = task.metadata
  const [code] = parse(annotations[annotation])
  const connectorRef = { name: 'usual', namespace, setAtRuntime }
  const revision = { name: 'revision', value: 'refs/heads/release', setAtRuntime }
  annotations[annotation] = stringify([{ ...code, connectorRef, params: [revision] }])
  await writeFile(file, stringify(task))
  return file
}
