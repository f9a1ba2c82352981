import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorSpec } from '../../connector/connector.ts'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import { formatProblems, validateConnector } from '../../connector/validate.ts'

const test = suite('connector/validate')

const connectorClass: ConnectorClass = {
  metadata: { name: 'c' },
  spec: {
    addressExtensions: [{ name: 'ui', default: '' }],
    params: [
      { name: 'kind', enum: ['a', 'b'], default: 'a' },
      { name: 'list', type: 'array', default: [] },
    ],
    auth: {
      types: [
        { name: 'basic', secretType: 'kubernetes.io/basic-auth' },
        { name: 'maybe', optional: true },
      ],
    },
    authProbes: [{ authName: 'basic', params: [{ name: 'repository' }], probe: {} }],
  },
}
const auth = { name: 'basic', secretRef: { name: 's' }, params: [{ name: 'repository', value: 'r' }] }
const good: ConnectorSpec = { address: 'https://t', auth }

test('each problem names its field', () => {
  for (const [change, fields] of [
    [{}, []],
    [{ auth: { name: 'maybe' } }, []],
    [{ auth: { ...auth, secretRef: { name: 's', namespace: 'ns' } } }, []],
    [{ address: '' }, ['spec.address']],
    [{ address: 'ftp://t' }, ['spec.address']],
    [{ params: [{ name: 'kind', value: 'c' }] }, ['spec.params[0].value']],
    [{ params: [{ name: 'kind', value: ['a'] }] }, ['spec.params[0].value']],
    [{ params: [{ name: 'list', value: 'a' }] }, ['spec.params[0].value']],
    [{ params: [{ name: 'x', value: '' }] }, ['spec.params[0].name']],
    [
      {
        params: [
          { name: 'kind', value: 'a' },
          { name: 'kind', value: 'b' },
        ],
      },
      ['spec.params[1].name'],
    ],
    [{ addressExtensions: [{ name: 'ui', value: 'https://ui' }] }, []],
    [{ addressExtensions: [{ name: 'ui', value: 'https://T:443/' }] }, ['spec.addressExtensions[0].value']],
    [
      { addressExtensions: [{ name: 'x', value: 'nothing' }] },
      ['spec.addressExtensions[0].name', 'spec.addressExtensions[0].value'],
    ],
    [{ auth: { name: '' } }, ['spec.auth.name']],
    [{ auth: { name: 'other' } }, ['spec.auth.name']],
    [{ auth: { ...auth, secretRef: { name: '' } } }, ['spec.auth.secretRef.name']],
    [{ auth: { ...auth, secretRef: { name: 's', namespace: 'x' } } }, ['spec.auth.secretRef.namespace']],
    [{ auth: { name: 'basic', params: auth.params } }, ['spec.auth.secretRef']],
    [{ auth: { ...auth, params: [] } }, ['spec.auth.params']],
  ] as const) {
    const connector = {
      metadata: { name: 'n', namespace: 'ns' },
      spec: { ...good, ...change } as ConnectorSpec,
    }
    const problems = validateConnector(connector, connectorClass)
    assert.equal(
      problems.map(({ field }) => field),
      fields,
      JSON.stringify(change),
    )
    assert.not.match(formatProblems(problems), /\n/)
  }
  const { auth: _, ...without } = good
  const connector = { metadata: { name: 'n', namespace: 'ns' }, spec: without }
  assert.equal(
    validateConnector(connector, connectorClass).map(({ field }) => field),
    ['spec.auth'],
  )
  assert.equal(validateConnector(connector, { ...connectorClass, spec: {} }), [])
})

test.run()
