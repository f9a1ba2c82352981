import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { validateInterface } from '../../resource-interface/validate.ts'
import { gitInterface } from './git-interface.ts'

const test = suite('validation of a ResourceInterface')
const evaluator = await createEvaluator()

function problemsOf(object: unknown): string[] {
  return validateInterface(object, { evaluator }).map(({ field, reason }) => `${field} ${reason}`)
}

const url = { name: 'url', expression: '{1}' }
const merge = 'spec.configurations.multipleMergeConnectors'
const label = 'resourceinterface.connectors.cpaas.io'

/** What replaces a field of a sound interface, and all that is wrong then. */
const specs: readonly [what: string, spec: { readonly [field: string]: unknown }, ...problems: string[]][] = [
  ['nothing at all', { params: undefined, attributes: undefined, workspaces: undefined }],
  ['null lists', { params: null, attributes: [url], workspaces: null }],
  // Params.
  ['params that are no list', { params: {}, attributes: [] }, 'spec.params InvalidType'],
  [
    'a param that is not an object',
    { params: ['x'], attributes: [] },
    'spec.params[0] InvalidType',
    'spec.params[0].name Required',
  ],
  ['a param without name', { params: [{}], attributes: [] }, 'spec.params[0].name Required'],
  [
    'a param with a bad name',
    { params: [{ name: '1 x' }], attributes: [] },
    'spec.params[0].name InvalidName',
  ],
  [
    'a param whose name is a number',
    { params: [{ name: 1 }], attributes: [] },
    'spec.params[0].name InvalidType',
  ],
  [
    'two params of one name',
    { params: [{ name: 'a' }, { name: 'b' }, { name: 'a' }], attributes: [] },
    'spec.params[2].name Duplicate',
  ],
  [
    'an unknown type',
    { params: [{ name: 'a', type: 'int' }], attributes: [] },
    'spec.params[0].type Invalid',
  ],
  [
    'a type that is no text',
    { params: [{ name: 'a', type: 1 }], attributes: [] },
    'spec.params[0].type InvalidType',
  ],
  [
    'all types',
    {
      params: [
        { name: 'a', type: 'string', default: '' },
        { name: 'b', type: 'array', default: [] },
        { name: 'c', type: 'object', properties: { x: {} }, default: { x: '' } },
      ],
      attributes: [],
    },
  ],
  [
    'a list as the default of a string',
    { params: [{ name: 'a', default: [] }], attributes: [] },
    'spec.params[0].default InvalidType',
  ],
  [
    'a number as the default of a string',
    { params: [{ name: 'a', default: 1 }], attributes: [] },
    'spec.params[0].default InvalidType',
  ],
  [
    'a list of numbers as default',
    { params: [{ name: 'a', type: 'array', default: ['x', 1] }], attributes: [] },
    'spec.params[0].default InvalidType',
  ],
  [
    'a string as the default of an object',
    { params: [{ name: 'a', type: 'object', properties: {}, default: '' }], attributes: [] },
    'spec.params[0].default InvalidType',
  ],
  [
    'an object without properties',
    { params: [{ name: 'a', type: 'object' }], attributes: [] },
    'spec.params[0].properties Required',
  ],
  [
    'a string with properties',
    { params: [{ name: 'a', properties: {} }], attributes: [] },
    'spec.params[0].properties Invalid',
  ],
  [
    'a default outside of the enum',
    { params: [{ name: 'a', default: 'x', enum: ['y'] }], attributes: [] },
    'spec.params[0].default NotInEnum',
  ],
  [
    'an item of a default outside of the enum',
    { params: [{ name: 'a', type: 'array', default: ['y', 'x'], enum: ['y'] }], attributes: [] },
    'spec.params[0].default NotInEnum',
  ],
  ['an empty enum', { params: [{ name: 'a', enum: [] }], attributes: [] }, 'spec.params[0].enum Invalid'],
  [
    'an enum of numbers',
    { params: [{ name: 'a', enum: ['x', 1] }], attributes: [] },
    'spec.params[0].enum[1] InvalidType',
  ],
  [
    'an enum that repeats',
    { params: [{ name: 'a', enum: ['x', 'x'] }], attributes: [] },
    'spec.params[0].enum[1] Duplicate',
  ],
  [
    'an enum of an object',
    { params: [{ name: 'a', type: 'object', properties: {}, enum: ['x'] }], attributes: [] },
    'spec.params[0].enum Invalid',
  ],
  [
    'a description that is no text',
    { params: [{ name: 'a', description: 1 }], attributes: [] },
    'spec.params[0].description InvalidType',
  ],
  // Attributes.
  ['attributes that are no list', { attributes: 'x' }, 'spec.attributes InvalidType'],
  ['an attribute without name', { attributes: [{ expression: '{1}' }] }, 'spec.attributes[0].name Required'],
  ['two attributes of one name', { attributes: [url, url] }, 'spec.attributes[1].name Duplicate'],
  [
    'an attribute without expression',
    { attributes: [{ name: 'a' }] },
    'spec.attributes[0].expression Required',
  ],
  ['an attribute with a default alone', { attributes: [{ name: 'a', default: 'x' }] }],
  [
    'an expression that is no text',
    { attributes: [{ name: 'a', expression: 1 }] },
    'spec.attributes[0].expression InvalidType',
  ],
  [
    'an expression that does not parse',
    { attributes: [url, { name: 'a', expression: '{1 +}' }] },
    'spec.attributes[1].expression ExpressionInvalid',
  ],
  [
    'an expression that is not closed',
    { attributes: [{ name: 'a', expression: 'x{1' }] },
    'spec.attributes[0].expression ExpressionInvalid',
  ],
  [
    'an empty expression',
    { attributes: [{ name: 'a', expression: '{ }' }] },
    'spec.attributes[0].expression ExpressionInvalid',
  ],
  [
    'two wrong expressions in one text',
    { attributes: [{ name: 'a', expression: '{1 +}{2 +}' }] },
    'spec.attributes[0].expression ExpressionInvalid',
    'spec.attributes[0].expression ExpressionInvalid',
  ],
  [
    'an unknown param',
    { attributes: [{ name: 'a', expression: '{params.nope}' }] },
    'spec.attributes[0].expression UnknownReference',
  ],
  [
    'an unknown param in brackets',
    { attributes: [{ name: 'a', expression: "{params['no pe']}" }] },
    'spec.attributes[0].expression UnknownReference',
  ],
  [
    'an unknown param that may be absent',
    { attributes: [{ name: 'a', expression: "{params?.nope || ''}" }] },
    'spec.attributes[0].expression UnknownReference',
  ],
  [
    'an unknown param in the older form',
    { attributes: [{ name: 'a', expression: '$(params.nope[*])' }] },
    'spec.attributes[0].expression UnknownReference',
  ],
  [
    'an unknown param in a template literal',
    { attributes: [{ name: 'a', expression: '{`$' + '{params.nope}`}' }] },
    'spec.attributes[0].expression UnknownReference',
  ],
  [
    'params in strings, of other objects and of functions',
    {
      attributes: [
        { name: 'a', expression: "{'params.nope' + connector.params.nope + [1].map(params => params.nope)}" },
      ],
    },
  ],
  [
    'an unknown type of an attribute',
    { attributes: [{ ...url, type: 'list' }] },
    'spec.attributes[0].type Invalid',
  ],
  [
    'a default of another type',
    { attributes: [{ ...url, type: 'array', default: 'x' }] },
    'spec.attributes[0].default InvalidType',
  ],
  [
    'a default of an attribute outside of its enum',
    { attributes: [{ ...url, default: 'x', enum: ['y'] }] },
    'spec.attributes[0].default NotInEnum',
  ],
  ['dependencies', { attributes: [{ ...url, dependsOn: ['connector', 'params.revision'] }] }],
  [
    'a dependency on an unknown param',
    { attributes: [{ ...url, dependsOn: ['connector', 'params.nope'] }] },
    'spec.attributes[0].dependsOn[1] UnknownReference',
  ],
  [
    'a dependency on something else',
    { attributes: [{ ...url, dependsOn: ['attributes.url'] }] },
    'spec.attributes[0].dependsOn[0] UnknownReference',
  ],
  [
    'a dependency that repeats',
    { attributes: [{ ...url, dependsOn: ['connector', 'connector'] }] },
    'spec.attributes[0].dependsOn[1] Duplicate',
  ],
  [
    'dependencies that are no list',
    { attributes: [{ ...url, dependsOn: 'connector' }] },
    'spec.attributes[0].dependsOn InvalidType',
  ],
  ['parameterize', { attributes: [{ ...url, parameterize: { name: 'git-url', disable: true } }] }],
  [
    'parameterize with a bad name',
    { attributes: [{ ...url, parameterize: { name: 'git url' } }] },
    'spec.attributes[0].parameterize.name InvalidName',
  ],
  [
    'parameterize with a text',
    { attributes: [{ ...url, parameterize: { disable: 'no' } }] },
    'spec.attributes[0].parameterize.disable InvalidType',
  ],
  [
    'two attributes of one param',
    {
      attributes: [
        { ...url, parameterize: { name: 'a' } },
        { ...url, name: 'b', parameterize: { name: 'a' } },
      ],
    },
    'spec.attributes[1].parameterize.name Duplicate',
  ],
  [
    'what we keep for others',
    { attributes: [{ ...url, type: 'object', properties: { a: {} }, annotations: { a: 'b' } }] },
  ],
  // Merging.
  ['merging', { configurations: { multipleMergeConnectors: { enabled: true, description: 'x' } } }],
  ['configurations that are a list', { configurations: [] }, 'spec.configurations InvalidType'],
  [
    'merging that is a text',
    { configurations: { multipleMergeConnectors: { enabled: 'yes', description: 1 } } },
    `${merge}.description InvalidType`,
    `${merge}.enabled InvalidType`,
  ],
  ['too many expressions', { attributes: [{ name: 'a', expression: '{1}'.repeat(257) }] }, 'spec Invalid'],
  // All at once.
  [
    'many faults',
    {
      params: [{}],
      attributes: [
        { name: 'a', expression: '{+}' },
        { name: 'a', expression: '{params.nope}' },
      ],
      workspaces: [{ name: 'w', value: { csi: { driver: '{params.gone}' } } }],
    },
    'spec.params[0].name Required',
    'spec.attributes[1].name Duplicate',
    'spec.attributes[0].expression ExpressionInvalid',
    'spec.attributes[1].expression UnknownReference',
    'spec.workspaces[0].value.csi.driver UnknownReference',
  ],
]

