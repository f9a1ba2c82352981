// publish: the chain from kubelet's request to the files in the mounted folder. Spec: csi.md, "Publish" and "Refresh".
import { ConnectorsError } from '../connector/errors.ts'
import { renderVolume } from '../connector/render.ts'
import type { AccessReviewer } from '../kube/review/access-review.ts'
import type { Clock } from '../runtime/clock.ts'
import { authorize } from './authorize.ts'
import { collect, type UnsealedVolume, type Warning } from './collect.ts'
import type { CsiConfig } from './config.ts'
import {
  fingerprintOf,
  formatFingerprint,
  isOutdated,
  parseFingerprint,
  type RenderFingerprint,
} from './fingerprint.ts'
import type { NodePublishVolumeRequest } from './grpc/protocol.ts'
import { type PublishRequest, parsePublishRequest } from './parse.ts'
import { planSealing, type Sealing, sealVolume } from './seal.ts'
import type { VolumeSources } from './sources.ts'
import { type CurrentSet, mendFiles, readCurrentSet, writeFiles } from './volume/files.ts'
import { type Medium, mediumOf, mountVolume, unmountVolume } from './volume/mount.ts'
import { checkTargetPath, type TargetPath } from './volume/target-path.ts'

export type PublishOptions = {
  readonly config: CsiConfig
  readonly sources: VolumeSources
  readonly access: AccessReviewer
  readonly clock: Clock
  /** The driver's: another one may render otherwise. */
  readonly version: string
}

export type Published =
  | {
      readonly outcome: 'mounted' | 'rewritten' | 'unchanged'
      readonly medium: Medium
      readonly warnings: readonly Warning[]
    }
  /** A refresh failed: the pod goes on with the files it has. */
  | { readonly outcome: 'kept'; readonly failure: unknown }

export type Place = Pick<PublishRequest, 'volume' | 'target' | 'pod'>

export async function publish(
  request: NodePublishVolumeRequest,
  options: PublishOptions & { readonly place: Place; readonly signal: AbortSignal },
): Promise<Published> {
  const { target } = options.place
  const held = (await checkTargetPath(target)) ? await readCurrentSet(target.path) : undefined
  try {
    const prepared = await prepare(request, options)
    if (held !== undefined) return { ...(await refresh(target, held, prepared, options)), warnings: [] }
    const { files, warnings } = render(prepared)
    options.signal.throwIfAborted()
    const medium = await mount(target, { files, fingerprint: prepared.fingerprint }, options)
    return { outcome: 'mounted', medium, warnings }
  } catch (failure) {
    // Kubelets before 1.34 take the mount away from a running pod when a republish fails.
    if (held !== undefined) return { outcome: 'kept', failure }
    throw failure
  }
}

type Files = ReadonlyMap<string, Uint8Array>

type Prepared = {
  readonly volume: UnsealedVolume
  readonly sealing: Sealing
  readonly fingerprint: RenderFingerprint
  readonly warnings: readonly Warning[]
}

async function prepare(
  request: NodePublishVolumeRequest,
  options: PublishOptions & { readonly place: Place; readonly signal: AbortSignal },
): Promise<Prepared> {
  const { config, sources, access, place, signal, version } = options
  const parsed = parsePublishRequest(request, { audience: config.audience, place })
  const features = await sources.features({ signal })
  const count = parsed.attributes.connectors.length
  if (count > 1 && !features.isOn('enable-multi-connector')) {
    const message = `Cannot publish a volume of ${count} Connectors: feature flag "enable-multi-connector" is off`
    throw new ConnectorsError('PRECONDITION', 'MultiConnectorDisabled', message)
  }
  const requireProxyPermission = features.isOn('enable-connector-proxy-permissions')
  await authorize(parsed, { access, requireProxyPermission, signal })
  const { requireReady, fileMode } = config
  const { volume, warnings } = await collect(parsed, { sources, requireReady, signal })
  const sealing = await planSealing(volume, {
    token: parsed.token,
    ownProxy: { namespace: config.systemNamespace, name: config.proxyService },
    findKey: () => sources.sealingKey({ signal }),
  })
  const fingerprint = fingerprintOf(parsed.token, volume, {
    fileMode,
    version,
    sealedBy: sealing.isUnsealed ? undefined : sealing.key.kid,
  })
  return { volume, sealing, fingerprint, warnings: [...warnings, ...sealing.warnings] }
}

function render({ volume, sealing, warnings }: Prepared): {
  readonly files: Files
  readonly warnings: readonly Warning[]
} {
  const { files, missingConfigurations, exposedFiles } = renderVolume(sealVolume(volume, sealing))
  const more: Warning[] = []
  if (missingConfigurations.length > 0) {
    const names = missingConfigurations.map(name => `"${name}"`).join(', ')
    const message = `Cannot find configuration ${names}: no class of the volume has it`
    more.push({ reason: 'ConfigurationNotFound', message })
  }
  if (exposedFiles.length > 0) {
    const message =
      `Cannot keep the token of this volume from the hosts of single Connectors: ${exposedFiles.join(', ')} ` +
      'use .context.token, and should use .token of each of .connectors'
    more.push({ reason: 'TokenExposed', message })
  }
  return { files, warnings: [...warnings, ...more] }
}

async function mount(
  { path }: TargetPath,
  { files, fingerprint }: { readonly files: Files; readonly fingerprint: RenderFingerprint },
  { config, clock }: PublishOptions,
): Promise<Medium> {
  const medium = await mountVolume(path, { medium: config.medium })
  try {
    const label = formatFingerprint(fingerprint)
    await writeFiles(path, files, { fileMode: config.fileMode, nowMs: clock.now(), label })
  } catch (error) {
    await unmountVolume(path)
    throw error
  }
  return medium
}

/** Renders again only what has changed: a template that prints the time would else be rewritten with each call. */
async function refresh(
  { path }: TargetPath,
  { label, isIntact }: CurrentSet,
  prepared: Prepared,
  { config, clock }: PublishOptions,
): Promise<{ readonly outcome: 'rewritten' | 'unchanged'; readonly medium: Medium }> {
  const { fingerprint } = prepared
  const before = parseFingerprint(label)
  const nowMs = clock.now()
  const isCurrent = before.digest === fingerprint.digest || isOutdated(fingerprint, before, { nowMs })
  const medium = await mediumOf(path)
  if (isIntact && isCurrent) {
    await mendFiles(path)
    return { outcome: 'unchanged', medium }
  }
  const { files } = render(prepared)
  const options = { fileMode: config.fileMode, nowMs, label: formatFingerprint(fingerprint) }
  const done = await writeFiles(path, files, options)
  return { outcome: done === 'written' ? 'rewritten' : 'unchanged', medium }
}

/** Succeeds for what is not there. */
export async function unpublish(target: TargetPath): Promise<'unmounted' | 'absent'> {
  if (!(await checkTargetPath(target))) return 'absent'
  await unmountVolume(target.path)
  return 'unmounted'
}
