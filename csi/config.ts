// Settings of the CSI driver. Spec: csi.md.
import { isAbsolute, join, normalize } from 'node:path'
import {
  addressFlag,
  booleanFlag,
  choiceFlag,
  type Flag,
  type FlagSource,
  type FlagValues,
  objectFlag,
  parseFlags,
  textFlag,
} from '../runtime/flags.ts'
import { driverName } from './grpc/identity.ts'

export const csiFlags = {
  endpoint: socketFlag({ fallback: '/csi/csi.sock', help: 'Unix socket to serve on' }),
  'kubelet-dir': folderFlag({ fallback: '/var/lib/kubelet', help: 'kubelet’s root directory' }),
  'registration-dir': folderFlag({
    fallback: '',
    help: 'folder where kubelet looks for plugins; without one the driver is not registered',
  }),
  'kubelet-endpoint': socketFlag({
    fallback: '',
    help: "the --endpoint as kubelet sees it; without one, plugins/connectors-csi/csi.sock in kubelet's directory",
  }),
  'node-name': textFlag({ env: 'NODE_NAME', problem: unlessGiven, help: 'name of this node' }),
  'system-namespace': textFlag({
    fallback: 'connectors-system',
    problem: unlessGiven,
    help: 'namespace of the installation',
  }),
  'proxy-service': textFlag({
    fallback: 'connectors-proxy-service',
    problem: unlessGiven,
    help: 'Service of the proxy that opens sealed tokens',
  }),
  audience: textFlag({
    fallback: 'connectors',
    problem: unlessGiven,
    help: 'audience of the tokens from kubelet',
  }),
  mount: choiceFlag(['auto', 'tmpfs', 'directory'], {
    fallback: 'auto',
    help: 'what volumes are: tmpfs, a plain directory, or (auto) tmpfs where it can be mounted',
  }),
  'file-mode': fileModeFlag({ fallback: 0o444, help: 'mode of the files in volumes, octal' }),
  'require-ready': booleanFlag({ help: 'refuse to mount Connectors that are not Ready' }),
  'config-map': objectFlag({
    help: 'ConfigMap of feature flags to follow, namespace/name; without one the flags here count',
  }),
  'enable-connector-proxy-permissions': booleanFlag({
    fallback: true,
    help: 'ask for get on connectors/proxy as well',
  }),
  'enable-multi-connector': booleanFlag({ fallback: true, help: 'allow several Connectors in a volume' }),
  'metrics-address': addressFlag({
    fallback: { host: '', port: 9090 },
    help: 'address of /healthz, /readyz and /metrics',
  }),
}

export type CsiConfig = ReturnType<typeof csiConfigFrom>

export function parseCsiConfig(source: FlagSource): CsiConfig {
  return csiConfigFrom(parseFlags(csiFlags, source))
}

export function csiConfigFrom(flags: FlagValues<typeof csiFlags>) {
  const usualEndpoint = join(flags['kubelet-dir'], 'plugins', driverName, 'csi.sock')
  return Object.freeze({
    endpoint: flags.endpoint,
    kubeletDir: flags['kubelet-dir'],
    registrationDir: flags['registration-dir'],
    kubeletEndpoint: flags['kubelet-endpoint'] || usualEndpoint,
    nodeName: flags['node-name'],
    systemNamespace: flags['system-namespace'],
    proxyService: flags['proxy-service'],
    audience: flags.audience,
    medium: flags.mount,
    fileMode: flags['file-mode'],
    requireReady: flags['require-ready'],
    configMap: flags['config-map'],
    requireProxyPermission: flags['enable-connector-proxy-permissions'],
    multiConnector: flags['enable-multi-connector'],
    metricsAddress: flags['metrics-address'],
  })
}

type TextOptions = { readonly fallback: string; readonly help: string }

function unlessGiven(text: string): string | undefined {
  return text === '' ? 'must not be empty' : undefined
}

// sun_path of Linux has 108 bytes, one of them for the end.
const maxSocketPathBytes = 107

/** Plain, or as gRPC writes it: `unix:///csi/csi.sock`. */
function socketFlag(options: TextOptions): Flag<string> {
  return {
    ...options,
    parse: text => {
      const value = text.replace(/^unix:(\/\/)?/, '')
      const length = Buffer.byteLength(value)
      if (!isAbsolute(value)) return { problem: 'must be the absolute path of a Unix socket' }
      return length <= maxSocketPathBytes
        ? { value }
        : { problem: `has ${length} bytes, a Unix socket's path may have ${maxSocketPathBytes}` }
    },
  }
}

function folderFlag(options: TextOptions): Flag<string> {
  return {
    ...options,
    parse: text =>
      isAbsolute(text)
        ? { value: normalize(text).replace(/(?<=.)\/+$/, '') }
        : { problem: 'must be an absolute path' },
  }
}

function fileModeFlag(options: { readonly fallback: number; readonly help: string }): Flag<number> {
  return {
    ...options,
    format: mode => mode.toString(8).padStart(4, '0'),
    parse: text => {
      const value = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0
      // The driver compares what it wrote, and a writable file would be nobody's to write.
      return (value & 0o400) !== 0 && (value & 0o222) === 0
        ? { value }
        : { problem: 'must be an octal mode like 0444 that the owner can read and nobody can write' }
    },
  }
}
