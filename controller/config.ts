// The controller's settings: flags, their defaults, and what is wrong with them, all at once.
import {
  addressFlag,
  booleanFlag,
  durationFlag,
  type Flag,
  type FlagSource,
  type FlagValues,
  integerFlag,
  listFlag,
  objectFlag,
  parseFlags,
  textFlag,
} from '../runtime/flags.ts'
import { cidrsFlag, parseCidrs } from '../tool/dial/address-rules.ts'
import { connectToProblem, parseConnectTo } from '../tool/dial/connect-to.ts'

export const controllerFlags = {
  'system-namespace': textFlag({ fallback: 'connectors-system', help: 'namespace of the installation' }),
  'cluster-domain': domainFlag({ fallback: 'cluster.local', help: "the cluster's DNS domain" }),
  'proxy-exposed-url': urlFlag({
    fallback: '',
    help: 'base URL where the proxy is reached from outside; then every address has the path form on it',
  }),
  'probe-interval': durationFlag({ fallback: 300_000, minMs: 100, help: 'time between probes of one tool' }),
  'probe-concurrency': integerFlag({ fallback: 32, min: 1, max: 1024, help: 'probes at a time' }),
  'scope-grants': booleanFlag({ fallback: true, help: 'grant the use of Connectors to their scope' }),
  'sealing-key-lifetime': durationFlag({
    fallback: 720 * 3_600_000,
    minMs: 3_600_000,
    help: 'how long a key of sealed tokens is in use',
  }),
  'allow-loopback': booleanFlag({ help: 'let tools be on this machine, which in a cluster is the own pod' }),
  'upstream-deny': cidrsFlag('addresses and CIDRs where no tool may be; repeatable'),
  'upstream-allow': cidrsFlag('exceptions of --upstream-deny; repeatable'),
  'connect-to': listFlag({
    fallback: [],
    problem: connectToProblem,
    help: 'host:port=host:port, connects there instead; repeatable',
  }),
  builtins: listFlag({
    fallback: [],
    help: 'folders of ConnectorClasses and ResourceInterfaces to apply; repeatable',
  }),
  'config-map': objectFlag({ help: 'ConfigMap of feature flags to follow, namespace/name' }),
  'leader-elect': booleanFlag({ help: 'act only while holding a Lease, so that one of several acts' }),
  'lease-duration': durationFlag({
    fallback: 10_000,
    minMs: 1000,
    help: 'how long the others wait for a leader that gives no sign',
  }),
  'metrics-address': addressFlag({
    fallback: { host: '', port: 8081 },
    help: 'address of /healthz, /readyz and /metrics',
  }),
}

export type ControllerConfig = ReturnType<typeof controllerConfigFrom>

export function parseControllerConfig(source: FlagSource): ControllerConfig {
  return controllerConfigFrom(parseFlags(controllerFlags, source))
}

export function controllerConfigFrom(flags: FlagValues<typeof controllerFlags>) {
  const exposedUrl = flags['proxy-exposed-url']
  return Object.freeze({
    proxy: Object.freeze({
      clusterDomain: flags['cluster-domain'],
      systemNamespace: flags['system-namespace'],
      ...(exposedUrl === '' ? {} : { exposedUrl }),
    }),
    probeIntervalMs: flags['probe-interval'],
    probeConcurrency: flags['probe-concurrency'],
    scopeGrants: flags['scope-grants'],
    builtins: flags.builtins,
    configMap: flags['config-map'],
    leaderElect: flags['leader-elect'],
    leaseMs: flags['lease-duration'],
    sealingKeys: Object.freeze({
      lifetimeMs: flags['sealing-key-lifetime'],
      // Followed by every proxy within seconds.
      leadMs: 600_000,
      // A token lives for a day at the most.
      keepMs: 25 * 3_600_000,
    }),
    allowLoopback: flags['allow-loopback'],
    deny: parseCidrs(flags['upstream-deny']),
    allow: parseCidrs(flags['upstream-allow']),
    connectTo: parseConnectTo(flags['connect-to']),
    metricsAddress: flags['metrics-address'],
  })
}

type TextOptions = { readonly fallback: string; readonly help: string }

function domainFlag(options: TextOptions): Flag<string> {
  return {
    ...options,
    parse: text =>
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text) ? { value: text } : { problem: 'must be a DNS domain' },
  }
}

function urlFlag(options: TextOptions): Flag<string> {
  return {
    ...options,
    parse: text => {
      const url = URL.parse(text)
      const isBase = url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(text)
      return isBase ? { value: text.replace(/\/+$/, '') } : { problem: 'must be an http or https URL' }
    },
  }
}
