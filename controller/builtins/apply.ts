// apply: a built-in object, written. Fields that it ships with are set to that, whoever owns them; what others added
// stays.
import { hasCode } from '../../kube/client/api-error.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import type { ObservedBuiltin } from './observe.ts'

const fieldManager = 'connectors-controller'

type Writing = { readonly client: KubeClient; readonly signal: AbortSignal }

/** Returns the object as it is now. Refused with CONFLICT where it has changed since it was observed. */
export async function applyBuiltin(
  { shipped, current }: Pick<ObservedBuiltin, 'shipped' | 'current'>,
  { client, signal }: Writing,
): Promise<KubeObject> {
  const { resource, object } = shipped
  const { resourceVersion } = current?.metadata ?? {}
  const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
  const applied = { ...object, metadata }
  try {
    return await client.apply(resource, applied, { fieldManager, signal })
  } catch (error) {
    // An API server without server-side apply: nobody owns fields there, and a merge comes to the same.
    if (!hasCode(error, 'UNSUPPORTED')) throw error
    return current === undefined
      ? client.create(resource, object, { signal })
      : client.patch(resource, metadata, { patch: { ...applied }, signal })
  }
}
