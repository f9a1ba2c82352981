// Who may do what: the rules of the stored Roles and ClusterRoles, as their bindings give them.
import { type Fields, fieldsOf, type KubeObject, listOf } from './object.ts'
import { forbidden, notFound, resourceName } from './status.ts'
import type { Store } from './store.ts'
import { parseServiceAccount, type User } from './user.ts'

/** What is asked: a verb on a resource, or on a path that is none. */
export interface Access {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** Set when the request is for no resource. */
  readonly path?: string
}

export interface Verdict {
  readonly allowed: boolean
  readonly reason: string
}

export interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly resourceNames: readonly string[]
  readonly nonResourceURLs: readonly string[]
}

const group = 'rbac.authorization.k8s.io'
const roles = { group, plural: 'roles', kind: 'Role' }
const clusterRoles = { group, plural: 'clusterroles', kind: 'ClusterRole' }
const everything: Rule = {
  verbs: ['*'],
  apiGroups: ['*'],
  resources: ['*'],
  resourceNames: [],
  nonResourceURLs: ['*'],
}

export function authorize(store: Store, user: User, access: Access): Verdict {
  if (user.groups.includes('system:masters')) return { allowed: true, reason: '' }
  for (const { rule, source } of grants(store, user, access.namespace)) {
    if (allows(rule, access)) return { allowed: true, reason: `RBAC: allowed by ${source()}` }
  }
  return { allowed: false, reason: '' }
}

/** Every rule that holds for the user in the namespace ('' for the cluster alone). */
export function rulesOf(store: Store, user: User, namespace: string): Rule[] {
  if (user.groups.includes('system:masters')) return [everything]
  return [...grants(store, user, namespace)].map(({ rule }) => rule)
}

interface Grant {
  readonly rule: Rule
  readonly source: () => string
}

function* grants(store: Store, user: User, namespace: string): Generator<Grant> {
  yield* boundRules(store, user, store.list(`clusterrolebindings.${group}`))
  if (namespace !== '') yield* boundRules(store, user, store.list(`rolebindings.${group}`, namespace))
}

function* boundRules(store: Store, user: User, bindings: Iterable<KubeObject>): Generator<Grant> {
  for (const binding of bindings) {
    const namespace = binding.metadata.namespace ?? ''
    const subject = listOf<Fields>(binding['subjects']).find(one => isSubject(one, user, namespace))
    if (subject === undefined) continue
    const roleRef = fieldsOf(binding['roleRef'])
    const source = () => {
      const where = namespace === '' ? binding.metadata.name : `${binding.metadata.name}/${namespace}`
      const who =
        subject['namespace'] === undefined ? subject['name'] : `${subject['name']}/${subject['namespace']}`
      return `${binding.kind} "${where}" of ${roleRef['kind']} "${roleRef['name']}" to ${subject['kind']} "${who}"`
    }
    for (const rule of rulesIn(findRole(store, roleRef, namespace))) yield { rule, source }
  }
}

function isSubject({ kind, name, namespace }: Fields, user: User, bindingNamespace: string): boolean {
  if (kind === 'User') return name === user.username
  if (kind === 'Group') return user.groups.includes(String(name))
  return user.username === `system:serviceaccount:${namespace ?? bindingNamespace}:${name}`
}

function findRole(store: Store, { kind, name }: Fields, namespace: string): KubeObject | undefined {
  if (kind === 'ClusterRole') return store.get(resourceName(clusterRoles), '', String(name))
  return store.get(resourceName(roles), namespace, String(name))
}

function rulesIn(role: KubeObject | undefined): Rule[] {
  return listOf<Fields>(role?.['rules']).map(rule => ({
    verbs: listOf(rule['verbs']),
    apiGroups: listOf(rule['apiGroups']),
    resources: listOf(rule['resources']),
    resourceNames: listOf(rule['resourceNames']),
    nonResourceURLs: listOf(rule['nonResourceURLs']),
  }))
}

