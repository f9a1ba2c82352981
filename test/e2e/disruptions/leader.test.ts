// The controller that leads goes, or loses its Lease: resources.md, "Leader election".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import { getObject, kubectl, listObjects, until } from '../harness/kubectl.ts'
import { componentPods, systemNamespace, untilComponentReady } from '../harness/release.ts'
import { measure, scenario } from '../harness/scenario.ts'

const leader = suite('the controller')

leader(
  'is led by another replica when the one that leads is gone, and when its Lease was deleted',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await createGitConnector({ name: 'before', namespace: team, server })
    await until(() => isToldReady('before', team, 1), { what: 'the event of the first leader' })
    const first = await holder()
    await kubectl(['delete', 'pod', first, ...inside, '--force', '--grace-period=0'])
    await measure('another controller leads after', () =>
      until(async () => (await holder()) !== first, { what: 'another leader' }),
    )
    await createGitConnector({ name: 'after-a-crash', namespace: team, server })
    // What one leader has told, the next one counts on.
    await kubectl(['delete', 'secret', 'before-credential', `--namespace=${team}`])
    await kubectl([
      'wait',
      'connector/before',
      `--namespace=${team}`,
      '--for=condition=Ready=false',
      '--timeout=60s',
    ])
    await createGitConnector({ name: 'before', namespace: team, server })
    await until(() => isToldReady('before', team, 2), { what: 'the event to be counted on' })

    await kubectl(['delete', 'lease', lease, ...inside])
    await until(holder, { what: 'a Lease with a holder' })
    await createGitConnector({ name: 'after-a-new-lease', namespace: team, server })
    await untilComponentReady('connectors-controller-manager')
  }),
)

leader.run()

const lease = 'connectors-controller-manager'
const inside = [`--namespace=${systemNamespace}`]

/** Whether that is told in one event, by whichever leader. */
async function isToldReady(connector: string, namespace: string, times: number): Promise<boolean> {
  const events = await listObjects('events', { namespace })
  const told = events.filter(
    ({ involvedObject, reason }) => involvedObject.name === connector && reason === 'Ready',
  )
  return told.length === 1 && told[0]?.['count'] === times
}

/** The name of the pod that leads. */
async function holder(): Promise<string> {
  const { spec } = await getObject('lease', lease, systemNamespace)
  const pods = await componentPods('connectors-controller-manager')
  const found = pods.find(({ metadata }) => spec.holderIdentity?.startsWith(metadata.name))
  assert.ok(found, `Lease of "${spec.holderIdentity}"`)
  return found.metadata.name
}
