// OwnAddresses: where this installation itself is in the cluster's network, so that no Connector leads there.
// Spec: proxy.md, "Strictness".
import { createInformer } from '../kube/cache/informer.ts'
import type { KubeClient } from '../kube/client/client.ts'
import type { Pod, Service } from '../kube/object/objects.ts'
import { pods, services } from '../kube/object/resources.ts'
import type { Clock } from '../runtime/clock.ts'

export type OwnAddresses = {
  /** Whether a pod or a Service of the system namespace has this address. */
  readonly has: (ip: string) => boolean
  readonly isSynced: boolean
  readonly synced: Promise<void>
  run(options: { readonly signal: AbortSignal }): Promise<void>
}

const byAddress = 'address'

export function createOwnAddresses(options: {
  readonly client: Pick<KubeClient, 'pages' | 'watch' | 'find'>
  readonly clock: Clock
  readonly systemNamespace: string
  readonly onError: (error: unknown) => void
}): OwnAddresses {
  const { client, clock, systemNamespace: namespace, onError } = options
  const ownPods = createInformer({ client, clock, onError, namespace, resource: pods, transform: leanPod })
  const ownServices = createInformer({ client, clock, onError, namespace, resource: services })
  ownPods.index(byAddress, podAddresses)
  ownServices.index(byAddress, serviceAddresses)
  const synced = Promise.all([ownPods.synced, ownServices.synced]).then(() => {})
  synced.catch(() => {})
  return {
    has: ip => ownPods.byIndex(byAddress, ip).length > 0 || ownServices.byIndex(byAddress, ip).length > 0,
    get isSynced() {
      return ownPods.isSynced && ownServices.isSynced
    },
    synced,
    async run({ signal }) {
      await Promise.all([ownPods.run({ signal }), ownServices.run({ signal })])
    },
  }
}

/** Only what says where it is. */
function leanPod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const { hostNetwork } = spec ?? {}
  const { podIP, podIPs } = status ?? {}
  return { apiVersion, kind, metadata, spec: { hostNetwork }, status: { podIP, podIPs } } as Pod
}

/** None for a pod in its node's network: the address is everybody's on that node. */
function podAddresses({ spec, status }: Pod): readonly string[] {
  if (spec?.hostNetwork === true) return []
  const ips = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)]
  return [...new Set(ips.filter(ip => ip !== undefined && ip !== ''))] as readonly string[]
}

function serviceAddresses({ spec }: Service): readonly string[] {
  const ips = [spec?.clusterIP, ...(spec?.clusterIPs ?? [])]
  return [...new Set(ips.filter(ip => ip !== undefined && ip !== '' && ip !== 'None'))] as readonly string[]
}
