// observe: all that a decision about the scope grants of one namespace needs. Spec: access.md, "Out of the box: scopes".
import type { Connector } from '../../connector/connector.ts'
import type { Informer } from '../../kube/cache/informer.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import type { Namespace, Role, RoleBinding } from '../../kube/object/objects.ts'
import { roleBindings, roles } from '../../kube/object/resources.ts'

export const grantName = 'connectors-scope'
/** Whose project the Connectors of a namespace belong to, and whose project a namespace is. */
export const innerNamespaceLabel = 'cpaas.io/inner-namespace'
export const projectLabel = 'cpaas.io/project'

export type ObservedScope = {
  readonly namespace: Namespace
  readonly holdsConnectors: boolean
  /** Names of the namespaces of the project that the namespace serves. */
  readonly projectNamespaces: readonly string[]
  /** The objects of our name, whoever made them. */
  readonly role: Role | undefined
  readonly roleBinding: RoleBinding | undefined
}

export type ScopeSources = {
  readonly client: Pick<KubeClient, 'find'>
  readonly connectors: Pick<Informer<Connector>, 'list'>
  readonly namespaces: Pick<Informer<Namespace>, 'get' | 'byIndex'>
  /** Ours alone. */
  readonly roles: Pick<Informer<Role>, 'get'>
  readonly roleBindings: Pick<Informer<RoleBinding>, 'get'>
}

/** Undefined for a namespace that is gone. */
export async function observeScope(
  name: string,
  sources: ScopeSources,
  { signal }: { readonly signal: AbortSignal },
): Promise<ObservedScope | undefined> {
  const namespace = sources.namespaces.get(undefined, name)
  if (namespace === undefined) return undefined
  const holdsConnectors = sources.connectors.list(name).length > 0
  const project = namespace.metadata.labels?.[innerNamespaceLabel]
  const ref = { namespace: name, name: grantName }
  const ours = {
    role: sources.roles.get(name, grantName),
    roleBinding: sources.roleBindings.get(name, grantName),
  }
  // What the watches do not show may be somebody else's, which only matters where a grant is to be made.
  const look = holdsConnectors && (ours.role === undefined || ours.roleBinding === undefined)
  return {
    namespace,
    holdsConnectors,
    projectNamespaces: project
      ? sources.namespaces.byIndex('project', project).map(({ metadata }) => metadata.name)
      : [],
    role: ours.role ?? (look ? await sources.client.find(roles, ref, { signal }) : undefined),
    roleBinding:
      ours.roleBinding ?? (look ? await sources.client.find(roleBindings, ref, { signal }) : undefined),
  }
}
