// The admission policies of the chart, as far as they can be seen without a cluster. What they refuse:
// test/e2e/afterwards/rights.test.ts.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keysOf, kindOf, one, type Rendered, type RenderOptions, render } from '../helpers/chart.ts'

const test = suite('clients/chart: policies')

const root = join(import.meta.dirname, '../..')
const policyKind = 'ValidatingAdmissionPolicy'
const serves = 'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy'
const isHook = ({ metadata }: Rendered) => metadata.annotations?.['helm.sh/hook'] !== undefined

type Validation = { readonly expression: string; readonly message: string; readonly reason: string }

const expressionsOf = ({ spec }: Rendered): readonly string[] =>
  [...spec.matchConditions, ...(spec.variables ?? []), ...spec.validations].map(
    ({ expression }) => expression,
  )

const accounts = [
  'system:serviceaccount:system:connectors-controller-manager',
  'system:serviceaccount:system:connectors-proxy',
  'system:serviceaccount:mounts:connectors-csi',
  'system:serviceaccount:system:connectors-cleanup',
]

test('holds the accounts of the components and nobody else, and fails closed', async () => {
  const objects = await render(['csi.namespace="mounts"'])
  const policies = kindOf(objects, policyKind)
  assert.ok(policies.length > 8)
  const bindings = kindOf(objects, `${policyKind}Binding`)
  assert.equal(
    bindings.map(({ metadata, spec }) => [metadata.name, metadata.annotations, spec]),
    policies.map(({ metadata }) => [
      metadata.name,
      metadata.annotations,
      { policyName: metadata.name, validationActions: ['Deny'] },
    ]),
  )
  for (const policy of policies) {
    const { metadata, spec } = policy
    assert.is(spec.failurePolicy, 'Fail')
    // A parameter that is missing would be everybody's refusal, whatever the conditions.
    assert.is(spec.paramKind, undefined)
    assert.is(spec.matchConditions.length, 1)
    const [, list = ''] =
      /^request\.userInfo\.username in (\[.*\])$/.exec(spec.matchConditions[0].expression) ?? []
    assert.equal(JSON.parse(list), isHook(policy) ? accounts.slice(3) : accounts, metadata.name)
    for (const { operations } of spec.matchConstraints.resourceRules) {
      assert.equal(operations, ['CREATE', 'UPDATE', 'DELETE'], metadata.name)
    }
    for (const validation of spec.validations as readonly (Validation & object)[]) {
      assert.equal(
        Object.keys(validation).sort(),
        ['expression', 'message', 'reason'],
        'nothing of others is repeated',
      )
      assert.is(validation.reason, 'Forbidden')
      assert.match(validation.message, /^Cannot /)
    }
  }
})

test('judges every write that a role allows, but for those that no policy sees', async () => {
  const objects = await render()
  const judged = new Set(
    kindOf(objects, policyKind)
      .filter(policy => !isHook(policy))
      .flatMap(({ spec }) => spec.matchConstraints.resourceRules)
      .flatMap(({ apiGroups, resources }) =>
        resources.map((resource: string) => `${apiGroups[0]}/${resource}`),
      ),
  )
  const writing = ['create', 'update', 'patch', 'delete', '*']
  const written = objects
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && !/-(view|edit)$/.test(metadata.name))
    .flatMap(({ rules = [] }) => rules)
    .filter(({ verbs }) => verbs.some(verb => writing.includes(verb)))
    .flatMap(({ apiGroups, resources }) => resources.map(resource => `${apiGroups[0]}/${resource}`))
  assert.equal([...new Set(written)].filter(resource => !judged.has(resource)).sort(), [
    'authentication.k8s.io/tokenreviews',
    'authorization.k8s.io/subjectaccessreviews',
    'connectors.alauda.io/connectorclasses/status',
    'connectors.alauda.io/connectors/status',
  ])
  const everything = objects.flatMap(({ rules = [] }) => rules).flatMap(({ apiGroups }) => apiGroups)
  assert.not(everything.some(group => group === '*' || group.startsWith('admissionregistration')))
})

