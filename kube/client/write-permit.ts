// A client whose writes need a permit at the moment when they are sent, retries included. Reads need none.
import type { KubeClient } from './client.ts'

/** `permit` throws where the write must not be sent. */
export function permitWrites(client: KubeClient, permit: () => void): KubeClient {
  return {
    ...client,
    create: (resource, object, options) => client.create(resource, object, { ...options, permit }),
    replace: (resource, object, options) => client.replace(resource, object, { ...options, permit }),
    patch: (resource, ref, options) => client.patch(resource, ref, { ...options, permit }),
    apply: (resource, object, options) => client.apply(resource, object, { ...options, permit }),
    delete: (resource, ref, options) => client.delete(resource, ref, { ...options, permit }),
    replaceStatus: (resource, object, options) =>
      client.replaceStatus(resource, object, { ...options, permit }),
    patchStatus: (resource, ref, options) => client.patchStatus(resource, ref, { ...options, permit }),
  }
}
