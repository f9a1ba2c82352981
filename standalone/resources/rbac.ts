// The kinds that say who may do what.
import { admitBinding, admitRole } from '../admission.ts'
import type { Column } from '../kinds.ts'
import { type Fields, fieldsOf, listOf } from '../object.ts'
import type { Schema } from '../schema.ts'
import { age, column, createdAt, fields, free, list, type Row, required, text, withDefault } from './words.ts'

const rbacGroup = 'rbac.authorization.k8s.io'
const roleSchema = (description: string): Schema => ({
  description,
  properties: {
    rules: list(
      required(
        fields({
          verbs: list(text()),
          apiGroups: list(text()),
          resources: list(text()),
          resourceNames: list(text()),
          nonResourceURLs: list(text()),
        }),
        'verbs',
      ),
      'What is allowed',
    ),
    aggregationRule: free('Roles whose rules would be added; not supported'),
  },
})
const bindingSchema = (description: string): Schema => ({
  description,
  required: ['roleRef'],
  properties: {
    subjects: list(
      required(fields({ kind: text(), apiGroup: text(), name: text(), namespace: text() }), 'kind', 'name'),
      'Who gets the role',
    ),
    roleRef: required(
      fields(
        { apiGroup: withDefault(text(), rbacGroup), kind: text(), name: text() },
        'The role; never changes',
      ),
      'kind',
      'name',
    ),
  },
})
const bindingColumns = [
  column('Role', binding => {
    const { kind, name } = fieldsOf(binding['roleRef'])
    return `${kind}/${name}`
  }),
  age,
  column('Users', subjectsOf('User'), 1),
  column('Groups', subjectsOf('Group'), 1),
  column('ServiceAccounts', subjectsOf('ServiceAccount'), 1),
]

export const rbacKinds: readonly Row[] = [
  {
    kind: 'Role',
    plural: 'roles',
    namespaced: true,
    columns: [createdAt],
    admit: admitRole,
    schema: roleSchema('Permissions in one namespace'),
  },
  {
    kind: 'ClusterRole',
    plural: 'clusterroles',
    namespaced: false,
    columns: [createdAt],
    admit: admitRole,
    schema: roleSchema('Permissions in the cluster, or to be bound in a namespace'),
  },
  {
    kind: 'RoleBinding',
    plural: 'rolebindings',
    namespaced: true,
    columns: bindingColumns,
    admit: admitBinding,
    schema: bindingSchema('Gives a role to subjects, in one namespace'),
  },
  {
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    namespaced: false,
    columns: bindingColumns,
    admit: admitBinding,
    schema: bindingSchema('Gives a ClusterRole to subjects, everywhere'),
  },
].map(row => ({ ...row, group: rbacGroup, nameRule: 'segment' }))

function subjectsOf(kind: string): Column['cell'] {
  return binding =>
    listOf<Fields>(binding['subjects'])
      .filter(subject => subject['kind'] === kind)
      .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : String(name)))
      .join(', ')
}
