// The controller that leads goes, or loses its Lease: resources.md, "Leader election".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import { getObject, kubectl, until } from '../harness/kubectl.ts'
import { componentPods, systemNamespace, untilComponentReady } from '../harness/release.ts'
import { measure, scenario } from '../harness/scenario.ts'

const leader = suite('the controller')

leader(
  'is led by another replica when the one that leads is gone, and when its Lease was deleted',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    const first = await holder()
    await kubectl(['delete', 'pod', first, ...inside, '--force', '--grace-period=0'])
    await measure('another controller leads after', () =>
      until(async () => (await holder()) !== first, { what: 'another leader' }),
    )
    await createGitConnector({ name: 'after-a-crash', namespace: team, server })

    await kubectl(['delete', 'lease', lease, ...inside])
    await until(holder, { what: 'a Lease with a holder' })
    await createGitConnector({ name: 'after-a-new-lease', namespace: team, server })
    await untilComponentReady('connectors-controller-manager')
  }),
)

leader.run()

const lease = 'connectors-controller-manager'
const inside = [`--namespace=${systemNamespace}`]

/** The name of the pod that leads. */
async function holder(): Promise<string> {
  const { spec } = await getObject('lease', lease, systemNamespace)
  const pods = await componentPods('connectors-controller-manager')
  const found = pods.find(({ metadata }) => spec.holderIdentity?.startsWith(metadata.name))
  assert.ok(found, `Lease of "${spec.holderIdentity}"`)
  return found.metadata.name
}