function allows(rule: Rule, access: Access): boolean {
  if (!rule.verbs.includes('*') && !rule.verbs.includes(access.verb)) return false
  const { path } = access
  if (path !== undefined) return rule.nonResourceURLs.some(url => coversPath(url, path))
  return (
    (rule.apiGroups.includes('*') || rule.apiGroups.includes(access.group)) &&
    rule.resources.some(resource => coversResource(resource, access)) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(access.name))
  )
}

function coversPath(url: string, path: string): boolean {
  return url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))
}

function coversResource(pattern: string, { resource, subresource }: Access): boolean {
  if (pattern === '*') return true
  if (subresource === '') return pattern === resource
  return pattern === `${resource}/${subresource}` || pattern === `*/${subresource}`
}

/**
 * Refuses a role or binding that gives what its writer does not have, unless the writer may `escalate` the
 * role or `bind` to it.
 */
export function requireGrantable(store: Store, user: User, draft: KubeObject): void {
  if (user.groups.includes('system:masters')) return
  const { name, namespace = '' } = draft.metadata
  const isBinding = draft.kind.endsWith('Binding')
  const kind = draft.kind.startsWith('Cluster') ? clusterRoles : roles
  const roleRef = fieldsOf(draft['roleRef'])
  const roleKind = isBinding ? (roleRef['kind'] === 'ClusterRole' ? clusterRoles : roles) : kind
  const access = {
    verb: isBinding ? 'bind' : 'escalate',
    group,
    resource: roleKind.plural,
    subresource: '',
    namespace,
    name: isBinding ? String(roleRef['name']) : name,
  }
  if (authorize(store, user, access).allowed) return
  const role = isBinding ? findRole(store, roleRef, namespace) : draft
  if (role === undefined) throw notFound(roleKind, String(roleRef['name']))
  const held = rulesOf(store, user, namespace)
  const missing = rulesIn(role).filter(
    rule => !atoms(rule).every(atom => held.some(one => allows(one, atom))),
  )
  if (missing.length === 0) return
  const plural = isBinding ? `${draft.kind.toLowerCase()}s` : kind.plural
  const why = `user "${user.username}" (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${missing.map(describeRule).join('\n')}`
  throw forbidden({ group, plural }, name, why)
}

/** The single permissions of a rule: a `*` in it is held only by who holds a `*` there. */
function atoms(rule: Rule): Access[] {
  const atom = { group: '', resource: '', subresource: '', namespace: '', name: '' }
  const names = rule.resourceNames.length === 0 ? [''] : rule.resourceNames
  return rule.verbs.flatMap(verb => [
    ...rule.nonResourceURLs.map(path => ({ ...atom, verb, path })),
    ...rule.apiGroups.flatMap(apiGroup =>
      rule.resources.flatMap(pattern => {
        const [resource = '', ...rest] = pattern.split('/')
        return names.map(name => ({
          ...atom,
          verb,
          group: apiGroup,
          resource,
          subresource: rest.join('/'),
          name,
        }))
      }),
    ),
  ])
}

function describeRule(rule: Rule): string {
  const parts: [string, readonly string[]][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['Verbs', rule.verbs],
  ]
  const shown = parts.filter(([, values]) => values.length > 0)
  return `{${shown.map(([name, values]) => `${name}:[${values.map(value => JSON.stringify(value)).join(' ')}]`).join(', ')}}`
}

/** The words of a refusal, as in `User "x" cannot get resource "secrets" in API group "" ...`. */
export function refusal(user: User, access: Access): string {
  const { verb, resource, subresource, namespace } = access
  const target = subresource === '' ? resource : `${resource}/${subresource}`
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  return `User "${user.username}" cannot ${verb} resource "${target}" in API group "${access.group}" ${scope}`
}

/** What an impersonated name needs: the resource and the name that the `impersonate` verb is checked on. */
export function impersonation(username: string): { resource: string; namespace: string; name: string } {
  const account = parseServiceAccount(username)
  if (account !== undefined) return { resource: 'serviceaccounts', ...account }
  return { resource: 'users', namespace: '', name: username }
}