for (const [what, spec, ...problems] of specs) {
  test(`spec: ${what}`, () => assert.equal(problemsOf(gitInterface({ spec })), problems))
}

const objects: readonly [what: string, object: unknown, ...problems: string[]][] = [
  ['a sound one', gitInterface()],
  [
    'null',
    null,
    ' InvalidType',
    'apiVersion Required',
    'kind Required',
    'spec Required',
    'metadata.name Required',
  ],
  [
    'a text',
    'x',
    ' InvalidType',
    'apiVersion Required',
    'kind Required',
    'spec Required',
    'metadata.name Required',
  ],
  ['another kind', { ...gitInterface(), kind: 'Connector' }, 'kind Invalid'],
  ['another version', { ...gitInterface(), apiVersion: 'v1' }, 'apiVersion Invalid'],
  ['no spec', { ...gitInterface(), spec: undefined }, 'spec Required'],
  ['no name', gitInterface({ metadata: { name: undefined } }), 'metadata.name Required'],
  ['a bad name', gitInterface({ metadata: { name: 'Git Repository' } }), 'metadata.name InvalidName'],
  [
    'labels',
    gitInterface({
      metadata: {
        labels: {
          [`${label}/category`]: 'GitCodeRepository',
          [`${label}/version`]: '1.2',
          [`${label}/schema-version`]: '1',
        },
      },
    }),
  ],
  [
    'a schema version that is no number',
    gitInterface({ metadata: { labels: { [`${label}/schema-version`]: 'newest' } } }),
  ],
  [
    'a bad category',
    gitInterface({ metadata: { labels: { [`${label}/category`]: 'Git Code' } } }),
    `metadata.labels[${label}/category] Invalid`,
  ],
  [
    'an empty category',
    gitInterface({ metadata: { labels: { [`${label}/category`]: '' } } }),
    `metadata.labels[${label}/category] Invalid`,
  ],
]

for (const [what, object, ...problems] of objects) {
  test(`object: ${what}`, () => assert.equal(problemsOf(object).sort(), problems.sort()))
}

test('each problem has one line that says what is wrong', () => {
  for (const [, spec] of specs) {
    for (const { message } of validateInterface(gitInterface({ spec }), { evaluator })) {
      assert.match(message, /^\S.*[^.\s]$/)
      assert.not.match(message, /\n/)
    }
  }
})

test.run()
