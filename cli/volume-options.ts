// The options that `mount` and `exec` share: which Connectors, which files, as whom, in which running instance.
import { parseKey, usageError } from './arguments.ts'
import { findInstance, type RunningInstance } from './dev/run-file.ts'
import type { VolumeRequest } from './volume.ts'

export const volumeOptions = {
  connector: { type: 'string', multiple: true },
  configuration: { type: 'string', multiple: true },
  namespace: { type: 'string', short: 'n' },
  'service-account': { type: 'string' },
  data: { type: 'string' },
} as const

export const volumeHelp = `  --connector NAMESPACE/NAME   the Connector; repeat for several in one volume
  --configuration NAME         a configuration of its class; repeat for several (default: all of them)
  -n, --namespace NAMESPACE    of the Pod that the volume belongs to (default: the first Connector's)
  --service-account NAME       who uses the Connectors (default: "default")
  --data DIR                   the instance's folder (default: KUBECONFIG's, or the only one that runs)
`

export type VolumeValues = {
  readonly connector?: readonly string[] | undefined
  readonly configuration?: readonly string[] | undefined
  readonly namespace?: string | undefined
  readonly 'service-account'?: string | undefined
  readonly data?: string | undefined
}

export function volumeRequest(command: string, values: VolumeValues): VolumeRequest {
  const connectors = (values.connector ?? []).map(text => parseKey(command, text, values.namespace))
  const [first] = connectors
  if (first === undefined) throw usageError(command, '--connector NAMESPACE/NAME is missing')
  return {
    connectors,
    configurations: values.configuration,
    namespace: values.namespace ?? first.namespace,
    serviceAccount: values['service-account'] ?? 'default',
  }
}

export function instanceOf({ data }: VolumeValues): Promise<RunningInstance> {
  return findInstance({ data, kubeconfig: process.env['KUBECONFIG'] })
}
