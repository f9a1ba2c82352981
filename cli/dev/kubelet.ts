// Stands in for the kubelet where no node is: publishes the CSI volumes of the Pods in the embedded control plane,
// publishes them again about once a minute with fresh tokens, and unpublishes them when their Pods go. Runs no container.
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CsiClient } from '../../csi/grpc/client.ts'
import { createInformer } from '../../kube/cache/informer.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import type { Pod } from '../../kube/object/objects.ts'
import { csiDrivers, pods } from '../../kube/object/resources.ts'
import type { EventRecorder } from '../../kube/work/event-recorder.ts'
import { createQueue, type Handled } from '../../kube/work/queue.ts'
import type { Clock } from '../../runtime/clock.ts'

export type KubeletOptions = {
  readonly client: KubeClient
  readonly csi: CsiClient
  readonly events: EventRecorder
  readonly clock: Clock
  /** Holds `pods/<uid>/volumes/kubernetes.io~csi/<volume>/mount`, as on a node. */
  readonly directory: string
  readonly republishMs: number
  readonly onError: (error: unknown) => void
}

/** Of a Pod's status: its volumes are there, a container could start. */
export const volumesMounted = 'PodReadyToStartContainers'

const driverName = 'connectors-csi'

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number]

export function volumePath(
  directory: string,
  volume: { readonly podUid: string; readonly name: string },
): string {
  return join(directory, 'pods', volume.podUid, 'volumes', 'kubernetes.io~csi', volume.name, 'mount')
}

/** Runs until `signal` is aborted, then unpublishes what it published. */
export async function runKubelet(
  options: KubeletOptions,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { client, clock, csi, directory, events, republishMs } = options
  const informer = createInformer({ client, clock, resource: pods, onError: options.onError })
  const queue = createQueue({ clock })
  const tokens = new Map<string, { readonly json: string; readonly renewAtMs: number }>()

  informer.onChange(change => queue.add(keyOf(change.object)))

  async function sync(key: string): Promise<Handled> {
    const [namespace = '', name = '', uid = ''] = key.split('/')
    const pod = informer.get(namespace, name)
    if (pod === undefined || pod.metadata.uid !== uid) {
      tokens.delete(uid)
      await unpublishPod(uid)
      return undefined
    }
    const volumes = csiVolumes(pod)
    if (volumes.length === 0) return undefined
    try {
      for (const volume of volumes) await publish(pod, volume)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      events.record({ resource: pods, object: pod, type: 'Warning', reason: 'FailedMount', message })
      throw error
    }
    if (!isMounted(pod)) await reportMounted(pod)
    return { againMs: republishMs }
  }

  async function publish(pod: Pod, volume: Volume): Promise<void> {
    const uid = pod.metadata.uid ?? ''
    const targetPath = volumePath(directory, { podUid: uid, name: volume.name })
    await mkdir(join(targetPath, '..'), { recursive: true, mode: 0o700 })
    const serviceAccount = pod.spec?.serviceAccountName ?? 'default'
    await csi.publishVolume({
      volumeId: volumeId(uid, volume.name),
      targetPath,
      readonly: volume.csi?.readOnly === true,
      volumeContext: {
        ...volume.csi?.volumeAttributes,
        'csi.storage.k8s.io/ephemeral': 'true',
        'csi.storage.k8s.io/pod.name': pod.metadata.name,
        'csi.storage.k8s.io/pod.namespace': pod.metadata.namespace ?? '',
        'csi.storage.k8s.io/pod.uid': uid,
        'csi.storage.k8s.io/serviceAccount.name': serviceAccount,
        'csi.storage.k8s.io/serviceAccount.tokens': await podTokens(pod, serviceAccount),
      },
    })
  }

  /** The tokens that the CSIDriver asks for, by audience; like the kubelet's, renewed after 80 % of their life. */
  async function podTokens(pod: Pod, serviceAccount: string): Promise<string> {
    const uid = pod.metadata.uid ?? ''
    const cached = tokens.get(uid)
    if (cached !== undefined && cached.renewAtMs > clock.now()) return cached.json
    const driver = await client.get(csiDrivers, { name: driverName })
    const byAudience: Record<string, { token: string; expirationTimestamp: string }> = {}
    let renewAtMs = Number.POSITIVE_INFINITY
    for (const request of driver.spec?.tokenRequests ?? []) {
      const { namespace, name } = pod.metadata
      const issued = await client.createToken(
        { namespace, name: serviceAccount },
        {
          spec: {
            audiences: [request.audience],
            ...(request.expirationSeconds === undefined
              ? {}
              : { expirationSeconds: request.expirationSeconds }),
            boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
          },
        },
      )
      byAudience[request.audience] = {
        token: issued.token.reveal(),
        expirationTimestamp: issued.expirationTimestamp,
      }
      const lifeMs = Date.parse(issued.expirationTimestamp) - clock.now()
      renewAtMs = Math.min(renewAtMs, clock.now() + lifeMs * 0.8)
    }
    const json = JSON.stringify(byAudience)
    tokens.set(uid, { json, renewAtMs })
    return json
  }

  async function reportMounted(pod: Pod): Promise<void> {
    const now = new Date(clock.now()).toISOString()
    const condition = { type: volumesMounted, status: 'True', lastTransitionTime: now }
    await client.patchStatus(pods, pod.metadata, {
      patch: { status: { phase: 'Pending', conditions: [condition] } },
    })
  }

  async function unpublishPod(uid: string): Promise<void> {
    const podDir = join(directory, 'pods', uid)
    const names = await readdir(join(podDir, 'volumes', 'kubernetes.io~csi')).catch(() => [])
    for (const name of names) {
      const targetPath = volumePath(directory, { podUid: uid, name })
      await csi.unpublishVolume({ volumeId: volumeId(uid, name), targetPath })
    }
    await rm(podDir, { recursive: true, force: true })
  }

  /** Pods that went while nothing ran here. */
  async function removeOrphans(): Promise<void> {
    const living = new Set(informer.list().map(pod => pod.metadata.uid))
    const uids = await readdir(join(directory, 'pods')).catch(() => [])
    for (const uid of uids) if (!living.has(uid)) await unpublishPod(uid)
  }

  const informing = informer.run({ signal })
  try {
    await informer.synced
    await removeOrphans()
    await queue.run({ handle: sync, workers: 4, signal, onError: ({ error }) => options.onError(error) })
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await informing
    for (const uid of await readdir(join(directory, 'pods')).catch(() => [])) await unpublishPod(uid)
  }
}

function keyOf(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}/${pod.metadata.uid}`
}

function volumeId(podUid: string, name: string): string {
  return `csi-${podUid}-${name}`
}

function csiVolumes(pod: Pod): readonly Volume[] {
  return (pod.spec?.volumes ?? []).filter(volume => volume.csi?.driver === driverName)
}

export function isMounted(pod: Pod): boolean {
  return pod.status?.conditions?.some(item => item.type === volumesMounted && item.status === 'True') ?? false
}
