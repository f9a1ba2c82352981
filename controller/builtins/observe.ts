// observe: a built-in object as it is shipped, as it is, and what became of it so far.
import type { Informer } from '../../kube/cache/informer.ts'
import type { Manifest } from '../../kube/object/manifests.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import { connectorClasses } from '../../kube/object/resources.ts'
import type { Applied } from './decide.ts'
import type { Builtins } from './read.ts'

export type ObservedBuiltin = {
  readonly shipped: Manifest
  readonly current: KubeObject | undefined
  /** Undefined before this process applied it. */
  readonly applied: Applied | undefined
}

type Known = Pick<Informer<KubeObject>, 'get' | 'isSynced'>

export type BuiltinSources = {
  readonly builtins: Builtins
  readonly connectorClasses: Known
  readonly resourceInterfaces: Known
  readonly applied: ReadonlyMap<string, Applied>
}

/** Undefined while it is not known whether the object is there. */
export function observeBuiltin(key: string, sources: BuiltinSources): ObservedBuiltin | undefined {
  const shipped = sources.builtins.get(key)
  if (shipped === undefined) return undefined
  const { resource, object } = shipped
  const known = resource === connectorClasses ? sources.connectorClasses : sources.resourceInterfaces
  if (!known.isSynced) return undefined
  const current = known.get(undefined, object.metadata.name)
  return { shipped, current, applied: sources.applied.get(key) }
}
