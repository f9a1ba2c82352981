// The cluster that a command asks: a running instance's, or any whose kubeconfig KUBECONFIG names.
import { createKubeClient, type KubeClient } from '../kube/client/client.ts'
import { type KubeConfig, loadKubeConfig } from '../kube/config/config.ts'
import { systemClock } from '../runtime/clock.ts'
import { findInstance } from './dev/run-file.ts'

export const clusterOptions = {
  data: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
} as const

export const clusterHelp = `  --data DIR               the folder of a running instance (default: the cluster of KUBECONFIG,
                           or the only instance that runs)
  -n, --namespace NAMESPACE
                           of names without one (default: the kubeconfig's)
`

export type Cluster = {
  readonly client: KubeClient
  readonly config: KubeConfig
  /** Of names that are given without one. */
  readonly namespace: string
}

export type ClusterValues = {
  readonly data?: string | undefined
  readonly namespace?: string | undefined
}

/** Whoever gets it must close its client. */
export async function openCluster({ data, namespace }: ClusterValues): Promise<Cluster> {
  const kubeconfig = await kubeconfigPath(data)
  const config = await loadKubeConfig({ kubeconfig, clock: systemClock })
  const client = createKubeClient({ config, userAgent: 'connectors-cli', clock: systemClock })
  return { client, config, namespace: namespace ?? config.namespace }
}

async function kubeconfigPath(data: string | undefined): Promise<string> {
  const kubeconfig = process.env['KUBECONFIG']
  if (data === undefined && kubeconfig) return kubeconfig
  return (await findInstance({ data, kubeconfig: undefined })).run.kubeconfig
}
