import { Script } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseTemplate } from '../../resource-interface/template.ts'

const test = suite('templates of expressions')

function parses(text: string): boolean {
  try {
    new Script(`(\n${text}\n)`)
    return true
  } catch {
    return false
  }
}

/** Text as it is, expressions in a list of one. */
function partsOf(template: string) {
  const parsed = parseTemplate(template, parses)
  return 'error' in parsed
    ? parsed.error
    : parsed.parts.map(part => ('text' in part ? part.text : [part.expression]))
}

const splits: readonly [string, unknown][] = [
  ['', ['']],
  ['plain', ['plain']],
  [
    "{connector.spec.address + '/' + params.repository}",
    [["connector.spec.address + '/' + params.repository"]],
  ],
  [
    "{params.tags.map(tag => url(connector.spec.address).host + '/' + params.repository + ':' + tag)}",
    [["params.tags.map(tag => url(connector.spec.address).host + '/' + params.repository + ':' + tag)"]],
  ],
  ['a{1}b{2}c', ['a', ['1'], 'b', ['2'], 'c']],
  ['{1}{2}', [['1'], ['2']]],
  ['{ 1 }', [['1']]],
  ['{({a: {b: 1}}).a.b}', [['({a: {b: 1}}).a.b']]],
  ['{JSON.stringify({a: {b: params.x}})}!', [['JSON.stringify({a: {b: params.x}})'], '!']],
  ["{'}'}", [["'}'"]]],
  ["{'\\'}'}", [["'\\'}'"]]],
  ['{"{"}', [['"{"']]],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what is tested
  ['{`}${"}" + `${1}`}{`}', [['`}${"}" + `${1}`}{`']]],
  ['{/[}/]}/.test("}")}', [['/[}/]}/.test("}")']]],
  ['{x.replace(/\\}/g, "")}', [['x.replace(/\\}/g, "")']]],
  [`{a${' '.repeat(100)}/ 1}/`, [[`a${' '.repeat(100)}/ 1`], '/']],
  ['{a / b}/{c / d}', [['a / b'], '/', ['c / d']]],
  ['{(() => { return 1 })() / 2}x/y}', [['(() => { return 1 })() / 2'], 'x/y}']],
  ['{(() => { return /}/ })()}', [['(() => { return /}/ })()']]],
  ['{(() => { {} /}/.test("") })()}', [['(() => { {} /}/.test("") })()']]],
  ['{/* } */ 1}', [['/* } */ 1']]],
  ['{//}\n1}', [['//}\n1']]],
  ['{1 // one}', [['1 // one']]],
  ['{a ? {b: 1} : {c: 2}}', [['a ? {b: 1} : {c: 2}']]],
  ['{params.x || "y"}', [['params.x || "y"']]],
  // Braces that are text.
  ['{}', ['{}']],
  ['{"a":1}', ['{"a":1}']],
  ['{ "a" : {"b": []}}', ['{ "a" : {"b": []}}']],
  ['[{"name":"a","value":"{params.a}"}]', ['[{"name":"a","value":"', ['params.a'], '"}]']],
  ['a } b', ['a } b']],
  ["{'{'}a}", [["'{'"], 'a}']],
  // The older form.
  ['$(connector.name)', [['connector.metadata.name']]],
  [
    '$(connector.namespace)/$(connector.spec.address)',
    [['connector.metadata.namespace'], '/', ['connector.spec.address']],
  ],
  ['$(params.x)', [['params.x']]],
  ['$(params.x[*])', [['params.x']]],
  ['$(params.x[0])', [['params.x["0"]']]],
  ['$(params.git-url)', [['params["git-url"]']]],
  ['$(params["a.b"])$(params[\'c\'])', [['params["a.b"]'], ['params.c']]],
  ['$(connectors)', [['connectors']]],
  // Tekton's own variables.
  ['$(context.taskRun.name)-$(workspaces.a.path)', ['$(context.taskRun.name)-$(workspaces.a.path)']],
  // Faults.
  ['{a', 'the brace at character 1 is not closed'],
  ['x{(}', undefined],
  ['{ }', 'the expression at character 1 is empty'],
]

for (const [template, expected] of splits) {
  test(`split ${JSON.stringify(template)}`, () => {
    const parts = partsOf(template)
    if (expected === undefined) assert.type(parts, 'string')
    else assert.equal(parts, expected)
  })
}

test('a long text is refused where it may hold expressions', () => {
  assert.equal(partsOf('x'.repeat(100_000)), ['x'.repeat(100_000)])
  assert.is(partsOf(`{1}${'x'.repeat(100_000)}`), 'the text is longer than 16384 characters')
})

test.run()
