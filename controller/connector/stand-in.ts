// The Service that stands for a Connector: whose it is, what it has to be, and what is to be done about it.
// Spec: resources.md, "Controller behaviour".
import { isDeepStrictEqual } from 'node:util'
import { proxyServiceName } from '../../connector/address.ts'
import { apiGroup, apiVersion, type Connector } from '../../connector/connector.ts'
import type { OwnerReference } from '../../connector/object.ts'
import type { NewObject, Service } from '../../kube/object/objects.ts'

export type ServiceAction =
  | { readonly verb: 'create'; readonly service: NewObject<Service> }
  | { readonly verb: 'replace' | 'delete'; readonly service: Service }

type ServiceSpec = NonNullable<Service['spec']>

const connectorLabel = 'connectors.alauda.io/connector'

/**
 * By the owner reference alone. A Service that only looks like one of ours is not taken back, though it may have been:
 * whoever may edit Services in the namespace writes its labels, its annotations and the manager of its fields.
 */
export function isOwned({ metadata }: Service, connector: Connector): boolean {
  return metadata.ownerReferences?.some(owner => isOwner(owner, connector)) ?? false
}

function isOwner({ apiVersion, kind, uid }: OwnerReference, connector: Connector): boolean {
  return kind === 'Connector' && apiVersion.startsWith(`${apiGroup}/`) && uid === connector.metadata.uid
}

/** Why a Service of the name that is not owned is in the way, and what helps. */
export function conflictMessage({ metadata }: Service, connector: Connector): string {
  const { name, namespace } = connector.metadata
  const which = `Service "${metadata.name}" in namespace "${namespace}"`
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Connector')
  const isLabelled = metadata.labels?.[connectorLabel] === name
  const why =
    owner !== undefined
      ? `it belongs to another Connector (UID ${owner.uid})`
      : isLabelled
        ? 'its owner reference to the Connector was removed, and with it the promise of where it leads'
        : 'somebody else has made it'
  return `Cannot use ${which} as the address of Connector "${name}": ${why}; delete ${which}; the controller makes it again`
}

function wantedService(connector: Connector, externalName: string): NewObject<Service> {
  const { name, namespace } = connector.metadata
  return {
    metadata: {
      name: proxyServiceName(name),
      namespace,
      // A name of more than 63 characters is no label value; the owner reference tells whose the Service is.
      labels: name.length > 63 ? {} : { [connectorLabel]: name },
      ownerReferences: [ownerReference(connector)],
    },
    spec: { type: 'ExternalName', externalName },
  }
}

function ownerReference({ metadata: { name, uid = '' } }: Connector): OwnerReference {
  return { apiVersion, kind: 'Connector', name, uid, controller: true, blockOwnerDeletion: false }
}

/** What makes the Connector's own Service as it has to be; undefined where it is. */
export function serviceAction(
  own: Service | undefined,
  { connector, target }: { readonly connector: Connector; readonly target: string },
): ServiceAction | undefined {
  const wanted = wantedService(connector, target)
  if (own === undefined) return { verb: 'create', service: wanted }
  const labels = { ...own.metadata.labels, ...wanted.metadata.labels }
  const ownerReferences = (own.metadata.ownerReferences ?? []).map(owner =>
    isOwner(owner, connector) ? ownerReference(connector) : owner,
  )
  const same =
    leadsTo(own.spec ?? {}, target) &&
    isDeepStrictEqual(labels, own.metadata.labels ?? {}) &&
    isDeepStrictEqual(ownerReferences, own.metadata.ownerReferences)
  if (same) return undefined
  const metadata = { ...own.metadata, labels, ownerReferences }
  return { verb: 'replace', service: { ...own, metadata, ...(wanted.spec && { spec: wanted.spec }) } }
}

/**
 * All that decides where requests to the Service's name go. An ExternalName is an alias in DNS, and Kubernetes itself
 * heeds none of the other fields for one, nor endpoints that somebody puts beside it; but others may.
 */
function leadsTo(spec: ServiceSpec, target: string): boolean {
  const { type, externalName, selector, ports, externalIPs, clusterIP, loadBalancerIP, loadBalancerClass } =
    spec
  const isClear = [clusterIP, loadBalancerIP, loadBalancerClass].every(value => !value)
  const isEmpty = [ports, externalIPs, Object.keys(selector ?? {})].every(list => (list ?? []).length === 0)
  return type === 'ExternalName' && externalName === target && isClear && isEmpty
}
