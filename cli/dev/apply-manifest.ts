// Applies a manifest without server-side apply, which the embedded control plane does not do.
import { ConnectorsError } from '../../connector/errors.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import type { Manifest } from '../../kube/object/manifests.ts'

/** Creates the object, or makes the existing one like it; labels and annotations that others added stay. */
export async function applyManifest(client: KubeClient, manifest: Manifest): Promise<void> {
  try {
    await createOrReplace(client, manifest)
  } catch (error) {
    if (!(error instanceof ConnectorsError)) throw error
    const why = error.message.replace(/^Cannot/, 'cannot')
    const message = `Cannot apply manifest "${manifest.origin}": ${why}`
    throw new ConnectorsError(error.code, error.reason, message, { cause: error })
  }
}

async function createOrReplace(client: KubeClient, { resource, object }: Manifest): Promise<void> {
  const existing = await client.find(resource, object.metadata)
  if (existing === undefined) {
    await client.create(resource, object)
    return
  }
  const { resourceVersion } = existing.metadata
  const metadata = {
    ...existing.metadata,
    ...object.metadata,
    labels: { ...existing.metadata.labels, ...object.metadata.labels },
    annotations: { ...existing.metadata.annotations, ...object.metadata.annotations },
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  await client.replace(resource, { ...object, metadata })
}
