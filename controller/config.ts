// The controller's settings: flags, their defaults, and what is wrong with them, all at once.
import { ConnectorsError } from '../connector/errors.ts'
import {
  addressFlag,
  booleanFlag,
  choiceFlag,
  durationFlag,
  type Flag,
  type FlagSource,
  integerFlag,
  parseFlags,
  textFlag,
} from '../runtime/flags.ts'
import { logLevels } from '../runtime/log.ts'
import { parseConnectTo } from '../upstream/connect-to.ts'

const controllerFlags = {
  kubeconfig: textFlag({
    fallback: '',
    env: 'KUBECONFIG',
    help: "kubeconfig of the cluster; without one, the pod's own account",
  }),
  'system-namespace': textFlag({ fallback: 'connectors-system', help: 'namespace of the installation' }),
  'cluster-domain': domainFlag({ fallback: 'cluster.local', help: "the cluster's DNS domain" }),
  'proxy-exposed-url': urlFlag({
    fallback: '',
    help: 'base URL where the proxy is reached from outside; then every address has the path form on it',
  }),
  'probe-interval': durationFlag({ fallback: 300_000, minMs: 100, help: 'time between probes of one tool' }),
  'probe-concurrency': integerFlag({ fallback: 32, min: 1, max: 1024, help: 'probes at a time' }),
  'scope-grants': booleanFlag({ fallback: true, help: 'grant the use of Connectors to their scope' }),
  'connect-to': connectToFlag({
    fallback: '',
    help: 'where a connection really goes: host:port=host:port, may be repeated',
  }),
  'metrics-address': addressFlag({
    fallback: { host: '::', port: 8081 },
    help: 'address of /healthz, /readyz and /metrics',
  }),
  'log-level': choiceFlag(logLevels, { fallback: 'info', help: 'the least important lines to write' }),
}

export type ControllerConfig = ReturnType<typeof parseControllerConfig>

export function parseControllerConfig(source: FlagSource) {
  const flags = parseFlags(controllerFlags, source)
  const exposedUrl = flags['proxy-exposed-url']
  return Object.freeze({
    kubeconfig: flags.kubeconfig,
    proxy: Object.freeze({
      clusterDomain: flags['cluster-domain'],
      systemNamespace: flags['system-namespace'],
      ...(exposedUrl === '' ? {} : { exposedUrl }),
    }),
    probeIntervalMs: flags['probe-interval'],
    probeConcurrency: flags['probe-concurrency'],
    scopeGrants: flags['scope-grants'],
    connectTo: parseConnectTo(connectToEntries(flags['connect-to'])),
    metricsAddress: flags['metrics-address'],
    logLevel: flags['log-level'],
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

function connectToFlag(options: TextOptions): Flag<string> {
  return {
    ...options,
    repeatable: true,
    parse: text => {
      try {
        parseConnectTo(connectToEntries(text))
        return { value: text }
      } catch (error) {
        if (!(error instanceof ConnectorsError)) throw error
        return { problem: 'must be host:port=host:port' }
      }
    },
  }
}

function connectToEntries(text: string): readonly string[] {
  return text.split(',').filter(entry => entry.trim() !== '')
}
