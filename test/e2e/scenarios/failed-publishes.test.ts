// Volumes that cannot be rendered: csi.md, "Publish" and "Refresh".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitClass, createGitConnector } from '../harness/connector.ts'
import type { GitServer } from '../harness/git-server.ts'
import { apply, type ExecTarget, exec, getObject, kubectl, until } from '../harness/kubectl.ts'
import { type Scenario, scenario } from '../harness/scenario.ts'
import { mountPath, pod, podEnded, untilPodEvent, untilPodReady } from '../harness/workload.ts'

const failures = suite('a volume')

/** kubelet publishes again once a minute, and with some of its own time between. */
const republishMs = 180_000

failures(
  'keeps its pod from starting while its Connector does not exist, says so, and comes when that appears',
  scenario(async context => {
    const { team, server } = await teamWithGit(context)
    await apply(
      [
        pod({
          name: 'early',
          connectors: 'repo',
          script: 'git ls-remote --exit-code "$URL"',
          env: { URL: `${server.url}/app.git` },
        }),
      ],
      team,
    )
    const message = await untilPodEvent('early', team, 'FailedMount')
    assert.match(message, /NotFound/)
    assert.ok(message.includes(`connector "repo" not found in namespace "${team}"`), message)
    assert.is((await getObject('pod', 'early', team))['status'].phase, 'Pending')

    await createGitConnector({ name: 'repo', namespace: team, server })
    assert.is(await podEnded('early', team), 'Succeeded')
  }),
)

failures(
  'waits for the class of its Connector likewise',
  scenario(async context => {
    const { team, server } = await teamWithGit(context)
    const className = team
    await createGitConnector({ name: 'repo', namespace: team, server, className, ready: false })
    await apply([idle], team)
    const message = await untilPodEvent('idle', team, 'FailedMount')
    assert.match(message, /NotFound/)
    assert.ok(message.includes(`"${className}" not found`), message)

    context.onEnd(() => kubectl(['delete', 'connectorclass', className, '--ignore-not-found']))
    await createGitClass(className)
    await untilPodReady('idle', team)
  }),
)

failures(
  'keeps its files when its Connector is deleted, says so, and is refreshed when that is back',
  scenario(async context => {
    const { team, server } = await teamWithGit(context)
    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply([idle], team)
    await untilPodReady('idle', team)
    const target = { namespace: team, pod: 'idle' }
    const before = await filesOf(target)
    assert.match(before, /\.gitconfig/)

    await kubectl(['delete', 'connector', 'repo', `--namespace=${team}`])
    const message = await untilPodEvent('idle', team, 'VolumeRefreshFailed', { timeoutMs: republishMs })
    assert.ok(message.includes(`connector "repo" not found in namespace "${team}"`), message)
    assert.is(await filesOf(target), before)

    await createGitConnector({
      name: 'repo',
      namespace: team,
      server: { ...server, url: `${server.url}/app.git` },
    })
    await untilFilesDiffer(target, before)
    await exec(target, ['git', 'ls-remote', '--exit-code', `${server.url}/app.git`])
  }),
)

failures(
  'keeps its files when a template of its class is broken, says where, and is refreshed when that is mended',
  scenario(async context => {
    const { team, server } = await teamWithGit(context)
    const className = team
    context.onEnd(() => kubectl(['delete', 'connectorclass', className, '--ignore-not-found']))
    await createGitClass(className)
    await createGitConnector({ name: 'repo', namespace: team, server, className })
    await apply([idle], team)
    await untilPodReady('idle', team)
    const target = { namespace: team, pod: 'idle' }
    const before = await filesOf(target)

    await setTemplate(
      className,
      '# first line\n{{ range .connectors }}{{ fail "broken on purpose" }}{{ end }}\n',
    )
    const message = await untilPodEvent('idle', team, 'VolumeRefreshFailed', { timeoutMs: republishMs })
    assert.match(message, /broken on purpose/)
    assert.match(message, /\.gitconfig:2:/)
    assert.is(await filesOf(target), before)

    await setTemplate(className, '# mended\n')
    await untilFilesDiffer(target, before)
    assert.is(await exec(target, ['cat', `${mountPath}/.gitconfig`]), '# mended\n')
  }),
)

failures.run()

const idle = pod({ name: 'idle', connectors: 'repo', script: 'exec sleep infinity' })

/** With another Connector, so that the scope grants the use of whatever else appears there. */
async function teamWithGit({
  namespace,
  gitServer,
}: Scenario): Promise<{ readonly team: string; readonly server: GitServer }> {
  const team = await namespace()
  const server = await gitServer()
  await server.createRepository('app')
  await createGitConnector({ name: 'other', namespace: team, server })
  return { team, server }
}

/** What every file of the volume holds, and which set of files it is. */
function filesOf(target: ExecTarget): Promise<string> {
  return exec(target, [
    'sh',
    '-euc',
    `cd ${mountPath} && readlink ..data && sha256sum ..data/* ..data/.[a-z]*`,
  ])
}

async function untilFilesDiffer(target: ExecTarget, before: string): Promise<void> {
  await until(async () => (await filesOf(target)) !== before, {
    what: 'the volume to be refreshed',
    timeoutMs: republishMs,
  })
}

async function setTemplate(className: string, template: string): Promise<void> {
  const at = '/spec/configurations/0/data/.gitconfig'
  const patch = JSON.stringify([{ op: 'replace', path: at, value: template }])
  await kubectl(['patch', 'connectorclass', className, '--type=json', `--patch=${patch}`])
}
