// Many pods at once, each with a connector volume: how long they take, and what that costs the driver.
import { apply, type KubeObject, kubectl, listObjects, until } from './kubectl.ts'
import { residentBytes } from './memory.ts'
import { componentPods, driverNamespace } from './release.ts'
import { pod } from './workload.ts'

export type Crowd = {
  readonly namespace: string
  /** Of connectorVolume; undefined for pods without a volume of ours, to compare with. */
  readonly connectors: string | undefined
  readonly count: number
}

/** Milliseconds, one for each pod. Times since its creation count from the whole second that the API server tells. */
export type CrowdTimes = {
  readonly created: readonly number[]
  /** Since creation until the driver has written the files. */
  readonly mounted: readonly number[]
  /** Since creation until the container's first command. */
  readonly started: readonly number[]
  /** Of the driver's call alone. */
  readonly publish: readonly number[]
  /** Of all drivers, the largest seen while the pods came. */
  readonly peakBytes: number
}

export async function gather({ namespace, connectors, count }: Crowd): Promise<CrowdTimes> {
  const since = new Date()
  await apply(
    Array.from({ length: count }, (_, index) => member(`crowd-${index}`, connectors)),
    namespace,
  )
  let peakBytes = 0
  const pods = await until(
    async () => {
      peakBytes = Math.max(peakBytes, await largestDriver())
      const found = await listObjects('pods', { namespace, selector: 'crowd=true' })
      return found.length === count && found.every(({ status }) => status.phase === 'Running') && found
    },
    { what: `${count} pods to run`, timeoutMs: 300_000 },
  )
  const created = new Map(pods.map(found => [found.metadata.name, createdMs(found)]))
  const sinceCreation = ({ name, atMs }: Moment) => atMs - (created.get(name) ?? Number.NaN)
  const publishes = connectors === undefined ? [] : await publishesIn(namespace, since)
  const starts = await startsIn(namespace, count)
  const [first = 0] = [...created.values()].sort((a, b) => a - b)
  return {
    created: [...created.values()].map(atMs => atMs - first),
    mounted: publishes.map(sinceCreation),
    started: starts.map(sinceCreation),
    publish: publishes.map(({ ms }) => ms),
    peakBytes,
  }
}

/** The smallest value that this share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

type Moment = { readonly name: string; readonly atMs: number }

function member(name: string, connectors: string | undefined) {
  const script = 'date +%s%3N; exec sleep infinity'
  const made = pod({ name, connectors: connectors ?? '', script })
  const labelled = { ...made, metadata: { name, labels: { crowd: 'true' } } }
  return connectors === undefined ? withoutVolume(labelled) : labelled
}

function withoutVolume(made: ReturnType<typeof pod>): ReturnType<typeof pod> {
  const spec = made['spec'] as { containers: { volumeMounts: unknown[] }[]; volumes: { name: string }[] }
  const isOurs = (value: unknown) => (value as { name: string }).name === 'connectors'
  return {
    ...made,
    spec: {
      ...spec,
      containers: spec.containers.map(container => ({
        ...container,
        volumeMounts: container.volumeMounts.filter(mount => !isOurs(mount)),
      })),
      volumes: spec.volumes.filter(volume => !isOurs(volume)),
    },
  }
}

function createdMs({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '')
}

async function largestDriver(): Promise<number> {
  return Math.max(...(await Promise.all((await componentPods('connectors-csi')).map(residentBytes))))
}

/** The first publish of each volume, by the driver's log. */
async function publishesIn(namespace: string, since: Date): Promise<(Moment & { readonly ms: number })[]> {
  const inside = [`--namespace=${driverNamespace}`, '--selector=app.kubernetes.io/name=connectors-csi']
  const which = [...inside, '--tail=-1', `--since-time=${since.toISOString()}`]
  return (await kubectl(['logs', ...which]))
    .split('\n')
    .filter(line => line.includes(`"pod":"${namespace}/`) && line.includes('"outcome":"mounted"'))
    .map(line => JSON.parse(line) as { pod: string; time: string; ms: number })
    .map(({ pod: name, time, ms }) => ({
      name: name.slice(namespace.length + 1),
      atMs: Date.parse(time),
      ms,
    }))
}

async function startsIn(namespace: string, count: number): Promise<Moment[]> {
  const which = [`--namespace=${namespace}`, '--selector=crowd=true', `--max-log-requests=${count}`]
  const text = await kubectl(['logs', ...which, '--prefix', '--tail=-1'])
  return [...text.matchAll(/^\[pod\/(\S+)\/main\] (\d+)$/gm)].map(([, name = '', ms]) => ({
    name,
    atMs: Number(ms),
  }))
}
