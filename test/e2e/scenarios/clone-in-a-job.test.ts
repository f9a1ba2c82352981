// Secretless access without Tekton: a Job clones a private repository and pushes to it, and holds nothing to steal.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import { findCredential } from '../harness/credential-search.ts'
import { apply, exec, kubectl, listObjects, tryKubectl, until } from '../harness/kubectl.ts'
import { scenario } from '../harness/scenario.ts'
import { job, podOf, untilConcluded } from '../harness/workload.ts'

const clone = suite('a Job')

clone(
  'clones a private repository and pushes to it, with no credential of the tool in its pod',
  scenario(async ({ namespace, gitServer }) => {
    // Pods here may do no more than Pod Security "restricted" lets them.
    const team = await namespace({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } })
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply(
      [
        job({
          name: 'push',
          connectors: 'repo',
          script: cloneAndPush(`${server.url}/app.git`),
          env: { PLANTED: planted },
        }),
      ],
      team,
    )
    const pod = await podOf('job-name=push', team)
    const target = { namespace: team, pod }
    await until(
      async () => (await tryKubectl(['logs', `--namespace=${team}`, pod])).stdout.includes('pushed'),
      {
        what: 'the push',
      },
    )

    assert.equal(await findCredential(target, [server.password]), [])
    const plants = await findCredential(target, [planted])
    assert.ok(plants.includes('/proc/1/environ'), 'the search finds what is there')
    assert.ok(plants.includes('the definition of the pod'), 'the search finds what is there')

    await exec(target, ['touch', '/home/git/searched'])
    const { succeeded, message } = await untilConcluded('job', 'push', team)
    assert.ok(succeeded, message)
    assert.match(await server.git('app', ['log', '-1', '--format=%an %s', 'main']), /^Job Built by a Job$/m)
  }),
)

clone(
  'has no more rights than the grant of its scope',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await createGitConnector({ name: 'repo', namespace: team, server })
    const bindings = await listObjects('rolebindings', { namespace: team })
    assert.equal(
      bindings.map(({ metadata }) => metadata.name),
      ['connectors-scope'],
    )
    const account = `system:serviceaccount:${team}:default`
    const can = async (...question: string[]) =>
      (
        await tryKubectl([
          'auth',
          'can-i',
          ...question,
          `--namespace=${team}`,
          `--as=${account}`,
          '--as-group=system:serviceaccounts',
          `--as-group=system:serviceaccounts:${team}`,
        ])
      ).stdout.trim()
    assert.is(await can('get', 'connectors.connectors.alauda.io/repo', '--subresource=proxy'), 'yes')
    assert.is(await can('get', 'secrets/repo-credential'), 'no')
    assert.is(await can('list', 'secrets'), 'no')
    assert.is(await can('update', 'connectors.connectors.alauda.io/repo'), 'no')
  }),
)

clone(
  'is refused by the Git server itself where it goes past the proxy',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const script = `git -c include.path=/dev/null ls-remote ${server.url}/app.git`
    await apply(
      [job({ name: 'direct', connectors: 'repo', script, env: { GIT_CONFIG_GLOBAL: '/dev/null' } })],
      team,
    )
    const { succeeded } = await untilConcluded('job', 'direct', team)
    assert.not(succeeded)
    const pod = await podOf('job-name=direct', team)
    assert.match(await kubectl(['logs', `--namespace=${team}`, pod]), /could not read Username/)
  }),
)

clone.run()

const planted = 'planted-5d0c1f6e2b7a4938'

/** Stays until it has been searched: what is looked for is a running pod. */
function cloneAndPush(url: string): string {
  return `
git clone --quiet ${url} app
cd app
date >built
git add built
git -c user.name=Job -c user.email=job@example.com commit --quiet --message 'Built by a Job'
git push --quiet origin HEAD:main
echo pushed
while [ ! -e /home/git/searched ]; do sleep 0.2; done
`
}
