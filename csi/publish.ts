// publish: the chain from kubelet's request to the files in the mounted folder. Spec: csi.md, "Publish" and "Refresh".
import { renderVolume } from '../connector/render.ts'
import type { AccessReviewer } from '../kube/access-review.ts'
import type { Clock } from '../kube/clock.ts'
import { authorize } from './authorize.ts'
import { collect, type Warning } from './collect.ts'
import type { CsiConfig } from './config.ts'
import { type Medium, mediumOf, mountVolume, unmountVolume } from './mount.ts'
import { type PublishRequest, parsePublishRequest } from './parse.ts'
import type { NodePublishVolumeRequest } from './protocol.ts'
import type { VolumeSources } from './sources.ts'
import { checkTargetPath, type TargetPath } from './target-path.ts'
import { isWritten, writeFiles } from './volume.ts'

export type PublishOptions = {
  readonly config: CsiConfig
  readonly sources: VolumeSources
  readonly access: AccessReviewer
  readonly clock: Clock
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
  const isRefresh = (await checkTargetPath(target)) && (await isWritten(target.path))
  try {
    const { files, warnings } = await prepare(request, options)
    if (isRefresh) return { ...(await rewrite(target, files, options)), warnings: [] }
    return { ...(await mount(target, files, options)), warnings }
  } catch (failure) {
    // Kubelets before 1.34 take the mount away from a running pod when a republish fails.
    if (isRefresh) return { outcome: 'kept', failure }
    throw failure
  }
}

type Files = ReadonlyMap<string, Uint8Array>

/** All that can go wrong without anything having been made. */
async function prepare(
  request: NodePublishVolumeRequest,
  options: PublishOptions & { readonly place: Place; readonly signal: AbortSignal },
): Promise<{ readonly files: Files; readonly warnings: readonly Warning[] }> {
  const { config, sources, access, place, signal } = options
  const parsed = parsePublishRequest(request, { audience: config.audience, place })
  const requireProxyPermission = config['enable-connector-proxy-permissions']
  await authorize(parsed, { access, requireProxyPermission, signal })
  const { input, warnings } = await collect(parsed, {
    sources,
    requireReady: config['require-ready'],
    signal,
  })
  const { files, missingConfigurations } = renderVolume(input)
  signal.throwIfAborted()
  if (missingConfigurations.length === 0) return { files, warnings }
  const message = `Cannot find configuration ${missingConfigurations.map(name => `"${name}"`).join(', ')}: no class of the volume has it`
  return { files, warnings: [...warnings, { reason: 'ConfigurationNotFound', message }] }
}

async function mount(
  { path }: TargetPath,
  files: Files,
  { config, clock }: PublishOptions,
): Promise<{ readonly outcome: 'mounted'; readonly medium: Medium }> {
  const medium = await mountVolume(path, { medium: config.mount })
  try {
    await writeFiles(path, files, { fileMode: config['file-mode'], nowMs: clock.now() })
  } catch (error) {
    await unmountVolume(path)
    throw error
  }
  return { outcome: 'mounted', medium }
}

async function rewrite(
  { path }: TargetPath,
  files: Files,
  { config, clock }: PublishOptions,
): Promise<{ readonly outcome: 'rewritten' | 'unchanged'; readonly medium: Medium }> {
  const done = await writeFiles(path, files, { fileMode: config['file-mode'], nowMs: clock.now() })
  return { outcome: done === 'written' ? 'rewritten' : 'unchanged', medium: await mediumOf(path) }
}

/** Succeeds for what is not there. */
export async function unpublish(target: TargetPath): Promise<'unmounted' | 'absent'> {
  if (!(await checkTargetPath(target))) return 'absent'
  await unmountVolume(target.path)
  return 'unmounted'
}
