// Settings of the CSI driver. Spec: csi.md.
import { isAbsolute, normalize } from 'node:path'
import { ConnectorsError } from '../connector/errors.ts'
import {
  addressFlag,
  booleanFlag,
  choiceFlag,
  type Flag,
  type FlagSource,
  type FlagValues,
  parseFlags,
  textFlag,
} from '../runtime/flags.ts'

export const csiFlags = {
  endpoint: textFlag({ fallback: '/csi/csi.sock', help: 'Unix socket to serve on (/csi/csi.sock)' }),
  'kubelet-dir': textFlag({
    fallback: '/var/lib/kubelet',
    help: 'kubelet’s root directory (/var/lib/kubelet)',
  }),
  'node-name': textFlag({ env: 'NODE_NAME', help: 'name of this node' }),
  audience: textFlag({ fallback: 'connectors', help: 'audience of the tokens from kubelet (connectors)' }),
  mount: choiceFlag(['auto', 'tmpfs', 'directory'], {
    fallback: 'auto',
    help: 'what volumes are: tmpfs, a plain directory, or (auto) tmpfs where it can be mounted',
  }),
  'file-mode': fileModeFlag({ fallback: 0o444, help: 'mode of the files in volumes, octal (0444)' }),
  'require-ready': booleanFlag({ help: 'refuse to mount Connectors that are not Ready (false)' }),
  'enable-connector-proxy-permissions': booleanFlag({
    fallback: true,
    help: 'ask for get on connectors/proxy as well (true)',
  }),
  'metrics-address': addressFlag({
    fallback: { host: '::', port: 9090 },
    help: 'address of /healthz, /readyz and /metrics (:9090)',
  }),
}

export type CsiConfig = FlagValues<typeof csiFlags>

// sun_path of Linux has 108 bytes, one of them for the end.
const maxSocketPathBytes = 107

export function parseCsiConfig(source: FlagSource): CsiConfig {
  const flags = parseFlags(csiFlags, source)
  const endpoint = flags.endpoint.replace(/^unix:(\/\/)?/, '')
  const problems: string[] = []
  const length = Buffer.byteLength(endpoint)
  if (!isAbsolute(endpoint)) problems.push('--endpoint must be the absolute path of a Unix socket')
  if (length > maxSocketPathBytes) {
    problems.push(`--endpoint has ${length} bytes, a Unix socket's path may have ${maxSocketPathBytes}`)
  }
  const kubeletDir = flags['kubelet-dir']
  if (!isAbsolute(kubeletDir)) problems.push('--kubelet-dir must be an absolute path')
  if (flags['node-name'] === '') problems.push('--node-name must not be empty')
  if (flags.audience === '') problems.push('--audience must not be empty')
  if (problems.length > 0) {
    const message = `Cannot start with these settings: ${problems.join('; ')}`
    throw new ConnectorsError('INVALID', 'FlagsInvalid', message)
  }
  return Object.freeze({
    ...flags,
    endpoint,
    'kubelet-dir': normalize(kubeletDir).replace(/(?<=.)\/+$/, ''),
  })
}

function fileModeFlag(options: { readonly fallback: number; readonly help: string }): Flag<number> {
  return {
    ...options,
    parse: text => {
      const value = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : 0
      // The driver compares what it wrote, and a writable file would be nobody's to write.
      return (value & 0o400) !== 0 && (value & 0o222) === 0
        ? { value }
        : { problem: 'must be an octal mode like 0444 that the owner can read and nobody can write' }
    },
  }
}
