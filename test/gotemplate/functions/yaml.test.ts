// YAML that go-yaml reads in a way of its own; what it says of bad YAML, with its idea of lines. All from real Go.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { render } from './render.ts'

const test = suite('yaml')

for (const [text, expected] of [
  ['a: [\n1,\n2\n]', '{"a":[1,2]}'],
  [' a: 1\nb: 2', '{"a":1}'],
  ['a: 1\n---\nb: ]', '{"a":1}'],
  ['{}<<: ? 1', '{}'],
  ['b: 1\n<<: {b: 2, c: 3}', '{"b":2,"c":3}'],
  ['<<: [{a: 1}, {a: 2, b: 3}]', '{"a":1,"b":3}'],
  ['y: 1\non: 2\n~x: 3', '{"true":2,"~x":3}'],
  ['1.5: a\n0x10: b\n1_0: c', '{"1.5":"a","10":"c","16":"b"}'],
  ['a: 12:30\nb: 2001-01-01\nc: 1e3\nd: 0b11', '{"a":"12:30","b":"2001-01-01","c":1000,"d":3}'],
  ['a: "x \\\n   y"', '{"a":"x y"}'],
  ['a: >\n x\n y\n\n  z\n', '{"a":"x y\\n\\n z\\n"}'],
  ['a: !!binary YWJj\nb: !!str 5\nc: !foo 7', '{"a":"abc","b":"5","c":"7"}'],
] as const) {
  test(`${JSON.stringify(text)} is read as Go does`, () => {
    assert.is(render('{{fromYaml . | toJson}}', text), expected)
  })
}

for (const [text, expected] of [
  ['a: b: c', 'mapping values are not allowed in this context'],
  ['a: 1\n b: 2', 'line 2: mapping values are not allowed in this context'],
  ['- a\nb: c', "line 1: did not find expected '-' indicator"],
  ['a: [1, 2', "line 1: did not find expected ',' or ']'"],
  ['a:\n  b: 1\n c: 2', 'line 2: did not find expected key'],
  ['a: b\n\tc: d', 'line 2: found a tab character that violates indentation'],
  ['a: |\n\tx', 'line 2: found a tab character where an indentation space is expected'],
  ['a: "\\q"', 'found unknown escape character'],
  ['a: *b', "unknown anchor 'b' referenced"],
  ['a: !x!y z', 'found undefined tag handle'],
  ['%FOO\n---\na: 1', 'found unknown directive name'],
  ['a: !!int x', 'cannot decode !!str `x` as a !!int'],
] as const) {
  test(`${JSON.stringify(text)} fails in go-yaml's words`, () => {
    assert.is(render('{{(fromYaml .).Error}}', text), `error converting YAML to JSON: yaml: ${expected}`)
  })
}

test.run()
