// Roles and RoleBindings, as the controller.
import type { ApiRequest } from '../../harness/impersonate.ts'
import { type Attempt, group, rbac, rbacGroup, remove, type Surroundings } from './attempt.ts'

export function grantAttempts({ team, objects }: Surroundings): readonly Attempt[] {
  const roles = `${rbac}/namespaces/${team}/roles`
  const bindings = `${rbac}/namespaces/${team}/rolebindings`
  const labels = { [`${group}/scope-grants`]: 'true' }
  const rule = { apiGroups: [group], resources: ['connectors', 'connectors/proxy'], verbs: ['get'] }
  const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }
  const role = (
    rules: readonly object[],
    metadata: object = { name: 'connectors-scope', labels },
  ): ApiRequest => ({
    method: 'POST',
    path: `${rbac}/namespaces/default/roles`,
    body: { metadata, rules },
  })
  const account = { kind: 'Group', apiGroup: rbacGroup, name: 'system:serviceaccounts:default' }
  const scope = { apiGroup: rbacGroup, kind: 'Role', name: 'connectors-scope' }
  const binding = (
    subjects: readonly object[],
    { roleRef = scope, metadata = { name: 'connectors-scope', labels } } = {},
  ): ApiRequest => ({
    method: 'POST',
    path: bindings,
    body: { metadata, roleRef, subjects },
  })
  const ourRole = objects['role/connectors-scope'] ?? {}
  const ourBinding = objects['rolebinding/connectors-scope'] ?? {}
  const [forRoles, forBindings] = ['connectors-roles', 'connectors-rolebindings'] as const
  return [
    { what: 'create a grant', request: role([rule]), outcome: 'allowed' },
    {
      what: 'set a grant back',
      request: { method: 'PUT', path: `${roles}/connectors-scope`, body: ourRole },
      outcome: 'allowed',
    },
    {
      what: 'delete a grant',
      request: remove(`${roles}/connectors-scope`),
      outcome: 'allowed',
    },
    { what: 'grant Secrets', request: role([secrets]), outcome: forRoles },
    { what: 'grant Secrets besides', request: role([rule, secrets]), outcome: forRoles },
    {
      what: 'grant Secrets in an own grant',
      request: { method: 'PUT', path: `${roles}/connectors-scope`, body: { ...ourRole, rules: [secrets] } },
      outcome: forRoles,
    },
    {
      what: 'grant more than use',
      request: role([{ ...rule, verbs: ['get', 'list'], resources: ['connectors'] }]),
      outcome: forRoles,
    },
    {
      what: 'create a Role of another name',
      request: role([rule], { name: 'mine', labels }),
      outcome: forRoles,
    },
    {
      what: 'create a Role without the label',
      request: role([rule], { name: 'connectors-scope' }),
      outcome: forRoles,
    },
    {
      what: 'delete a Role of another name',
      request: remove(`${roles}/mine`),
      outcome: 'role',
    },
    { what: 'create a binding', request: binding([account]), outcome: 'allowed' },
    {
      what: 'create a binding of ServiceAccounts',
      request: binding([{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }]),
      outcome: 'allowed',
    },
    {
      what: 'set a binding back',
      request: { method: 'PUT', path: `${bindings}/connectors-scope`, body: ourBinding },
      outcome: 'allowed',
    },
    {
      what: 'delete a binding',
      request: remove(`${bindings}/connectors-scope`),
      outcome: 'allowed',
    },
    {
      what: 'bind a User',
      request: binding([{ ...account, kind: 'User', name: 'somebody' }]),
      outcome: forBindings,
    },
    {
      what: 'bind everybody',
      request: binding([{ ...account, name: 'system:authenticated' }]),
      outcome: forBindings,
    },
    {
      what: 'bind a group that looks alike',
      request: binding([{ ...account, name: 'system:serviceaccountsx' }]),
      outcome: forBindings,
    },
    {
      what: 'bind a User in an own binding',
      request: {
        method: 'PUT',
        path: `${bindings}/connectors-scope`,
        body: { ...ourBinding, subjects: [{ ...account, kind: 'User', name: 'somebody' }] },
      },
      outcome: forBindings,
    },
    {
      what: 'create a binding of another name',
      request: binding([account], { metadata: { name: 'mine', labels } }),
      outcome: forBindings,
    },
    {
      what: 'bind to the ClusterRole edit',
      request: binding([account], { roleRef: { ...scope, kind: 'ClusterRole', name: 'edit' } }),
      outcome: 'role',
    },
    {
      what: 'bind to a Role of others',
      request: binding([account], { roleRef: { ...scope, name: 'mine' } }),
      outcome: forBindings,
    },
  ]
}
