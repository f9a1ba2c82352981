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
import { type ConnectTo, connectToProblem, parseConnectTo } from '../upstream/connect-to.ts'

export const proxyFlags = {
  listen: addressFlag({ fallback: { host: '', port: 8080 }, help: 'address of the reverse proxy' }),
  'metrics-address': addressFlag({
    fallback: { host: '', port: 9090 },
    help: 'address of /healthz, /readyz and /metrics',
  }),
  'cluster-domain': textFlag({ fallback: 'cluster.local', help: 'domain of Services' }),
  'token-audiences': listFlag({
    fallback: ['connectors'],
    problem: items => (items.length === 0 ? 'must name one: any token would pass otherwise' : undefined),
    help: 'audiences of accepted tokens',
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
  'drain-timeout': durationFlag({ fallback: 300_000, help: 'time for running transfers at the end' }),
  'connect-to': listFlag({
    fallback: [],
    problem: connectToProblem,
    help: 'host:port=host:port, connects there instead; repeatable',
  }),
}

type ProxyFlagValues = FlagValues<typeof proxyFlags>
export type ProxyConfig = Omit<ProxyFlagValues, 'connect-to'> & { readonly connectTo: ConnectTo }

export function parseProxyConfig(source: FlagSource): ProxyConfig {
  return proxyConfigFrom(parseFlags(proxyFlags, source))
}

export function proxyConfigFrom({ 'connect-to': connectTo, ...flags }: ProxyFlagValues): ProxyConfig {
  return Object.freeze({ ...flags, connectTo: parseConnectTo(connectTo) })
}
