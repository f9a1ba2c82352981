// Secretless access with Tekton: our Tasks in TaskRuns, with a connector volume as the workspace "basic-auth".
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectorVolume, createGitConnector } from '../harness/connector.ts'
import { findCredential } from '../harness/credential-search.ts'
import { apply, exec, kubectl, type Manifest, podLogs, tryKubectl, until } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'
import { podOf, untilConcluded } from '../harness/workload.ts'

const project = join(import.meta.dirname, '../../..')
const task = (name: string) => readFileSync(join(project, `tasks/${name}/${name}.yaml`), 'utf8')

const tasks = suite('a TaskRun')

tasks(
  'of git-clone clones a private repository and tells commit, url and date',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    const commit = await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply(task('git-clone'), team)
    const url = `${server.url}/app.git`
    await apply([taskRun('clone', 'git-clone', { url, revision: 'main' }, 'output')], team)

    const { succeeded, message, object } = await untilConcluded('taskrun', 'clone', team)
    assert.ok(succeeded, message)
    const results = Object.fromEntries(
      (object['status'].results as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
    )
    const date = (await server.git('app', ['log', '-1', '--format=%ct', 'main'])).trim()
    assert.equal(results, { commit, url, 'committer-date': date })
    assert.not((await podLogs(team, 'clone-pod')).includes(server.password))
  }),
)

tasks(
  'of git-cli pushes, with no credential of the tool in its pod',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply(task('git-cli'), team)
    const params = {
      GIT_USER_NAME: 'Task',
      GIT_USER_EMAIL: 'task@example.com',
      GIT_SCRIPT: cloneAndPush(`${server.url}/app.git`),
    }
    await apply([taskRun('push', 'git-cli', params, 'source')], team)
    const pod = await podOf('tekton.dev/taskRun=push', team)
    const target = { namespace: team, pod, container: 'step-git' }
    await until(
      async () => /^pushed$/m.test((await tryKubectl(['logs', `--namespace=${team}`, pod])).stdout),
      { what: 'the push' },
    )
    assert.equal(await findCredential(target, [server.password]), [])
    const plants = await findCredential(target, ['task@example.com'])
    assert.ok(plants.includes('/home/git/.gitconfig'), 'the search finds what is there')
    await exec(target, ['touch', '/home/git/searched'])

    const { succeeded, message, object } = await untilConcluded('taskrun', 'push', team)
    assert.ok(succeeded, message)
    assert.match(await server.git('app', ['log', '-1', '--format=%an %s', 'main']), /^Task Built by a Task$/m)
    assert.is(object['status'].results[0].value, (await server.git('app', ['rev-parse', 'main'])).trim())
    assert.not((await podLogs(team, pod)).includes(server.password))
  }),
)

tasks(
  'that people already have, written for a Secret with .gitconfig and .git-credentials, clones unmodified',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    const commit = await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply(readFileSync(join(import.meta.dirname, 'existing-task.yaml'), 'utf8'), team)
    await apply([taskRun('fetch', 'fetch-sources', { url: `${server.url}/app.git` }, 'output')], team)
    const { succeeded, message, object } = await untilConcluded('taskrun', 'fetch', team)
    assert.ok(succeeded, message)
    assert.is(object['status'].results[0].value, commit)
  }),
)

tasks(
  'fails with the reason from Git where the Connector has no such repository',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply(task('git-clone'), team)
    await apply([taskRun('clone', 'git-clone', { url: `${server.url}/gone.git` }, 'output')], team)
    const { succeeded } = await untilConcluded('taskrun', 'clone', team)
    assert.not(succeeded)
    const logs = await kubectl(['logs', `--namespace=${team}`, 'clone-pod', '--all-containers'])
    assert.match(logs, /repository '.*gone.git.*' not found/)
  }),
)

tasks.run()

function taskRun(
  name: string,
  taskName: string,
  params: Readonly<Record<string, string>>,
  folder: 'output' | 'source',
): Manifest {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name },
    spec: {
      taskRef: { name: taskName },
      params: Object.entries(params).map(([key, value]) => ({ name: key, value })),
      workspaces: [
        { name: folder, emptyDir: {} },
        { name: 'basic-auth', csi: connectorVolume('repo') },
      ],
    },
  }
}

/** Stays until it has been searched: what is looked for is a running pod. */
function cloneAndPush(url: string): string {
  return `
git clone --quiet ${url} .
date >built
git add built
git commit --quiet --message 'Built by a Task'
git push --quiet origin HEAD:main
echo pushed
while [ ! -e "$HOME/searched" ]; do sleep 0.2; done
`
}
