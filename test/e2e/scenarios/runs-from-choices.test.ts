// From "this Connector, this repository" to runs that succeed: `connectors run` against Tekton itself.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { type CommandResult, connectors } from '../../helpers/command.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { createGitConnector } from '../harness/connector.ts'
import { gitImage } from '../harness/images.ts'
import { apply, kubectl, listObjects } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'

const tasks = join(import.meta.dirname, '../../../tasks')
const taskFile = (name: string) => join(tasks, name, `${name}.yaml`)

const runs = suite('connectors run')

function run(namespace: string, ...args: readonly string[]): Promise<CommandResult> {
  return connectors(['run', '--namespace', namespace, ...args])
}

/** Of all Pods in a namespace: their definitions and what they wrote. */
async function everythingOf(namespace: string): Promise<string> {
  const pods = await listObjects('pods', { namespace })
  const logs = pods.map(({ metadata }) =>
    kubectl(['logs', `--namespace=${namespace}`, metadata.name, '--all-containers']),
  )
  return [JSON.stringify(pods), ...(await Promise.all(logs))].join('\n')
}

runs(
  'makes a TaskRun of git-clone that succeeds, and follows it to its results',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    const commit = await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const choice = ['--integration', 'code=repo', '--workspace', 'output=emptyDir', '--create', '--watch']
    const clone = (repository: string) =>
      run(team, '--task', taskFile('git-clone'), ...choice, '--param', `code.repository=${repository}`)

    const cloned = await clone('app.git')
    assert.is(cloned.status, 0, cloned.stdout + cloned.stderr)
    assert.ok(cloned.stdout.includes(`result commit: "${commit}"`), cloned.stdout)
    assert.match(cloned.stdout, /^\[clone\] /m)

    const failed = await clone('gone.git')
    assert.is(failed.status, 1, failed.stdout + failed.stderr)
    assert.match(failed.stdout, /^\[clone\] .*gone\.git.* not found/m)
    assert.not((await everythingOf(team)).includes(server.password))
  }),
)

runs(
  'makes a PipelineRun of a Pipeline and two Tasks of the cluster: it clones, and pushes what it cloned',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    const commit = await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    for (const name of ['git-clone', 'git-cli']) {
      await kubectl(['apply', `--namespace=${team}`, `--filename=${taskFile(name)}`])
    }
    await apply([pipeline], team)
    const choice = ['--integration', 'code=repo', '--param', 'code.repository=app.git']
    const volumes = ['--workspace', 'sources=emptyDir', '--workspace', 'work=emptyDir']
    const made = await run(
      team,
      '--pipeline',
      'commit-and-push',
      ...choice,
      ...volumes,
      '--create',
      '--watch',
    )
    assert.is(made.status, 0, made.stdout + made.stderr)
    assert.is(made.stderr, '')
    assert.match(made.stdout, /^\[clone : clone\] /m)
    assert.match(made.stdout, /^\[push : git\] /m)
    const log = await server.git('app', ['log', '--format=%an %s %P', '-1', 'main'])
    assert.is(log.trim(), `Pipeline Built of ${commit} ${commit}`)
    assert.not((await everythingOf(team)).includes(server.password))
  }),
)

runs(
  'binds several Connectors to one workspace, each for its own server',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const [first, second] = [await gitServer(), await gitServer()]
    const commits = [await first.createRepository('app'), await second.createRepository('library')]
    await createGitConnector({ name: 'app', namespace: team, server: first })
    await createGitConnector({ name: 'library', namespace: team, server: second })
    await withTempDir(async dir => {
      const file = join(dir, 'compare.yaml')
      await writeFile(file, stringify(compareTask))
      const choice = ['--integration', 'code=library,app', '--param', 'code.repository=app.git']
      const library = `library=${second.url}/library.git`
      const made = await run(team, '--task', file, ...choice, '--param', library, '--create', '--watch')
      assert.is(made.status, 0, made.stdout + made.stderr)
      for (const commit of commits) assert.ok(made.stdout.includes(`[compare] ${commit}`), made.stdout)
    })
    for (const { password } of [first, second]) assert.not((await everythingOf(team)).includes(password))
  }),
)

runs.run()

const pipeline = {
  apiVersion: 'tekton.dev/v1',
  kind: 'Pipeline',
  metadata: {
    name: 'commit-and-push',
    annotations: {
      'integrations.tekton.dev/integrations': stringify([
        {
          name: 'code',
          interface: { category: 'GitCodeRepository' },
          attributes: [
            { name: 'url', refPath: ['tasks.clone.params.url'] },
            { name: 'revision', refPath: ['tasks.clone.params.revision'] },
          ],
          workspaces: [{ name: 'git-basic-auth', workspace: 'workspaces.login' }],
        },
      ]),
    },
  },
  spec: {
    workspaces: [{ name: 'sources' }, { name: 'work' }, { name: 'login' }],
    tasks: [
      {
        name: 'clone',
        taskRef: { name: 'git-clone' },
        workspaces: [
          { name: 'output', workspace: 'sources' },
          { name: 'basic-auth', workspace: 'login' },
        ],
      },
      {
        name: 'push',
        taskRef: { name: 'git-cli' },
        params: [
          { name: 'GIT_USER_NAME', value: 'Pipeline' },
          { name: 'GIT_USER_EMAIL', value: 'pipeline@example.com' },
          {
            name: 'GIT_SCRIPT',
            value: [
              'git clone --quiet $(tasks.clone.results.url) .',
              "git commit --quiet --allow-empty --message 'Built of $(tasks.clone.results.commit)'",
              'git push origin HEAD:main',
            ].join('\n'),
          },
        ],
        workspaces: [
          { name: 'source', workspace: 'work' },
          { name: 'basic-auth', workspace: 'login' },
        ],
      },
    ],
  },
}

const compareTask = {
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: {
    name: 'compare',
    annotations: {
      'integrations.tekton.dev/integrations': stringify([
        {
          name: 'code',
          interface: { name: 'gitcoderepository' },
          attributes: [{ name: 'url', param: 'app' }],
          workspaces: [{ name: 'git-basic-auth', workspace: 'workspaces.login' }],
        },
      ]),
    },
  },
  spec: {
    params: [{ name: 'app' }, { name: 'library' }],
    workspaces: [{ name: 'login' }],
    steps: [
      {
        name: 'compare',
        image: gitImage,
        imagePullPolicy: 'IfNotPresent',
        env: [
          { name: 'APP', value: '$(params.app)' },
          { name: 'LIBRARY', value: '$(params.library)' },
          { name: 'GIT_CONFIG_GLOBAL', value: '$(workspaces.login.path)/.gitconfig' },
          { name: 'GIT_TERMINAL_PROMPT', value: '0' },
        ],
        script: '#!/bin/sh\nset -eu\ngit ls-remote "$APP" main\ngit ls-remote "$LIBRARY" main\n',
      },
    ],
  },
}
