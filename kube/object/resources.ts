// Where each kind lives in the API: the one table of groups, versions and plurals.
import type { Connector } from '../../connector/connector.ts'
import { apiGroup } from '../../connector/connector.ts'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import type {
  ConfigMap,
  CSIDriver,
  KubeEvent,
  KubeObject,
  Lease,
  Namespace,
  Pod,
  Role,
  RoleBinding,
  Secret,
  Service,
  ServiceAccount,
  SubjectAccessReview,
  TokenReview,
} from './objects.ts'

declare const stored: unique symbol

/** One kind of the API; `T` is what it stores. */
export interface Resource<T = KubeObject> {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  readonly [stored]?: T
}

export const connectors: Resource<Connector> = ours('connectors', 'Connector', true)
export const connectorClasses: Resource<ConnectorClass> = ours('connectorclasses', 'ConnectorClass', false)
export const resourceInterfaces: Resource = ours('resourceinterfaces', 'ResourceInterface', false)

export const configMaps: Resource<ConfigMap> = core('configmaps', 'ConfigMap')
export const events: Resource<KubeEvent> = core('events', 'Event')
export const namespaces: Resource<Namespace> = { ...core('namespaces', 'Namespace'), namespaced: false }
export const pods: Resource<Pod> = core('pods', 'Pod')
export const secrets: Resource<Secret> = core('secrets', 'Secret')
export const serviceAccounts: Resource<ServiceAccount> = core('serviceaccounts', 'ServiceAccount')
export const services: Resource<Service> = core('services', 'Service')

export const roles: Resource<Role> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'roles',
  kind: 'Role',
  namespaced: true,
}
export const roleBindings: Resource<RoleBinding> = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
}
export const leases: Resource<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
}
export const csiDrivers: Resource<CSIDriver> = {
  group: 'storage.k8s.io',
  version: 'v1',
  plural: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
}

export const tokenReviews: Resource<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
}
export const subjectAccessReviews: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
}

/** `v1` or `group/version`, as objects carry it. */
export function apiVersionOf(resource: Resource<unknown>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

function core(plural: string, kind: string): Resource<never> {
  return { group: '', version: 'v1', plural, kind, namespaced: true }
}

function ours(plural: string, kind: string, namespaced: boolean): Resource<never> {
  return { group: apiGroup, version: 'v1alpha1', plural, kind, namespaced }
}
