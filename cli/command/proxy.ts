// connectors proxy: hands requests on to the tools that Connectors stand for.
import { proxyConfigFrom, proxyFlags } from '../../proxy/config.ts'
import { startProxy } from '../../proxy/main.ts'
import { componentCommand } from '../component.ts'

export const { help, run } = componentCommand({
  name: 'proxy',
  about: `Hands requests of workloads on to the tools that Connectors stand for, with the tool's credential.
Writes one line a request to standard output, its audit.`,
  flags: proxyFlags,
  configFrom: proxyConfigFrom,
  start: (config, { write, ...options }) => startProxy(config, { ...options, audit: write }),
})
