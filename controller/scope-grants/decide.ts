// decide: who may use the Connectors of a namespace out of the box. Pure. Spec: access.md, "Out of the box: scopes".
import { isDeepStrictEqual } from 'node:util'
import { apiGroup } from '../../connector/connector.ts'
import type { NewObject, Role, RoleBinding } from '../../kube/object/objects.ts'
import { grantName, type ObservedScope } from './observe.ts'

/** On the Role and RoleBinding that are ours; others of that name are never touched. */
export const grantLabel = 'connectors.alauda.io/scope-grants'
const grantSwitch = 'connectors.cpaas.io/scope-grants'

export type GrantAction =
  | { readonly verb: 'create'; readonly role: NewObject<Role> }
  | { readonly verb: 'create'; readonly roleBinding: NewObject<RoleBinding> }
  | { readonly verb: 'replace' | 'delete'; readonly role: Role }
  | { readonly verb: 'replace' | 'delete'; readonly roleBinding: RoleBinding }

export type ScopeDecision = {
  /** In the order in which they must happen. */
  readonly actions: readonly GrantAction[]
  /** Something of our name is not ours: nothing is granted, and somebody should know. */
  readonly isTaken: boolean
}

const rules: NonNullable<Role['rules']> = [
  { apiGroups: [apiGroup], resources: ['connectors', 'connectors/proxy'], verbs: ['get'] },
]
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: grantName }

export function decideScope(
  observed: ObservedScope,
  { enabled }: { readonly enabled: boolean },
): ScopeDecision {
  const { namespace } = observed
  const role = observed.role && isOurs(observed.role) ? observed.role : undefined
  const roleBinding = observed.roleBinding && isOurs(observed.roleBinding) ? observed.roleBinding : undefined
  const isTaken = role !== observed.role || roleBinding !== observed.roleBinding
  const isGoing = namespace.metadata.deletionTimestamp !== undefined
  const wanted =
    enabled &&
    !isGoing &&
    observed.holdsConnectors &&
    namespace.metadata.annotations?.[grantSwitch] !== 'false'
  if (wanted && !isTaken) return { actions: grant(observed, { role, roleBinding }), isTaken }
  // The binding goes first: without it the Role grants nothing.
  const removals: GrantAction[] = []
  if (roleBinding !== undefined) removals.push({ verb: 'delete', roleBinding })
  if (role !== undefined) removals.push({ verb: 'delete', role })
  return { actions: isGoing ? [] : removals, isTaken: wanted && isTaken }
}

function isOurs({ metadata }: Role | RoleBinding): boolean {
  return metadata.labels?.[grantLabel] === 'true'
}

function grant(
  observed: ObservedScope,
  { role, roleBinding }: { readonly role: Role | undefined; readonly roleBinding: RoleBinding | undefined },
): readonly GrantAction[] {
  const metadata = {
    name: grantName,
    namespace: observed.namespace.metadata.name,
    labels: { [grantLabel]: 'true' },
  }
  const subjects = subjectsOf(observed)
  const actions: GrantAction[] = []
  if (role === undefined) actions.push({ verb: 'create', role: { metadata, rules } })
  else if (!isDeepStrictEqual(role.rules, rules)) actions.push({ verb: 'replace', role: { ...role, rules } })

  if (roleBinding === undefined) {
    actions.push({ verb: 'create', roleBinding: { metadata, roleRef, subjects } })
  } else if (!isDeepStrictEqual(roleBinding.roleRef, roleRef)) {
    // A RoleBinding's roleRef cannot change; its end brings the next decision, which makes a new one.
    actions.push({ verb: 'delete', roleBinding })
  } else if (!isDeepStrictEqual(groupsOf(roleBinding.subjects), groupsOf(subjects))) {
    actions.push({ verb: 'replace', roleBinding: { ...roleBinding, subjects } })
  }
  return actions
}

function subjectsOf({ namespace, projectNamespaces }: ObservedScope): NonNullable<RoleBinding['subjects']> {
  const own = namespace.metadata.name
  const groups =
    own === 'kube-public'
      ? ['system:serviceaccounts']
      : [...new Set([own, ...projectNamespaces])].sort().map(name => `system:serviceaccounts:${name}`)
  return groups.map(name => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name }))
}

/** Subjects that compare equal whatever their order and the API server's defaults. */
function groupsOf(subjects: RoleBinding['subjects']): readonly string[] {
  return (subjects ?? []).map(({ kind, namespace = '', name }) => `${kind}/${namespace}/${name}`).sort()
}
