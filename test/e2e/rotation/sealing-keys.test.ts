// The keys of sealed tokens are dropped at once: access.md, "A volume's token is sealed". No volume's token is good then
// until the driver has sealed it again.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askProxy } from '../harness/ask-proxy.ts'
import { createGitConnector } from '../harness/connector.ts'
import { apply, exec, getObject, kubectl, tryExec, until } from '../harness/kubectl.ts'
import { systemNamespace } from '../harness/release.ts'
import { measure, measured, scenario } from '../harness/scenario.ts'
import { mountPath, pod, podEnded, untilPodReady } from '../harness/workload.ts'

const rotation = suite('the keys of sealed tokens')

rotation(
  'are made anew when somebody asks for it: older tokens end, new pods work at once and running ones soon',
  scenario(async ({ namespace, gitServer, conceal }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const { status } = await getObject('connector', 'repo', team)
    const listing = `${status.proxy.httpAddress.url}/app.git/info/refs?service=git-upload-pack`
    await apply([pod({ name: 'running', connectors: 'repo', script: 'exec sleep infinity' })], team)
    await untilPodReady('running', team)
    const running = { namespace: team, pod: 'running' }
    const old = await exec(running, ['cat', `${mountPath}/context.token`])
    conceal(old)
    assert.is((await askProxy(running, listing, old)).status, 200)

    const before = await publishedKey()
    const inside = `--namespace=${systemNamespace}`
    await kubectl(['annotate', 'secret', 'connectors-sealing-keys', inside, 'connectors.cpaas.io/rotate=now'])
    await until(async () => (await publishedKey()) !== before, { what: 'another key to be published' })
    const refused = await measure('dropped keys open nothing after', () => untilRefused(old))
    assert.match(refused.body, /not valid/)
    const { metadata } = await getObject('secret', 'connectors-sealing-keys', systemNamespace)
    assert.is(metadata.annotations?.['connectors.cpaas.io/rotate'], undefined, 'it was asked for once')

    const list = ['git', 'ls-remote', '--exit-code', `${server.url}/app.git`]
    await apply([pod({ name: 'new', connectors: 'repo', script: list.join(' ') })], team)
    assert.is(await podEnded('new', team), 'Succeeded')
    const droppedAt = performance.now()
    await until(async () => (await tryExec(running, list)).status === 0, {
      what: 'the volume of a running pod to be sealed again',
      timeoutMs: republishMs,
    })
    const seconds = (performance.now() - droppedAt) / 1000
    measured('a running pod works again after its keys were dropped', `${seconds.toFixed(1)} s`)
    assert.is((await askProxy(running, listing, old)).status, 401)

    /** By every replica. */
    async function untilRefused(token: string) {
      let refusals = 0
      return until(
        async () => {
          const answer = await askProxy(running, listing, token)
          refusals = answer.status === 401 ? refusals + 1 : 0
          return refusals === 12 && answer
        },
        { what: 'the proxy to refuse what was sealed with the old key', timeoutMs: 60_000 },
      )
    }
  }),
)

rotation.run()

/** kubelet publishes again once a minute, and with some of its own time between. */
const republishMs = 180_000

async function publishedKey(): Promise<string> {
  const { data } = await getObject('configmap', 'connectors-trust', systemNamespace)
  return data['sealing-key.json']
}
