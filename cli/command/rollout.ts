// connectors rollout: waits until the driver runs on the nodes. `helm --wait` does so but for `maxUnavailable` of them,
// rounded up: in a small cluster it returns while the last driver is only about to start.
import { ConnectorsError } from '../../connector/errors.ts'
import type { ObjectKey } from '../../connector/object.ts'
import { isUnanswered } from '../../kube/client/api-error.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { type KubeObject, refKey } from '../../kube/object/objects.ts'
import type { Resource } from '../../kube/object/resources.ts'
import { durationFlag, type Flag, objectFlag } from '../../runtime/flags.ts'
import { componentCommand, type StartOptions } from '../component.ts'

type DaemonSet = KubeObject & {
  readonly spec?: {
    readonly updateStrategy?: { readonly rollingUpdate?: { readonly maxUnavailable?: number | string } }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly desiredNumberScheduled?: number
    readonly updatedNumberScheduled?: number
    readonly numberReady?: number
  }
}

const daemonSets: Resource<DaemonSet> = {
  group: 'apps',
  version: 'v1',
  plural: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
}

const flags = {
  daemonset: requiredObject('the DaemonSet, namespace/name'),
  timeout: durationFlag({
    fallback: 90_000,
    minMs: 1000,
    help: 'how long to wait for the last nodes; after it, as many as may be replaced at a time may be missing',
  }),
}

export const { help, run } = componentCommand({
  name: 'rollout',
  about: 'Waits until a DaemonSet runs on every node, in its present version. The chart’s Job runs it.',
  flags,
  configFrom: values => values,
  start: async ({ daemonset, timeout }, options) => ({
    ended: awaitRollout(daemonset, { ...options, timeoutMs: timeout }),
  }),
})

function requiredObject(help: string): Flag<ObjectKey> {
  const { parse } = objectFlag({ help })
  return {
    help,
    parse: text => {
      const parsed = parse(text)
      if ('problem' in parsed) return parsed
      return parsed.value === undefined ? { problem: 'must be namespace/name' } : { value: parsed.value }
    },
  }
}

const pollMs = 500

export async function awaitRollout(
  ref: ObjectKey,
  { client, clock, log, signal, timeoutMs }: Omit<StartOptions, 'write'> & { readonly timeoutMs: number },
): Promise<void> {
  const deadlineMs = clock.monotonicMs() + timeoutMs
  let last: DaemonSet | undefined
  for (;;) {
    last = (await look(client, ref, signal)) ?? last
    const fields = { daemonset: refKey(ref), ready: last?.status?.numberReady ?? 0, nodes: nodesOf(last) }
    if (last !== undefined && isRolledOut(last, { missing: 0 })) {
      log.info('the driver runs on every node', fields)
      return
    }
    if (clock.monotonicMs() > deadlineMs) {
      if (last !== undefined && isRolledOut(last, { missing: toleratedMissing(last) })) {
        log.warn('the driver does not run on every node', fields)
        return
      }
      throw unfinished(ref, fields)
    }
    await clock.sleep(pollMs, { signal })
  }
}

/** Undefined where the API server does not answer just now. */
async function look(
  client: Pick<KubeClient, 'get'>,
  ref: ObjectKey,
  signal: AbortSignal,
): Promise<DaemonSet | undefined> {
  try {
    return await client.get(daemonSets, ref, { signal })
  } catch (error) {
    if (isUnanswered(error)) return undefined
    throw error
  }
}

function nodesOf(daemonSet: DaemonSet | undefined): number {
  return daemonSet?.status?.desiredNumberScheduled ?? 0
}

function isRolledOut(
  { metadata, status = {} }: DaemonSet,
  { missing }: { readonly missing: number },
): boolean {
  const {
    observedGeneration,
    desiredNumberScheduled = 0,
    updatedNumberScheduled = 0,
    numberReady = 0,
  } = status
  return (
    observedGeneration === metadata.generation &&
    updatedNumberScheduled >= desiredNumberScheduled - missing &&
    numberReady >= desiredNumberScheduled - missing
  )
}

/** Nodes that are down keep nobody from an upgrade; but somewhere the driver has to run. */
function toleratedMissing(daemonSet: DaemonSet): number {
  const nodes = nodesOf(daemonSet)
  const { maxUnavailable = 1 } = daemonSet.spec?.updateStrategy?.rollingUpdate ?? {}
  const count =
    typeof maxUnavailable === 'number'
      ? maxUnavailable
      : Math.ceil((nodes * Number.parseInt(maxUnavailable, 10)) / 100)
  return Math.max(0, Math.min(count, nodes - 1))
}

function unfinished(
  ref: ObjectKey,
  { ready, nodes }: { readonly ready: number; readonly nodes: number },
): ConnectorsError {
  const message = `Cannot take DaemonSet "${refKey(ref)}" as rolled out: it is ready on ${ready} of ${nodes} nodes`
  return new ConnectorsError('PRECONDITION', 'RolloutUnfinished', message)
}
