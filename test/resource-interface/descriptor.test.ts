import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDescriptors } from '../../resource-interface/descriptor.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'

const test = suite('descriptors of forms')
const context = { params: ['project', 'revision'], evaluator: await createEvaluator() }
const root = 'metadata.annotations[style.tekton.dev/descriptors]'
const prefix = 'urn:alm:descriptor:'
const openapi = 'expression:props.options:schema:openapi:context.connectorClass.spec.api.openapi'

function formOf(...lines: string[]) {
  return parseDescriptors(
    JSON.stringify([{ path: 'params.revision', descriptors: lines.map(line => prefix + line) }]),
    context,
  )
}

const known: readonly [string, object][] = [
  ['widgets:select', { kind: 'widget', name: 'select', options: [] }],
  ['widgets:input', { kind: 'widget', name: 'input', options: [] }],
  ['com.tectonic.ui:select:a', { kind: 'widget', name: 'select', options: ['a'] }],
  ['com.tectonic.ui:tagsInput', { kind: 'widget', name: 'tagsInput', options: [] }],
  ['com.tectonic.ui:validation:required', { kind: 'required' }],
  ['validation:required', { kind: 'required' }],
  ['com.tectonic.default:refs/heads/main', { kind: 'default', value: 'refs/heads/main' }],
  ['label:en:Revision: a branch', { kind: 'label', language: 'en', text: 'Revision: a branch' }],
  ['description:zh-CN:x', { kind: 'description', language: 'zh-CN', text: 'x' }],
  ['tooltip:en:x', { kind: 'tooltip', language: 'en', text: 'x' }],
  ['props:select:allowCreate', { kind: 'property', widget: 'select', name: 'allowCreate', value: 'true' }],
  ['props:select:options:a,b', { kind: 'property', widget: 'select', name: 'options', value: 'a,b' }],
  ['props:booleanSwitch:true:yes', { kind: 'property', widget: 'booleanSwitch', name: 'true', value: 'yes' }],
  [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: descriptors are written so
    'expression:props.options:api:/x/${context.connector.metadata.name}?q=${current.search}&p=${context.params.project || "}"}',
    {
      kind: 'source',
      property: 'props.options',
      method: 'api',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: descriptors are written so
      value: '/x/${context.connector.metadata.name}?q=${current.search}&p=${context.params.project || "}"}',
    },
  ],
  [
    'expression:props.options:path:$.items[*]',
    { kind: 'source', property: 'props.options', method: 'path', value: '$.items[*]' },
  ],
  [
    'expression:props.options:path.exp:$.items.map(i => i.name)',
    { kind: 'source', property: 'props.options', method: 'path.exp', value: '$.items.map(i => i.name)' },
  ],
  [
    'expression:props.options:label:path:name',
    { kind: 'source', property: 'props.options', method: 'label:path', value: 'name' },
  ],
  [
    'expression:props.options:value:path:name',
    { kind: 'source', property: 'props.options', method: 'value:path', value: 'name' },
  ],
  [
    `${openapi}:listRepos`,
    { kind: 'source', property: 'props.options', method: 'openapi', value: 'listRepos' },
  ],
  [
    'expression:props.default:x',
    { kind: 'source', property: 'props.default', method: 'expression', value: 'x' },
  ],
]

for (const [line, descriptor] of known) {
  test(`reads ${line}`, () => {
    assert.equal(formOf(line), { fields: [{ param: 'revision', descriptors: [descriptor] }], problems: [] })
  })
}

const wrong = [
  '',
  'widgets',
  'widgets:',
  'com.tectonic.ui:a b',
  'com.tectonic.ui:validation:optional',
  'com.tectonic.default',
  'validation:optional',
  'label:Revision',
  'label:en:',
  'label:1:x',
  'tooltip',
  'props:select:nope:x',
  'props:__proto__:x:y',
  'props:select:options',
  'expression',
  'expression:props.nope:api:x',
  'expression:props.options:nope:x',
  'expression:props.options:api:',
  'expression:props.default:',
  `${openapi}:`,
  'expression:props.options:path.exp:$.items.',
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: descriptors are written so
  'expression:props.options:api:/x/${context.connector',
  'expression:props.options:api:/x/${context.connector +}',
  'expression:props.options:api:/x/${context.nope}',
  'expression:props.options:api:/x/${context}',
  'expression:props.options:api:/x/${current.nope}',
  'expression:props.options:api:/x/${context.params.nope}',
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: descriptors are written so
  'nope:x',
]

for (const line of wrong) {
  test(`refuses ${JSON.stringify(line)}`, () => {
    const { fields, problems } = formOf('widgets:input', line)
    assert.equal(
      problems.map(({ field, reason }) => `${field} ${reason}`),
      [`${root}[0].descriptors[1] DescriptorInvalid`],
    )
    assert.is(fields[0]?.descriptors.length, 1)
  })
}

const annotations: readonly [what: string, annotation: unknown, ...problems: string[]][] = [
  ['absent', undefined],
  ['YAML', `- path: params.revision\n  descriptors:\n  - ${prefix}widgets:input\n`],
  ['no text', 1, `${root} InvalidType`],
  ['no YAML', '[', `${root} DescriptorInvalid`],
  ['no list', 'a: b', `${root} InvalidType`],
  [
    'entries that are no objects',
    '[x]',
    `${root}[0] InvalidType`,
    `${root}[0].path Required`,
    `${root}[0].descriptors Required`,
  ],
  ['an unknown param', '[{path: params.nope, descriptors: []}]', `${root}[0].path UnknownReference`],
  ['another path', '[{path: spec.x, descriptors: []}]', `${root}[0].path UnknownReference`],
  [
    'a path twice',
    '[{path: params.revision, descriptors: []}, {path: params.revision, descriptors: []}]',
    `${root}[1].path Duplicate`,
  ],
  [
    'lines that are no texts',
    '[{path: params.revision, descriptors: [1]}]',
    `${root}[0].descriptors[0] InvalidType`,
  ],
  [
    'another prefix',
    '[{path: params.revision, descriptors: ["urn:x:widgets:input"]}]',
    `${root}[0].descriptors[0] DescriptorInvalid`,
  ],
  [
    'a bomb of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replace(/./g, (name, at: number) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[at]}`)}]\n`)}`,
    `${root} DescriptorInvalid`,
  ],
]

for (const [what, annotation, ...expected] of annotations) {
  test(`annotation: ${what}`, () => {
    const { problems } = parseDescriptors(annotation, context)
    assert.equal(
      problems.map(({ field, reason }) => `${field} ${reason}`),
      expected,
    )
  })
}

test.run()