test('cleans up under the rules of the release, from before there are rights until they are gone', async () => {
  const objects = await render()
  const policies = kindOf(objects, policyKind)
  const hooks = policies.filter(isHook)
  assert.equal(
    hooks.map(({ metadata }) => metadata.name).sort(),
    ['builtins', 'rolebindings', 'roles', 'services'].map(name => `connectors-cleanup-${name}`),
  )
  for (const { metadata, spec } of hooks) {
    const own = one(objects, policyKind, metadata.name.replace('cleanup-', ''))
    const withoutAccounts = { matchConditions: undefined }
    assert.equal({ ...spec, ...withoutAccounts }, { ...own.spec, ...withoutAccounts })
  }
  const annotations = (kind: string) =>
    objects
      .filter(object => object.kind === kind && isHook(object))
      .map(({ metadata }) => metadata.annotations ?? {})
  const weight = (kind: string) => annotations(kind).map(found => Number(found['helm.sh/hook-weight'] ?? 0))
  const before = Math.max(...weight(policyKind), ...weight(`${policyKind}Binding`))
  assert.ok(before < Math.min(...weight('ClusterRole'), ...weight('ClusterRoleBinding')))
  const lasts = (kind: string) => annotations(kind).map(found => found['helm.sh/hook-delete-policy'])
  assert.equal(
    new Set([...lasts(policyKind), ...lasts(`${policyKind}Binding`)]),
    new Set(lasts('ClusterRoleBinding')),
  )
  assert.equal(kindOf(await render(['cleanup.enabled=false']), policyKind).filter(isHook), [])
})

const clusters: readonly (readonly [
  what: string,
  set: readonly string[],
  options: RenderOptions,
  has: boolean,
])[] = [
  ['where no cluster is asked', [], {}, true],
  ['where the cluster serves policies', [], { capabilities: ['v1/Pod', serves] }, true],
  ['where it does not', [], { capabilities: ['v1/Pod'] }, false],
  [
    'where it does not and they are wanted',
    ['admissionPolicies.enabled=true'],
    { capabilities: ['v1/Pod'] },
    true,
  ],
  [
    'where they are switched off',
    ['admissionPolicies.enabled=false'],
    { capabilities: ['v1/Pod', serves] },
    false,
  ],
]
for (const [what, set, options, has] of clusters) {
  test(`has ${has ? 'policies' : 'none'} ${what}`, async () => {
    const found = keysOf(await render(set, options)).filter(key => key.startsWith(policyKind))
    assert.is(found.length > 0, has)
  })
}

test('compares with what the values say, as it stands there', async () => {
  const set = ['admissionPolicies.proxyNamespaces=["tools","true"]', 'clusterDomain="corp.example"']
  const objects = kindOf(await render(set, { namespace: '1e3' }), policyKind)
  const text = expressionsOf(one(objects, policyKind, 'connectors-services')).join('\n')
  assert.match(text, 'variables.target[1] in ["1e3", "tools", "true"]')
  assert.match(text, 'variables.target[2] == "svc.corp.example"')
  for (const policy of objects) assert.not.match(expressionsOf(policy).join('\n'), /connectors-system|\{\{/)
})

test('knows the classes and interfaces that come with the image', async () => {
  const policy = kindOf(await render(), policyKind).find(
    ({ metadata }) => metadata.name === 'connectors-builtins',
  )
  const text = expressionsOf(policy as Rendered).join('\n')
  for (const folder of ['classes', 'resource-interface/definitions']) {
    const names = (await readdir(join(root, folder))).map(file => file.replace('.yaml', '')).sort()
    assert.match(text, `["${names.join('", "')}"]`, `${folder} has others than the policy`)
  }
})

test.run()
