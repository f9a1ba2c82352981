// Who is granted what, as a table.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decideScope, type GrantAction } from '../../../controller/scope-grants/decide.ts'
import type { ObservedScope } from '../../../controller/scope-grants/observe.ts'
import type { Role, RoleBinding } from '../../../kube/object/objects.ts'

const observed: ObservedScope = {
  namespace: { metadata: { name: 'team' } },
  holdsConnectors: true,
  projectNamespaces: [],
  role: undefined,
  roleBinding: undefined,
}
const decide = (change: Partial<ObservedScope>, enabled = true) =>
  decideScope({ ...observed, ...change }, { enabled })

function made(change: Partial<ObservedScope>): { readonly role: Role; readonly roleBinding: RoleBinding } {
  const found: { role?: Role; roleBinding?: RoleBinding } = {}
  for (const action of decide(change).actions) Object.assign(found, action)
  return found as { role: Role; roleBinding: RoleBinding }
}

function named(actions: readonly GrantAction[]): readonly string[] {
  return actions.map(action => `${action.verb} ${'role' in action ? 'Role' : 'RoleBinding'}`)
}

const groups = (change: Partial<ObservedScope>) => made(change).roleBinding.subjects?.map(({ name }) => name)
const ours = made({})
const foreign = { ...ours.role, metadata: { name: 'connectors-scope', namespace: 'team' } }
const annotations = { 'connectors.cpaas.io/scope-grants': 'false' }
const off = { metadata: { name: 'team', annotations } }
const going = { metadata: { name: 'team', deletionTimestamp: '2026-01-01T00:00:00Z' } }

type Row = readonly [name: string, actions: readonly GrantAction[], expected: readonly string[]]
const rows: readonly Row[] = [
  ['nothing there', decide({}).actions, ['create Role', 'create RoleBinding']],
  ['all there', decide(ours).actions, []],
  ['a changed Role', decide({ ...ours, role: { ...ours.role, rules: [] } }).actions, ['replace Role']],
  [
    'a changed RoleBinding',
    decide({ ...ours, roleBinding: { ...ours.roleBinding, subjects: [] } }).actions,
    ['replace RoleBinding'],
  ],
  [
    'a RoleBinding of another Role',
    decide({
      ...ours,
      roleBinding: { ...ours.roleBinding, roleRef: { ...ours.roleBinding.roleRef, name: 'x' } },
    }).actions,
    ['delete RoleBinding'],
  ],
  [
    'no Connectors left',
    decide({ ...ours, holdsConnectors: false }).actions,
    ['delete RoleBinding', 'delete Role'],
  ],
  ['switched off', decide(ours, false).actions, ['delete RoleBinding', 'delete Role']],
  [
    'switched off for the namespace',
    decide({ ...ours, namespace: off }).actions,
    ['delete RoleBinding', 'delete Role'],
  ],
  ['a namespace that is going', decide({ ...ours, namespace: going }).actions, []],
  ["somebody else's Role", decide({ role: foreign }).actions, []],
  [
    "somebody else's Role under our RoleBinding",
    decide({ ...ours, role: foreign }).actions,
    ['delete RoleBinding'],
  ],
]

const test = suite('controller/scope-grants/decide')
for (const [name, actions, expected] of rows) test(name, () => assert.equal(named(actions), expected))

test('says so when the name is taken, and only where something is to be granted', () => {
  assert.is(decide({ role: foreign }).isTaken, true)
  assert.is(decide({ role: foreign }, false).isTaken, false)
  assert.is(decide(ours).isTaken, false)
})
test('grants the scope: the namespace, its project, or all', () => {
  assert.equal(groups({}), ['system:serviceaccounts:team'])
  assert.equal(groups({ projectNamespaces: ['b', 'team', 'a'] }), [
    'system:serviceaccounts:a',
    'system:serviceaccounts:b',
    'system:serviceaccounts:team',
  ])
  assert.equal(groups({ namespace: { metadata: { name: 'kube-public' } } }), ['system:serviceaccounts'])
})
test('grants nothing but the use of Connectors', () => {
  assert.equal(ours.role.rules, [
    { apiGroups: ['connectors.alauda.io'], resources: ['connectors', 'connectors/proxy'], verbs: ['get'] },
  ])
})
test.run()
