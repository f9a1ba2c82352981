// Settings of the proxy. Spec: proxy.md.
import { ConnectorsError } from '../connector/errors.ts'
import {
  addressFlag,
  booleanFlag,
  durationFlag,
  type FlagSource,
  type FlagValues,
  integerFlag,
  listFlag,
  parseFlags,
  textFlag,
} from '../runtime/flags.ts'
import { type ConnectTo, parseConnectTo } from '../upstream/connect-to.ts'

export const proxyFlags = {
  listen: addressFlag({ fallback: { host: '::', port: 8080 }, help: 'address of the reverse proxy (:8080)' }),
  'metrics-address': addressFlag({
    fallback: { host: '::', port: 9090 },
    help: 'address of /healthz, /readyz and /metrics (:9090)',
  }),
  'cluster-domain': textFlag({ fallback: 'cluster.local', help: 'domain of Services (cluster.local)' }),
  'token-audiences': listFlag({
    fallback: ['connectors'],
    help: 'audiences of accepted tokens (connectors)',
  }),
  'auth-grace': durationFlag({
    fallback: 300_000,
    help: 'how long an allow serves while the API server is silent (5m)',
  }),
  'enable-connector-proxy-permissions': booleanFlag({
    fallback: true,
    help: 'ask for get on connectors/proxy as well (true)',
  }),
  'requests-per-caller': integerFlag({
    fallback: 256,
    min: 1,
    max: 100_000,
    help: 'requests that one caller may have under way (256)',
  }),
  'drain-timeout': durationFlag({ fallback: 300_000, help: 'time for running transfers at the end (5m)' }),
  'connect-to': listFlag({ fallback: [], help: 'host:port=host:port, connects there instead; repeatable' }),
}

export type ProxyConfig = Omit<FlagValues<typeof proxyFlags>, 'connect-to'> & {
  readonly connectTo: ConnectTo
}

export function parseProxyConfig(source: FlagSource): ProxyConfig {
  const { 'connect-to': connectTo, ...flags } = parseFlags(proxyFlags, source)
  if (flags['token-audiences'].length === 0) {
    throw new ConnectorsError(
      'INVALID',
      'FlagsInvalid',
      'Cannot start with these settings: --token-audiences must name one; any token would pass otherwise',
    )
  }
  return Object.freeze({ ...flags, connectTo: parseConnectTo(connectTo) })
}
