// Where the API server is and how we prove who we are: a kubeconfig, or what kubelet mounts into a pod.
import { ConnectorsError } from '../../connector/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import { parseAuthority, parseServer, readText } from './config-input.ts'
import { type Credentials, tokenFileCredentials } from './credentials.ts'
import { readKubeconfig } from './kubeconfig.ts'

export interface KubeConfig {
  readonly server: URL
  /** PEM; absent means the system's certificates. */
  readonly ca?: string
  /** The name to verify in the server's certificate, where it is not the host's. */
  readonly serverName?: string
  readonly credentials: Credentials
  readonly namespace: string
}

export interface KubeConfigSource {
  /** A path, or several joined with `:`; read before the pod's own account is considered. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  /** See `inClusterFrom`. */
  readonly inCluster?:
    | { readonly host: string; readonly port: string; readonly directory?: string }
    | undefined
  readonly clock: Clock
}

/** What Kubernetes tells a pod about its API server, from the process's environment. */
export function inClusterFrom(
  env: Readonly<Record<string, string | undefined>>,
): KubeConfigSource['inCluster'] {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  return host && port ? { host, port } : undefined
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

export async function loadKubeConfig(source: KubeConfigSource): Promise<KubeConfig> {
  if (source.kubeconfig !== undefined && source.kubeconfig !== '') {
    return readKubeconfig(source.kubeconfig, source)
  }
  if (source.inCluster !== undefined) return readInCluster(source.inCluster, source.clock)
  throw new ConnectorsError(
    'PRECONDITION',
    'KubeConfigMissing',
    'Cannot find the Kubernetes API server: neither a kubeconfig nor a pod service account is given',
  )
}

async function readInCluster(
  pod: NonNullable<KubeConfigSource['inCluster']>,
  clock: Clock,
): Promise<KubeConfig> {
  const directory = pod.directory ?? serviceAccountDirectory
  const host = pod.host.includes(':') ? `[${pod.host}]` : pod.host
  const caFile = `${directory}/ca.crt`
  return {
    server: parseServer(`https://${host}:${pod.port}`),
    ca: parseAuthority(await readText(caFile), `file "${caFile}"`),
    credentials: tokenFileCredentials(`${directory}/token`, { clock }),
    namespace: (await readText(`${directory}/namespace`)).trim() || 'default',
  }
}
