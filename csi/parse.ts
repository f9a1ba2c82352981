// parse: kubelet's request as a typed one. Spec: csi.md, "Publish" step 1.
import { ConnectorsError } from '../connector/errors.ts'
import { parseAttributes, type VolumeAttributes } from './attributes.ts'
import type { NodePublishVolumeRequest } from './grpc/protocol.ts'
import { type KubeletToken, parseToken } from './token.ts'
import { parseTargetPath, type TargetPath } from './volume/target-path.ts'

export type PublishRequest = {
  readonly volume: string
  readonly target: TargetPath
  readonly pod: PodIdentity
  readonly token: KubeletToken
  readonly attributes: VolumeAttributes
}

export type PodIdentity = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly serviceAccount: string
}

const podInfo = 'csi.storage.k8s.io/'

/** Who publishes what where: the part of a request that a refresh must have right as well. */
export function parsePlace(
  request: NodePublishVolumeRequest,
  { kubeletDir }: { readonly kubeletDir: string },
): Pick<PublishRequest, 'volume' | 'target' | 'pod'> {
  const volume = parseVolumeId(request)
  if (request.volumeCapability?.mount == null) {
    throw invalid('VolumeCapabilityInvalid', volume, 'it has no mount capability')
  }
  const pod = parsePod(request, volume)
  return { volume, pod, target: parseTargetPath(request.targetPath, { kubeletDir, podUid: pod.uid }) }
}

export function parseVolumeId(request: { readonly volumeId: string; readonly targetPath: string }): string {
  const { volumeId, targetPath } = request
  if (volumeId === '')
    throw new ConnectorsError('INVALID', 'VolumeIdMissing', 'Cannot use a volume without id')
  if (volumeId.length > 512 || /[^\x21-\x7e]/.test(volumeId)) {
    throw new ConnectorsError('INVALID', 'VolumeIdInvalid', 'Cannot use this volume id: it is no plain word')
  }
  if (targetPath === '') throw invalid('TargetPathMissing', volumeId, 'it has no target path')
  return volumeId
}

export function parsePublishRequest(
  request: NodePublishVolumeRequest,
  {
    audience,
    place,
  }: { readonly audience: string; readonly place: Pick<PublishRequest, 'volume' | 'target' | 'pod'> },
): PublishRequest {
  if (!request.readonly) {
    throw invalid('VolumeWritable', place.volume, 'it is writable; set "readOnly: true" on the CSI volume')
  }
  const attributes = parseAttributes(request.volumeContext, place.pod)
  return { ...place, attributes, token: parseToken(request, audience) }
}

function parsePod({ volumeContext }: NodePublishVolumeRequest, volume: string): PodIdentity {
  if (volumeContext[`${podInfo}ephemeral`] === 'false') {
    throw invalid('VolumeNotEphemeral', volume, 'only inline ephemeral volumes are served')
  }
  const field = (name: string): string => {
    const value = volumeContext[podInfo + name]
    if (value === undefined || value === '') {
      throw new ConnectorsError(
        'PRECONDITION',
        'PodInfoMissing',
        `Cannot publish volume "${volume}": kubelet sent no ${name}; ` +
          'the CSIDriver object "connectors-csi" lacks podInfoOnMount: true',
      )
    }
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(value)) {
      throw invalid('PodInfoInvalid', volume, `its ${name} is no name`)
    }
    return value
  }
  return {
    namespace: field('pod.namespace'),
    name: field('pod.name'),
    uid: field('pod.uid'),
    serviceAccount: field('serviceAccount.name'),
  }
}

function invalid(reason: string, volume: string, why: string): ConnectorsError {
  return new ConnectorsError('INVALID', reason, `Cannot publish volume "${volume}": ${why}`)
}
