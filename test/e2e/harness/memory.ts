// The memory of our components, as they count it themselves and as kubelet counts it against their limits.
import { type KubeObject, kubectl } from './kubectl.ts'
import { componentPods } from './release.ts'

export const components = ['connectors-controller-manager', 'connectors-proxy', 'connectors-csi'] as const

export type PodMemory = {
  readonly pod: string
  /** With what it shares with other processes, such as the program itself. */
  readonly residentBytes: number
  /** What its limit is about. Files in its volumes count, for who writes a tmpfs pays for it. */
  readonly workingSetBytes: number
}

export async function memoryOf(component: string): Promise<readonly PodMemory[]> {
  const pods = await componentPods(component)
  return Promise.all(
    pods.map(async pod => ({
      pod: pod.metadata.name,
      residentBytes: await residentBytes(pod),
      workingSetBytes: await workingSetBytes(pod),
    })),
  )
}

export async function residentBytes({ metadata, spec }: KubeObject): Promise<number> {
  const ports: readonly { name: string; containerPort: number }[] = spec.containers[0].ports
  const port = ports.find(({ name }) => name === 'metrics')?.containerPort
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}:${port}/proxy/metrics`
  const [, value] = /^process_resident_memory_bytes (\S+)$/m.exec(await kubectl(['get', '--raw', path])) ?? []
  if (value === undefined) throw new Error(`pod ${metadata.name} does not tell its memory`)
  return Number(value)
}

/** As of kubelet's last look, some seconds ago. */
async function workingSetBytes({ metadata, spec }: KubeObject): Promise<number> {
  const path = `/api/v1/nodes/${spec.nodeName}/proxy/stats/summary`
  const { pods }: StatsSummary = JSON.parse(await kubectl(['get', '--raw', path]))
  const found = pods.find(({ podRef }) => podRef.uid === metadata.uid)
  const bytes = found?.containers[0]?.memory?.workingSetBytes
  if (bytes === undefined) throw new Error(`kubelet does not tell the memory of pod ${metadata.name}`)
  return bytes
}

type StatsSummary = {
  readonly pods: readonly {
    readonly podRef: { readonly uid: string }
    readonly containers: readonly { readonly memory?: { readonly workingSetBytes?: number } }[]
  }[]
}
