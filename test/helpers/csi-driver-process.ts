// The CSI driver as a process of its own, to be killed: `node csi-driver-process.ts KUBECONFIG FLAGS...`
import { parseCsiConfig } from '../../csi/config.ts'
import { startCsiDriver } from '../../csi/main.ts'
import { createKubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import { systemClock as clock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'

const [kubeconfig = '', ...argv] = process.argv.slice(2)
const kube = await loadKubeConfig({ kubeconfig, clock })
const client = createKubeClient({ config: kube, userAgent: 'test/1', clock })
const log = createLog({
  component: 'connectors-csi',
  level: 'info',
  clock,
  write: line => process.stdout.write(line),
})
const { signal } = new AbortController()
await startCsiDriver(parseCsiConfig({ argv, env: {} }), { client, clock, log, signal })
