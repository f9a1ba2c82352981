// What the controller made and no release holds: the built-in classes and interfaces, the grants of scopes, and the
// Services of Connectors. It goes when the installation goes; Connectors are their owners' and stay.
import { apiGroup } from '../connector/connector.ts'
import { ConnectorsError } from '../connector/errors.ts'
import type { ObjectMeta } from '../connector/object.ts'
import { hasCode } from '../kube/client/api-error.ts'
import type { KubeClient } from '../kube/client/client.ts'
import type { KubeObject } from '../kube/object/objects.ts'
import {
  connectorClasses,
  csiDrivers,
  type Resource,
  resourceInterfaces,
  roleBindings,
  roles,
  services,
} from '../kube/object/resources.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { isReplaced } from './builtins/decide.ts'
import { grantLabel } from './scope-grants/decide.ts'
import { grantName } from './scope-grants/observe.ts'

export type LeftoversOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** Under this name the built-in objects are applied. */
  readonly fieldManager: string
}

// A controller that is ending may write for as long as the API server remembers its rights.
const lookAgainMs = 2000

// One per cluster, in every release, and nobody makes it anew but an installation.
const driver = { name: 'connectors-csi' }

/** Removes until a look finds nothing more. Throws PRECONDITION where the installation is still, or again, there. */
export async function removeLeftovers(options: LeftoversOptions): Promise<void> {
  const { client, clock, log, signal, fieldManager } = options
  const removed: Record<string, number> = {}
  const isBuiltIn = (object: KubeObject) =>
    isAppliedAlone(object.metadata, fieldManager) && !isReplaced(object)
  const isGrant = ({ metadata }: KubeObject) => metadata.name === grantName
  const ofGrants = { labelSelector: `${grantLabel}=true` }

  async function look(): Promise<number> {
    await refuseWhileInstalled()
    // The binding before its Role, which grants nothing without it.
    const counts = [
      await remove(roleBindings, isGrant, ofGrants),
      await remove(roles, isGrant, ofGrants),
      await remove(services, isOfConnector),
      await remove(resourceInterfaces, isBuiltIn),
      await remove(connectorClasses, isBuiltIn),
    ]
    return counts.reduce((sum, count) => sum + count, 0)
  }

  // The manifests of a release hold this Job for its end, and somebody may apply them all at once.
  async function refuseWhileInstalled(): Promise<void> {
    if ((await client.find(csiDrivers, driver, { signal })) === undefined) return
    const why = 'the installation is there, and workloads use what would be removed'
    throw new ConnectorsError(
      'PRECONDITION',
      'StillInstalled',
      `Cannot clean up cluster as uninstalled: CSIDriver "${driver.name}" exists: ${why}`,
    )
  }

  async function remove<T extends KubeObject>(
    resource: Resource<T>,
    isOurs: (object: T) => boolean,
    query: { readonly labelSelector?: string } = {},
  ): Promise<number> {
    let count = 0
    const found: T[] = []
    try {
      for await (const { items } of client.pages(resource, { ...query, signal })) {
        // What is on its way out may wait there for others' finalizers.
        found.push(...items.filter(item => !item.metadata.deletionTimestamp && isOurs(item)))
      }
    } catch (error) {
      // Its CustomResourceDefinition is gone, and all objects with it.
      if (!hasCode(error, 'NOT_FOUND')) throw error
    }
    for (const { metadata } of found) {
      const { uid } = metadata
      try {
        await client.delete(resource, metadata, { ...(uid && { preconditions: { uid } }), signal })
        count++
      } catch (error) {
        if (!hasCode(error, 'NOT_FOUND') && !hasCode(error, 'CONFLICT')) throw error
      }
    }
    removed[resource.plural] = (removed[resource.plural] ?? 0) + count
    return count
  }

  while ((await look()) > 0) await clock.sleep(lookAgainMs, { signal })
  log.info('removed what the controller had made', { removed })
}

type WrittenMeta = ObjectMeta & {
  readonly managedFields?: readonly { readonly manager?: string; readonly subresource?: string }[]
}

/** Whoever changes an object that we applied has made it theirs. The status is nobody's to keep. */
export function isAppliedAlone(metadata: WrittenMeta, fieldManager: string): boolean {
  const writers = (metadata.managedFields ?? []).filter(({ subresource }) => subresource !== 'status')
  return writers.length > 0 && writers.every(({ manager }) => manager === fieldManager)
}

export function isOfConnector({
  metadata,
  spec,
}: KubeObject & { readonly spec?: { readonly type?: string } }) {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  return (
    spec?.type === 'ExternalName' &&
    owner?.kind === 'Connector' &&
    owner.apiVersion.startsWith(`${apiGroup}/`)
  )
}
