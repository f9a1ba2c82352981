import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createOwnAddresses } from '../../cluster/own-addresses.ts'
import { pods, services } from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { clientOf } from '../controller/boot-controller.ts'
import { withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('cluster/own-addresses')

test('the pods and Services of the system namespace have them, nodes and other namespaces do not', () =>
  withControlPlane(async plane => {
    const client = await clientOf(plane.kubeconfig)
    const systemNamespace = 'connectors-system'
    const spec = { containers: [{ name: 'main', image: 'example.com/image' }] }
    const addPod = async (namespace: string, name: string, ip: string, hostNetwork = false) => {
      await client.create(pods, { metadata: { namespace, name }, spec: { ...spec, hostNetwork } })
      const status = { podIP: ip, podIPs: [{ ip }, { ip: `fd00::${ip.split('.').at(-1)}` }] }
      await client.patchStatus(pods, { namespace, name }, { patch: { status } })
    }
    const own = createOwnAddresses({
      client,
      clock: systemClock,
      systemNamespace,
      onError: error => assert.unreachable(String(error)),
    })
    const end = new AbortController()
    const running = own.run({ signal: end.signal })
    try {
      await own.synced
      assert.ok(own.isSynced)
      await addPod(systemNamespace, 'proxy', '10.0.0.7')
      await addPod(systemNamespace, 'host', '10.0.0.8', true)
      await addPod('default', 'other', '10.0.0.9')
      const metadata = { namespace: systemNamespace, name: 'proxy' }
      await client.create(services, { metadata, spec: { clusterIP: '10.1.0.1', ports: [{ port: 80 }] } })
      await waitFor(() => own.has('10.0.0.7') && own.has('10.1.0.1'))
      assert.ok(own.has('fd00::7'))
      assert.not.ok(own.has('10.0.0.8'))
      assert.not.ok(own.has('10.0.0.9'))
      await client.delete(pods, metadata)
      await waitFor(() => !own.has('10.0.0.7'))
    } finally {
      end.abort()
      await running
      client.close()
    }
  }))

test.run()
