// Our proxy as a process of its own: `node our-proxy.ts KUBECONFIG PORT AUDIT_FILE`.
import { openSync } from 'node:fs'
import { createKubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import { parseProxyConfig } from '../../proxy/config.ts'
import { startProxy } from '../../proxy/main.ts'
import { systemClock } from '../../runtime/clock.ts'
import { LineWriter } from '../../runtime/line-writer.ts'
import { createLog } from '../../runtime/log.ts'
import { listenForShutdown } from '../../runtime/shutdown.ts'

const [kubeconfig = '', port = '', auditFile = ''] = process.argv.slice(2)
const { signal } = listenForShutdown({ source: process, exit: code => process.exit(code) })
const clock = systemClock
const config = await loadKubeConfig({ kubeconfig, clock })
const audit = new LineWriter(openSync(auditFile, 'w'))
const proxy = await startProxy(
  parseProxyConfig({
    argv: [`--listen=127.0.0.1:${port}`, '--metrics-address=127.0.0.1:0', '--allow-loopback'],
    env: {},
  }),
  {
    client: createKubeClient({ config, userAgent: 'bench', clock }),
    clock,
    log: createLog({ component: 'proxy', level: 'warn', clock, write: line => process.stderr.write(line) }),
    audit: audit.write,
    signal,
  },
)
await proxy.ended
process.exit(0)
