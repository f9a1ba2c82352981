// The table that says what the embedded control plane answers, asked of the cluster's own API server: standalone.md,
// "Contract test".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { kubectl, tryKubectl } from '../harness/kubectl.ts'

const kubeconfig = process.env['KUBECONFIG']
if (!kubeconfig) throw new Error('Cannot ask the API server: KUBECONFIG is not set')
process.env['CONNECTORS_CONTRACT_KUBECONFIG'] = kubeconfig
await import('../../standalone/contract.test.ts')

const traces = suite('the contract')

traces('leaves no definition of its own in the cluster', async () => {
  await kubectl(['delete', 'crd', 'widgets.contract.test', '--timeout=60s'])
  assert.is.not((await tryKubectl(['get', 'widgets.contract.test'])).status, 0)
})

traces.run()
