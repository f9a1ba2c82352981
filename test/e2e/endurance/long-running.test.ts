// A pod that outlives its first token. It lasts as long as kubelet's shortest token: the run begins it first and
// awaits it last.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askProxy, lifetimeOf } from '../harness/ask-proxy.ts'
import { connectorVolume, createGitConnector } from '../harness/connector.ts'
import type { GitServer } from '../harness/git-server.ts'
import { apply, type ExecTarget, exec, getObject, tryExec, until } from '../harness/kubectl.ts'
import { measured, scenario } from '../harness/scenario.ts'
import { mountPath, podSpec, untilPodReady } from '../harness/workload.ts'

const endurance = suite('a pod that outlives its first token')

endurance(
  'goes on fetching where the whole volume is mounted, and not from a file that is mounted through subPath',
  scenario(async ({ namespace, gitServer, conceal }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const proxyAddress: string = (await getObject('connector', 'repo', team))['status'].proxy.httpAddress.url
    await apply(manifests(server, proxyAddress), team)
    await untilPodReady('long', team)
    const container = (name: string): ExecTarget => ({ namespace: team, pod: 'long', container: name })

    const first = await tokenIn(container('whole'))
    conceal(first)
    const { iat, exp } = lifetimeOf(first)
    assert.is(exp - iat, 600, 'the release has csi.tokenExpirationSeconds=600, the shortest there is')
    for (const name of containers) {
      await exec(container(name), ['git', 'clone', '--quiet', `${server.url}/app.git`, 'app'])
    }
    const listing = `${proxyAddress}/app.git/info/refs?service=git-upload-pack`
    assert.is((await askProxy(container('whole'), listing, first)).status, 200)
    await exec(container('whole'), ['touch', 'cloned'])

    const second = await until(
      async () => {
        const token = await tokenIn(container('whole'))
        return token !== first && token
      },
      { what: 'kubelet to replace the token in the volume', timeoutMs: 600_000 },
    )
    conceal(second)
    const replacedAt = Date.now() / 1000
    assert.ok(replacedAt < exp, 'the token is replaced while it is still good')
    measured('token of 600 s replaced in the volume after', `${Math.round(replacedAt - iat)} s`)

    const refusal = await until(
      async () => {
        const answer = await askProxy(container('whole'), listing, first)
        return answer.status === 401 && { ...answer, at: Date.now() / 1000 }
      },
      { what: 'the proxy to refuse the first token', timeoutMs: (exp - replacedAt + 60) * 1000 },
    )
    assert.ok(refusal.at >= exp - 1, 'the first token was good until it expired')
    assert.match(refusal.body, /expired/)

    const commit = await addCommit(server)
    for (const name of ['whole', 'include', 'helper']) {
      assert.is(await fetched(container(name)), commit, `container ${name} fetches`)
    }
    const count = Number((await exec(container('whole'), ['cat', 'fetches'])).trim())
    assert.ok(count > 60, `it fetched ${count} times meanwhile`)
    assert.is(await exec(container('whole'), ['cat', 'failures']), '', 'and never in vain')

    const stale = await tryExec(container('embedded'), ['git', '-C', 'app', 'fetch', '--quiet'])
    assert.is.not(stale.status, 0, 'a file that is mounted through subPath is never replaced')
    assert.match(stale.stderr, /could not read Username/)
    const embedded = await exec(container('embedded'), ['cat', '/home/git/.gitconfig'])
    assert.ok(embedded.includes(Buffer.from(`:${first}`).toString('base64')), 'it has the first token still')
  }),
)

endurance.run()

const containers = ['whole', 'include', 'helper', 'embedded'] as const

function manifests(server: GitServer, proxyAddress: string) {
  const settings = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'git-settings' },
    data: { include: includingConfig, helper: helperConfig(server, proxyAddress) },
  }
  const whole = podSpec({ name: 'long', connectors: 'repo', script: fetchForever })
  const [main] = whole.containers
  const home = (name: string) => ({ name: `home-${name}`, mountPath: '/home/git' })
  const gitconfig = { mountPath: '/home/git/.gitconfig', readOnly: true }
  const volume = { name: 'connectors', mountPath, readOnly: true }
  const mounts = {
    whole: [volume, home('whole')],
    // Their own configuration comes through subPath, the token from the whole volume beside it.
    include: [volume, home('include'), { name: 'settings', subPath: 'include', ...gitconfig }],
    helper: [volume, home('helper'), { name: 'settings', subPath: 'helper', ...gitconfig }],
    embedded: [home('embedded'), { name: 'connectors', subPath: '.gitconfig', ...gitconfig }],
  }
  const spec = {
    ...whole,
    containers: containers.map(name => ({
      ...main,
      name,
      ...(name === 'whole'
        ? {}
        : {
            command: ['sleep', 'infinity'],
            env: [
              { name: 'HOME', value: '/home/git' },
              { name: 'GIT_TERMINAL_PROMPT', value: '0' },
            ],
          }),
      volumeMounts: mounts[name],
    })),
    volumes: [
      { name: 'connectors', csi: connectorVolume('repo') },
      { name: 'settings', configMap: { name: 'git-settings' } },
      ...containers.map(name => ({ name: `home-${name}`, emptyDir: {} })),
    ],
  }
  return [settings, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'long' }, spec }]
}

const includingConfig = `
[user]
	name = Team
[include]
	path = ${mountPath}/.gitconfig
`

function helperConfig(server: GitServer, proxyAddress: string): string {
  return `
[url "${proxyAddress}/"]
	insteadOf = "${server.url}/"
[credential "${proxyAddress}"]
	helper = "!f() { echo username=connectors; echo password=$(cat ${mountPath}/context.token); }; f"
`
}

const fetchForever = `
while [ ! -e cloned ]; do sleep 0.2; done
: >failures
count=0
while :; do
  git -C app fetch --quiet 2>>failures || date >>failures
  count=$((count + 1))
  echo $count >fetches
  sleep 5
done
`

function tokenIn(target: ExecTarget): Promise<string> {
  return exec(target, ['cat', `${mountPath}/context.token`])
}

async function addCommit(server: GitServer): Promise<string> {
  const identity = ['-c', 'user.name=Seed', '-c', 'user.email=seed@example.com']
  const tree = ['commit-tree', 'main^{tree}', '-p', 'main', '-m', 'Later']
  const commit = (await server.git('app', [...identity, ...tree])).trim()
  await server.git('app', ['update-ref', 'refs/heads/main', commit])
  return commit
}

async function fetched(target: ExecTarget): Promise<string> {
  await exec(target, ['git', '-C', 'app', 'fetch', '--quiet'])
  return (await exec(target, ['git', '-C', 'app', 'rev-parse', 'origin/main'])).trim()
}
