// The ConnectorClasses and ResourceInterfaces that come with the installation, applied by whoever leads. What an
// earlier version brought and this one does not is left alone: Connectors may use it.
import { ConnectorsError } from '../connector/errors.ts'
import type { KubeClient } from '../kube/client.ts'
import { type Manifest, readManifests } from '../kube/manifests.ts'
import type { KubeObject } from '../kube/objects.ts'
import { createQueue } from '../kube/queue.ts'
import { connectorClasses, resourceInterfaces } from '../kube/resources.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

const accepted = [connectorClasses, resourceInterfaces]
/** What the shipped classes call the namespace of the installation. */
const usualNamespace = 'connectors-system'
const maxBackoffMs = 60_000

/** Throws INVALID for what is not readable, not a class or an interface, or there twice. */
export async function readBuiltins(
  folders: readonly string[],
  { systemNamespace }: { readonly systemNamespace: string },
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = []
  for (const folder of folders) manifests.push(...(await readManifests(folder)))
  const origins = new Map<string, string>()
  for (const manifest of manifests) {
    const { resource, origin } = manifest
    if (!accepted.includes(resource)) {
      const kinds = accepted.map(({ kind }) => kind).join(', ')
      throw invalid(origin, `its kind is ${resource.kind}, accepted are ${kinds}`)
    }
    const other = origins.get(keyOf(manifest))
    if (other !== undefined) throw invalid(origin, `${keyOf(manifest)} is in "${other}" as well`)
    origins.set(keyOf(manifest), origin)
  }
  return manifests.map(manifest => ({ ...manifest, object: placed(manifest.object, systemNamespace) }))
}

function keyOf({ resource, object }: Manifest): string {
  return `${resource.kind} "${object.metadata.name}"`
}

function invalid(origin: string, why: string): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'BuiltinInvalid',
    `Cannot use manifest "${origin}" as builtin: ${why}`,
  )
}

type WithProxy = { readonly spec?: { readonly proxy?: { readonly ref?: { readonly namespace?: string } } } }

/** With the proxy of this installation, wherever that is. */
function placed(object: KubeObject & WithProxy, namespace: string): KubeObject {
  const { spec } = object
  const ref = spec?.proxy?.ref
  if (ref?.namespace !== usualNamespace) return object
  return { ...object, spec: { ...spec, proxy: { ...spec?.proxy, ref: { ...ref, namespace } } } } as KubeObject
}

export type ApplyBuiltinsOptions = {
  readonly client: Pick<KubeClient, 'apply'>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Tries until all are applied, or `signal` is aborted. */
export async function applyBuiltins(
  builtins: readonly Manifest[],
  { client, clock, log, signal }: ApplyBuiltinsOptions,
): Promise<void> {
  const waiting = new Map(builtins.map(builtin => [keyOf(builtin), builtin]))
  if (waiting.size === 0) return
  const done = new AbortController()
  const queue = createQueue({ clock, maxBackoffMs })
  for (const key of waiting.keys()) queue.add(key)
  await queue.run({
    workers: 4,
    signal: AbortSignal.any([signal, done.signal]),
    async handle(key, options) {
      const builtin = waiting.get(key)
      if (builtin === undefined) return undefined
      const fieldManager = 'connectors-controller'
      await client.apply(builtin.resource, builtin.object, { fieldManager, signal: options.signal })
      waiting.delete(key)
      if (waiting.size === 0) done.abort()
      return undefined
    },
    onError: ({ key, error, retryMs }) =>
      log.warn('cannot apply builtin', { builtin: key, retryMs: Math.round(retryMs), error }),
  })
  if (waiting.size === 0) log.info('builtins applied', { count: builtins.length })
}
