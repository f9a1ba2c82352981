// What CI runs: pods, Jobs and TaskRuns that mount a connector volume and nothing else.
import { connectorVolume } from './connector.ts'
import { gitImage } from './images.ts'
import { getObject, type KubeObject, kubectl, listObjects, type Manifest, until } from './kubectl.ts'

/** What Pod Security "restricted" asks of a container. */
export const restricted = {
  runAsNonRoot: true,
  runAsUser: 65532,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

export type Workload = {
  readonly name: string
  /** For `sh -euc`, with the volume at /connectors and git told to read it. */
  readonly script: string
  /** Of connectorVolume. */
  readonly connectors: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly serviceAccountName?: string
  readonly env?: Readonly<Record<string, string>>
}

export const mountPath = '/connectors'

/** As Pod Security "restricted" wants it, without any token of the API server. */
export function podSpec({ script, connectors, attributes, serviceAccountName, env }: Workload) {
  const given = {
    HOME: '/home/git',
    GIT_CONFIG_GLOBAL: `${mountPath}/.gitconfig`,
    GIT_TERMINAL_PROMPT: '0',
    ...env,
  }
  return {
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    automountServiceAccountToken: false,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: gitImage,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-euc', script],
        workingDir: '/home/git',
        env: Object.entries(given).map(([name, value]) => ({ name, value })),
        securityContext: restricted,
        volumeMounts: [
          { name: 'connectors', mountPath, readOnly: true },
          { name: 'home', mountPath: '/home/git' },
        ],
      },
    ],
    volumes: [
      { name: 'connectors', csi: connectorVolume(connectors, attributes) },
      { name: 'home', emptyDir: {} },
    ],
  }
}

export function pod(workload: Workload): Manifest {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: workload.name }, spec: podSpec(workload) }
}

export function job(workload: Workload): Manifest {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: workload.name },
    spec: { backoffLimit: 0, template: { spec: podSpec(workload) } },
  }
}

/** Waits until the pod has ended. One that never started is an error. */
export async function podEnded(name: string, namespace: string): Promise<'Succeeded' | 'Failed'> {
  return until(
    async () => {
      const { status } = await getObject('pod', name, namespace)
      return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? status.phase : undefined
    },
    { what: `pod ${name} to end`, timeoutMs: 90_000 },
  )
}

export async function untilPodReady(name: string, namespace: string): Promise<void> {
  await kubectl(['wait', `pod/${name}`, `--namespace=${namespace}`, '--for=condition=Ready', '--timeout=90s'])
}

/** Waits for `condition` of a Job (`Complete`, `Failed`) or a run (`Succeeded`): its status, reason and message. */
export async function untilConcluded(
  resource: 'job' | 'taskrun' | 'pipelinerun',
  name: string,
  namespace: string,
): Promise<Conclusion> {
  return until(async () => concluded(await getObject(resource, name, namespace)), {
    what: `${resource} ${name} to end`,
    timeoutMs: 120_000,
  })
}

export type Conclusion = {
  readonly succeeded: boolean
  readonly message: string
  readonly object: KubeObject
}

function concluded(object: KubeObject): Conclusion | undefined {
  const conditions: readonly { type: string; status: string; message?: string }[] =
    object['status']?.conditions ?? []
  for (const { type, status, message = '' } of conditions) {
    if (type === 'Complete' && status === 'True') return { succeeded: true, message, object }
    if (type === 'Failed' && status === 'True') return { succeeded: false, message, object }
    if (type === 'Succeeded' && status !== 'Unknown') return { succeeded: status === 'True', message, object }
  }
  return undefined
}

/** Waits for an event of the pod with this reason (such as `FailedMount`) and gives back its message. */
export function untilPodEvent(
  name: string,
  namespace: string,
  reason: string,
  { message = /^/, timeoutMs = 60_000 }: { readonly message?: RegExp; readonly timeoutMs?: number } = {},
): Promise<string> {
  return until(
    async () => {
      const events = await listObjects('events', { namespace })
      const found = events.find(
        event =>
          event['reason'] === reason &&
          event['involvedObject']?.name === name &&
          message.test(event['message']),
      )
      return found?.['message'] as string | undefined
    },
    { what: `an event ${reason} of pod ${name}`, timeoutMs },
  )
}

/** Waits for the pod that a Job or a TaskRun has made. */
export async function podOf(selector: string, namespace: string): Promise<string> {
  const [found] = await until(
    async () => {
      const pods = await listObjects('pods', { namespace, selector })
      return pods.length > 0 ? pods : undefined
    },
    { what: `a pod with ${selector}` },
  )
  if (found === undefined) throw new Error(`no pod with ${selector}`)
  return found.metadata.name
}
