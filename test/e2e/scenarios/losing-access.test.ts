// Rights and tokens that are taken back from a pod that runs: access.md, "a token that loses its permission stops
// working within 60 s".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askProxy, type ProxyAnswer } from '../harness/ask-proxy.ts'
import { createGitConnector } from '../harness/connector.ts'
import { apply, exec, getObject, kubectl, until } from '../harness/kubectl.ts'
import { measured, type Scenario, scenario } from '../harness/scenario.ts'
import { mountPath, pod, untilPodReady } from '../harness/workload.ts'

const access = suite('a running pod')

access(
  'may use a Connector no more within 60 s of the removal of its grant, be that the scope or a RoleBinding',
  scenario(async context => {
    const ofScope = await connectorIn(context)
    const ofBinding = await connectorIn(context)
    const stranger = await context.namespace()
    const may = [
      '--verb=get',
      '--resource=connectors.connectors.alauda.io,connectors.connectors.alauda.io/proxy',
    ]
    const inside = `--namespace=${ofBinding.team}`
    await kubectl(['create', 'role', 'use-repo', ...may, '--resource-name=repo', inside])
    const whom = `--serviceaccount=${stranger}:default`
    await kubectl(['create', 'rolebinding', 'use-repo', '--role=use-repo', whom, inside])

    await Promise.all([
      losesAccess(ofScope.team, ofScope, () =>
        kubectl(['annotate', 'namespace', ofScope.team, 'connectors.cpaas.io/scope-grants=false']),
      ),
      losesAccess(stranger, ofBinding, () => kubectl(['delete', 'rolebinding', 'use-repo', inside])),
    ])
  }),
)

access(
  'cannot go on with the token of a pod that was deleted',
  scenario(async context => {
    const { team, listing } = await connectorIn(context)
    await apply([idle('gone'), idle('thief')], team)
    await Promise.all([untilPodReady('gone', team), untilPodReady('thief', team)])
    const token = await tokenOf(context, 'gone', team)
    const ask = (own: string) => askProxy({ namespace: team, pod: 'thief' }, listing, own)
    assert.is((await ask(token)).status, 200, 'whoever has the token may use it while its pod exists')

    await kubectl(['delete', 'pod', 'gone', `--namespace=${team}`, '--force', '--grace-period=0'])
    const { body } = await untilRefused('token of a deleted pod', 401, () => ask(token))
    assert.match(body, /not valid/)
    assert.is((await ask(await tokenOf(context, 'thief', team))).status, 200, 'its own is as good as ever')
  }),
)

access.run()

type Place = { readonly team: string; readonly listing: string }

async function connectorIn({ namespace, gitServer }: Scenario): Promise<Place> {
  const team = await namespace()
  const server = await gitServer()
  await server.createRepository('app')
  await createGitConnector({ name: 'repo', namespace: team, server })
  const { status } = await getObject('connector', 'repo', team)
  return { team, listing: `${status.proxy.httpAddress.url}/app.git/info/refs?service=git-upload-pack` }
}

function idle(name: string, connectors = 'repo') {
  return pod({ name, connectors, script: 'exec sleep infinity' })
}

async function losesAccess(
  namespace: string,
  { team, listing }: Place,
  takeAway: () => Promise<unknown>,
): Promise<void> {
  await apply([idle('user', `${team}/repo`)], namespace)
  await untilPodReady('user', namespace)
  const target = { namespace, pod: 'user' }
  const token = await exec(target, ['cat', `${mountPath}/context.token`])
  const ask = () => askProxy(target, listing, token)
  assert.is((await ask()).status, 200)

  await takeAway()
  const { body } = await untilRefused(namespace === team ? 'scope grant' : 'RoleBinding', 403, ask)
  assert.ok(body.includes(`system:serviceaccount:${namespace}:default`), body)
}

async function tokenOf({ conceal }: Scenario, name: string, namespace: string): Promise<string> {
  const token = await exec({ namespace, pod: name }, ['cat', `${mountPath}/context.token`])
  conceal(token)
  return token
}

/** By every replica of the proxy: each remembers for itself what the API server has allowed. */
async function untilRefused(
  what: string,
  status: number,
  ask: () => Promise<ProxyAnswer>,
): Promise<ProxyAnswer> {
  const takenMs = performance.now()
  let lastAllowedMs = takenMs
  let refusals = 0
  const answer = await until(
    async () => {
      const found = await ask()
      if (found.status === 200) {
        refusals = 0
        lastAllowedMs = performance.now()
        return undefined
      }
      assert.is(found.status, status, found.body)
      return ++refusals === 12 ? found : undefined
    },
    { what: 'the proxy to refuse', timeoutMs: 75_000 },
  )
  const seconds = (lastAllowedMs - takenMs) / 1000
  assert.ok(seconds < 60, `the last use was ${seconds} s after`)
  measured(`last use after the removal (${what})`, `${seconds.toFixed(1)} s`)
  return answer
}
