// A volume of a running instance, as a Pod would have it: `mount` keeps it, `exec` has it while a command runs.
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectKey } from '../connector/object.ts'
import { createKubeClient, type KubeClient } from '../kube/client/client.ts'
import { loadKubeConfig } from '../kube/config/config.ts'
import type { Pod } from '../kube/object/objects.ts'
import { connectorClasses, connectors, events, pods } from '../kube/object/resources.ts'
import { systemClock } from '../runtime/clock.ts'
import { isMounted, volumePath } from './dev/kubelet.ts'
import { kubeletDir, type RunningInstance } from './dev/run-file.ts'

export type VolumeRequest = {
  /** At least one. */
  readonly connectors: readonly ObjectKey[]
  /** Undefined: all that the Connectors' classes have. */
  readonly configurations: readonly string[] | undefined
  readonly namespace: string
  readonly serviceAccount: string
}

export type MountedVolume = {
  readonly pod: ObjectKey
  readonly path: string
  /** What its owner should know of it, if anything. */
  readonly note: string | undefined
  remove(): Promise<void>
}

export async function instanceClient({ run }: RunningInstance): Promise<KubeClient> {
  const config = await loadKubeConfig({ kubeconfig: run.kubeconfig, clock: systemClock })
  return createKubeClient({ config, userAgent: 'connectors-cli', clock: systemClock })
}

const volumeName = 'connectors'

/** Makes a Pod with the volume and waits until it is there; the Pod goes again when it is not. */
export async function mountVolume(
  instance: RunningInstance,
  request: VolumeRequest,
  { client, signal }: { readonly client: KubeClient; readonly signal: AbortSignal },
): Promise<MountedVolume> {
  const configurations = request.configurations ?? (await allConfigurations(request.connectors, client))
  const pod = await client.create(pods, podOf(request, configurations))
  const ref = { namespace: request.namespace, name: pod.metadata.name }
  const remove = () => client.delete(pods, ref)
  try {
    await untilMounted(pod, { client, signal })
  } catch (error) {
    await remove()
    throw error
  }
  const podUid = pod.metadata.uid ?? ''
  const path = volumePath(kubeletDir(instance.dataDir), { podUid, name: volumeName })
  return { pod: ref, path, note: await noteOf(path), remove }
}

/** Not root, or in a container that may not mount: then the driver makes a folder instead of a file system. */
async function noteOf(path: string): Promise<string | undefined> {
  const [volume, parent] = await Promise.all([stat(path), stat(dirname(path))])
  if (volume.dev !== parent.dev) return undefined
  return 'the volume is a folder on disk that only you can enter: mounting one in memory takes root'
}

async function allConfigurations(keys: readonly ObjectKey[], client: KubeClient): Promise<readonly string[]> {
  const names = new Set<string>()
  for (const key of keys) {
    const connector = await client.find(connectors, key)
    if (connector === undefined) {
      const why = `connector "${key.name}" not found in namespace "${key.namespace}"`
      throw new ConnectorsError('NOT_FOUND', 'ConnectorNotFound', `Cannot mount a volume: ${why}`)
    }
    const className = connector.spec.connectorClassName ?? ''
    const connectorClass = await client.find(connectorClasses, { name: className })
    for (const { name } of connectorClass?.spec.configurations ?? []) names.add(name)
  }
  return [...names]
}

function podOf(request: VolumeRequest, configurations: readonly string[]): Pod {
  const volumeAttributes = {
    connectors: request.connectors.map(key => `${key.namespace}/${key.name}`).join(','),
    ...(configurations.length === 0 ? {} : { 'configuration.names': configurations.join(',') }),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `connectors-${randomBytes(4).toString('hex')}`,
      namespace: request.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'connectors' },
    },
    spec: {
      serviceAccountName: request.serviceAccount,
      containers: [{ name: 'main', image: 'none' }],
      volumes: [{ name: volumeName, csi: { driver: 'connectors-csi', readOnly: true, volumeAttributes } }],
    },
  }
}

const mountTimeoutMs = 20_000
const lookAgainMs = 20

async function untilMounted(
  pod: Pod,
  { client, signal }: { readonly client: KubeClient; readonly signal: AbortSignal },
): Promise<void> {
  const { namespace = '', name, uid } = pod.metadata
  const deadlineMs = performance.now() + mountTimeoutMs
  for (;;) {
    if (isMounted(await client.get(pods, { namespace, name }))) return
    const told = await client.list(events, { namespace, fieldSelector: `involvedObject.uid=${uid}` })
    const failure = told.items.find(event => event.reason === 'FailedMount')
    if (failure !== undefined) throw new ConnectorsError('PRECONDITION', 'FailedMount', failure.message ?? '')
    if (performance.now() > deadlineMs) {
      const why = `nothing happened in ${mountTimeoutMs / 1000} s; is "connectors dev" healthy?`
      throw new ConnectorsError('TIMEOUT', 'MountTimeout', `Cannot mount a volume: ${why}`)
    }
    await systemClock.sleep(lookAgainMs, { signal })
  }
}
