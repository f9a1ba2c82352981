// Settings of the proxy. Spec: proxy.md.
import {
  addressFlag,
  booleanFlag,
  durationFlag,
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

export const proxyFlags = {
  listen: addressFlag({ fallback: { host: '', port: 8080 }, help: 'address of the reverse proxy' }),
  'metrics-address': addressFlag({
    fallback: { host: '', port: 9090 },
    help: 'address of /healthz, /readyz and /metrics',
  }),
  'system-namespace': textFlag({ fallback: 'connectors-system', help: 'namespace of the installation' }),
  'cluster-domain': textFlag({ fallback: 'cluster.local', help: 'domain of Services' }),
  'token-audiences': listFlag({
    fallback: ['connectors'],
    problem: items => (items.length === 0 ? 'must name one: any token would pass otherwise' : undefined),
    help: 'audiences of accepted tokens',
  }),
  'unsealed-tokens': booleanFlag({
    fallback: true,
    help: 'accept tokens that are not of a volume, such as those of kubectl create token',
  }),
  'auth-grace': durationFlag({
    fallback: 300_000,
    help: 'how long an allow serves while the API server is silent',
  }),
  'config-map': objectFlag({
    help: 'ConfigMap of feature flags to follow, namespace/name; without one the flags here count',
  }),
  'enable-connector-proxy-permissions': booleanFlag({
    fallback: true,
    help: 'ask for get on connectors/proxy as well',
  }),
  'requests-per-caller': integerFlag({
    fallback: 256,
    min: 1,
    max: 100_000,
    help: 'requests that one caller may have under way',
  }),
  'tunnels-per-caller': integerFlag({
    fallback: 512,
    min: 1,
    max: 100_000,
    help: 'tunnels (WebSocket, kubectl exec) that one caller may have open',
  }),
  'stream-max': durationFlag({
    fallback: 4 * 3_600_000,
    help: 'how long a running transfer or tunnel may outlive the expiry of its token',
  }),
  'drain-timeout': durationFlag({ fallback: 300_000, help: 'time for running transfers at the end' }),
  'allow-loopback': booleanFlag({ help: 'let tools be on this machine, which in a cluster is the own pod' }),
  'upstream-deny': cidrsFlag('addresses and CIDRs where no tool may be; repeatable'),
  'upstream-allow': cidrsFlag('exceptions of --upstream-deny; repeatable'),
  'connect-to': listFlag({
    fallback: [],
    problem: connectToProblem,
    help: 'host:port=host:port, connects there instead; repeatable',
  }),
}

export type ProxyConfig = ReturnType<typeof proxyConfigFrom>

export function parseProxyConfig(source: FlagSource): ProxyConfig {
  return proxyConfigFrom(parseFlags(proxyFlags, source))
}

export function proxyConfigFrom(flags: FlagValues<typeof proxyFlags>) {
  return Object.freeze({
    listen: flags.listen,
    metricsAddress: flags['metrics-address'],
    systemNamespace: flags['system-namespace'],
    clusterDomain: flags['cluster-domain'],
    tokenAudiences: flags['token-audiences'],
    unsealedTokens: flags['unsealed-tokens'],
    authGraceMs: flags['auth-grace'],
    configMap: flags['config-map'],
    requireProxyPermission: flags['enable-connector-proxy-permissions'],
    requestsPerCaller: flags['requests-per-caller'],
    tunnelsPerCaller: flags['tunnels-per-caller'],
    streamMaxMs: flags['stream-max'],
    drainTimeoutMs: flags['drain-timeout'],
    allowLoopback: flags['allow-loopback'],
    deny: parseCidrs(flags['upstream-deny']),
    allow: parseCidrs(flags['upstream-allow']),
    connectTo: parseConnectTo(flags['connect-to']),
  })
}
