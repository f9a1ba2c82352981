// The Node service: the edge where each operation on a volume gets its one log line, its numbers and its events.
import type { ConnectorsError } from '../../connector/errors.ts'
import { pods } from '../../kube/object/resources.ts'
import type { EventRecorder } from '../../kube/work/event-recorder.ts'
import type { Log, LogFields } from '../../runtime/log.ts'
import { throttledLog } from '../../runtime/throttle.ts'
import type { Warning } from '../collect.ts'
import type { Operation, OperationRecord } from '../csi-metrics.ts'
import { type PodIdentity, parsePlace, parseVolumeId } from '../parse.ts'
import { type PublishOptions, publish, unpublish } from '../publish.ts'
import { VolumeLocks } from '../volume/locks.ts'
import { parseTargetPath } from '../volume/target-path.ts'
import type { NodePublishVolumeRequest, NodeUnpublishVolumeRequest } from './protocol.ts'
import { presentable } from './status.ts'

export type NodeOptions = PublishOptions & {
  readonly events: Pick<EventRecorder, 'record'>
  readonly log: Log
  readonly record: (record: OperationRecord) => void
}

type Outcome = { readonly outcome: string; readonly fields?: LogFields; readonly failure?: unknown }

export function createNode(options: NodeOptions) {
  const { config, clock, events, log, record } = options
  const { kubeletDir } = config
  const locks = new VolumeLocks()
  const notRefreshed = throttledLog({
    write: log.warn,
    message: 'volume not refreshed',
    clock,
    quietMs: 60_000,
  })

  async function observed(
    operation: Operation,
    volume: string,
    run: () => Promise<Outcome>,
  ): Promise<Record<string, never>> {
    const startedMs = clock.monotonicMs()
    try {
      const { outcome, fields, failure } = await run()
      const ms = Math.round(clock.monotonicMs() - startedMs)
      record({ operation, outcome, ms })
      const told = { volume, outcome, ms, ...fields }
      if (failure !== undefined) notRefreshed(failure, told)
      // Kubelet asks about once a minute, for each volume of the node.
      else if (outcome !== 'unchanged') log.info(`volume ${operation}ed`, told)
      return {}
    } catch (error) {
      const shown = presentable(error, `${operation} volume "${volume}"`)
      const ms = Math.round(clock.monotonicMs() - startedMs)
      record({ operation, outcome: shown.code, ms })
      log.warn(`volume not ${operation}ed`, { volume, ms, error: shown })
      throw shown
    }
  }

  function warn(pod: PodIdentity, { reason, message }: Warning): void {
    const { namespace, name, uid } = pod
    const object = { metadata: { namespace, name, uid } }
    events.record({ resource: pods, object, type: 'Warning', reason, message })
  }

  async function publishVolume(request: NodePublishVolumeRequest, signal: AbortSignal): Promise<Outcome> {
    const place = parsePlace(request, { kubeletDir })
    const { pod, target, volume } = place
    const fields = { pod: `${pod.namespace}/${pod.name}` }
    const published = await locks.run(target.path, () => publish(request, { ...options, place, signal }))
    if (published.outcome === 'kept') {
      const failure: ConnectorsError = presentable(published.failure, `refresh volume "${volume}"`)
      warn(pod, { reason: 'VolumeRefreshFailed', message: failure.message })
      return { outcome: 'kept', fields, failure }
    }
    for (const warning of published.warnings) warn(pod, warning)
    return { outcome: published.outcome, fields: { ...fields, medium: published.medium } }
  }

  return {
    NodePublishVolume: (request: NodePublishVolumeRequest, signal: AbortSignal) =>
      observed('publish', request.volumeId, () => publishVolume(request, signal)),

    NodeUnpublishVolume: (request: NodeUnpublishVolumeRequest) =>
      observed('unpublish', request.volumeId, async () => {
        parseVolumeId(request)
        const target = parseTargetPath(request.targetPath, { kubeletDir })
        return { outcome: await locks.run(target.path, () => unpublish(target)) }
      }),

    // None: nothing is staged, measured or grown.
    NodeGetCapabilities: async () => ({ capabilities: [] }),
    NodeGetInfo: async () => ({ nodeId: config.nodeName }),
  }
}
