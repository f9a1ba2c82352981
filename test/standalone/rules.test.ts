// Rules of schemas: which of them are refused, and those of the product's own kinds. What they say, the contract tests.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ruleProblems } from '../../standalone/rule-problems.ts'
import { type Json, withControlPlane } from '../helpers/control-plane.ts'

const test = suite('standalone/rules')
const group = '/apis/connectors.alauda.io/v1alpha1'
const merge = { 'content-type': 'application/merge-patch+json' }

const text = { type: 'string' }
const compared = { 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] }
const first = 'x-kubernetes-validations[0]'

function objectWith(rule: object, more: object = {}): { [key: string]: unknown } {
  return { type: 'object', 'x-kubernetes-validations': [rule], ...more }
}

function listOf(type: string | undefined): { [key: string]: unknown } {
  return { type: 'array', 'x-kubernetes-list-type': type, items: { type: 'object', ...compared } }
}

const refused: readonly (readonly [what: string, schema: { [key: string]: unknown }, field: string])[] = [
  ['no rule', objectWith({}), `${first}.rule`],
  ['no expression', objectWith({ rule: 'self.a ==' }), `${first}.rule`],
  ['an unknown variable', objectWith({ rule: 'other == 1' }), `${first}.rule`],
  ['a function of Kubernetes alone', objectWith({ rule: 'self.a.isSorted()' }), `${first}.rule`],
  ['an escaped name', objectWith({ rule: 'self.a__dash__b == 1' }), `${first}.rule`],
  ['a text', objectWith({ rule: '"text"' }), `${first}.rule`],
  [
    'a computed message',
    objectWith({ rule: 'true', messageExpression: '"a"' }),
    `${first}.messageExpression`,
  ],
  ['an optional oldSelf', objectWith({ rule: 'true', optionalOldSelf: true }), `${first}.optionalOldSelf`],
  ['an unknown reason', objectWith({ rule: 'true', reason: 'Odd' }), `${first}.reason`],
  ['a field that is not there', objectWith({ rule: 'true', fieldPath: '.b' }), `${first}.fieldPath`],
  [
    'a field inside one that is not there',
    objectWith({ rule: 'true', fieldPath: '.a.b' }, { properties: { a: text } }),
    `${first}.fieldPath`,
  ],
  [
    'a duration',
    objectWith({ rule: 'true' }, { properties: { a: { type: 'string', format: 'duration' } } }),
    `${first}.rule`,
  ],
  ['oldSelf in an atomic list', listOf(undefined), `items.${first}.rule`],
  ['oldSelf in a set', listOf('set'), `items.${first}.rule`],
  [
    'what is below such a list',
    { type: 'array', items: { type: 'object', properties: { a: listOf('map') } } },
    `items.properties[a].items.${first}.rule`,
  ],
  [
    'what is deep inside',
    { type: 'object', additionalProperties: { type: 'object', properties: { a: objectWith({}) } } },
    `additionalProperties.properties[a].${first}.rule`,
  ],
]
for (const [what, schema, field] of refused) {
  test(`refuses ${what}`, () => {
    const fields = ruleProblems(schema, 'at').map(problem => problem.field)
    assert.equal(fields, [`at.${field}`])
  })
}

test('takes rules that it can evaluate', () => {
  const path = objectWith(
    { rule: 'self.a == oldSelf.a', message: 'm', fieldPath: '.a', reason: 'FieldValueForbidden' },
    { properties: { a: text } },
  )
  for (const schema of [
    path,
    listOf('map'),
    { type: 'object', additionalProperties: { ...text, ...compared } },
  ])
    assert.equal(ruleProblems(schema, 'at'), [])
})

test('a definition with a rule that is refused is not stored', () =>
  withControlPlane(
    async plane => {
      const names = { plural: 'things', kind: 'Thing' }
      const schema = { openAPIV3Schema: objectWith({ rule: 'self.a ==' }) }
      const version = { name: 'v1', served: true, storage: true, schema }
      const spec = { group: 'a.test', scope: 'Cluster', names, versions: [version] }
      const body = { metadata: { name: 'things.a.test' }, spec }
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      const answer = await plane.call('POST', path, { body })
      assert.is(answer.status, 422)
      const field = `spec.versions[0].schema.openAPIV3Schema.${first}.rule`
      assert.equal(
        answer.body.details.causes.map((one: Json) => one.field),
        [field],
      )
    },
    { definitions: null },
  ))

test('the class of a Connector is set once', () =>
  withControlPlane(async plane => {
    const path = `${group}/namespaces/default/connectors`
    const make = async (name: string, more: object) => {
      const body = {
        apiVersion: 'connectors.alauda.io/v1alpha1',
        kind: 'Connector',
        metadata: { name },
        ...more,
      }
      assert.is((await plane.call('POST', path, { body })).status, 201)
    }
    const change = (name: string, body: object, at = '') =>
      plane.call('PATCH', `${path}/${name}${at}`, { body, headers: merge })
    await make('set', { spec: { connectorClassName: 'git', address: 'https://git.example.com' } })
    await make('unset', { spec: { address: 'https://git.example.com' } })
    await make('empty', { spec: { connectorClassName: '' } })
    await make('bare', {})
    for (const name of ['unset', 'empty', 'bare'])
      assert.is((await change(name, { spec: { connectorClassName: 'git' } })).status, 200, name)
    for (const name of ['set', 'unset', 'empty', 'bare'])
      for (const spec of [
        { connectorClassName: 'maven' },
        { connectorClassName: '' },
        { connectorClassName: null },
        null,
      ]) {
        const { status, body } = await change(name, { spec })
        assert.is(status, 422, name)
        assert.is(body.reason, 'Invalid')
        assert.is(
          body.message,
          `Connector.connectors.alauda.io "${name}" is invalid: spec.connectorClassName: Invalid value: "object": cannot be changed once it is set; delete the Connector and create it again`,
        )
        assert.equal(
          body.details.causes.map((one: Json) => [one.reason, one.field]),
          [['FieldValueInvalid', 'spec.connectorClassName']],
        )
      }
    const other = { address: 'https://other.example.com', connectorClassName: 'git' }
    assert.is((await change('set', { spec: other })).status, 200)
    assert.is((await change('set', { status: { observedGeneration: 2 } }, '/status')).status, 200)
  }))

test.run()
