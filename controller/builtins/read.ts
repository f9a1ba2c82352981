// The ConnectorClasses and ResourceInterfaces that come with the installation, kept by whoever leads. What an earlier
// version brought and this one does not is left alone: Connectors may use it.
import { ConnectorsError } from '../../connector/errors.ts'
import { type Manifest, readManifests } from '../../kube/object/manifests.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import { connectorClasses, type Resource, resourceInterfaces } from '../../kube/object/resources.ts'

/** By what `builtinKey` makes of them. */
export type Builtins = ReadonlyMap<string, Manifest>

const accepted = [connectorClasses, resourceInterfaces]
/** What the shipped classes call the namespace of the installation. */
const usualNamespace = 'connectors-system'

/** Throws INVALID for what is not readable, not a class or an interface, or there twice. */
export async function readBuiltins(
  folders: readonly string[],
  { systemNamespace }: { readonly systemNamespace: string },
): Promise<Builtins> {
  const manifests: Manifest[] = []
  for (const folder of folders) manifests.push(...(await readManifests(folder)))
  const builtins = new Map<string, Manifest>()
  for (const { resource, object, origin } of manifests) {
    if (!accepted.includes(resource)) {
      const kinds = accepted.map(({ kind }) => kind).join(', ')
      throw invalid(origin, `its kind is ${resource.kind}, accepted are ${kinds}`)
    }
    const key = builtinKey(resource, object.metadata.name)
    const other = builtins.get(key)
    if (other !== undefined) throw invalid(origin, `${key} is in "${other.origin}" as well`)
    builtins.set(key, { resource, object: placed(object, systemNamespace), origin })
  }
  return builtins
}

/** `ConnectorClass "git"` */
export function builtinKey({ kind }: Resource<unknown>, name: string): string {
  return `${kind} "${name}"`
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
