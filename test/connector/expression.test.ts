import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePredicate } from '../../connector/expression.ts'

const test = suite('connector/expression')
const response = { statusCode: 204n, bodyString: 'ok', headers: { 'x-a': ['1'] }, body: { a: null } }

test('an expression is true or false of its values', () => {
  for (const [expression, expected] of [
    ['true', true],
    ['response.statusCode < 500', true],
    ['response.statusCode in [200, 404]', false],
    ['response.bodyString.contains("ok") && response.headers["x-a"][0] == "1"', true],
    ['has(response.body.b)', false],
    ['response.body.a == null', true],
  ] as const) {
    assert.is(parsePredicate(expression, 'f')({ response }), expected, expression)
  }
})

test('what does not parse, fails or is no boolean is refused in one line that names the field', () => {
  const isRefused = (error: { reason: string; message: string }) =>
    error.reason === 'ExpressionInvalid' &&
    error.message.includes('spec.cel') &&
    !error.message.includes('\n')
  for (const expression of ['', 'a +', 'a b', '"'])
    assert.throws(() => parsePredicate(expression, 'spec.cel'), isRefused, expression)
  for (const expression of ['1', '"true"', 'response.absent', '1 / 0 > 0', 'nothing'])
    assert.throws(() => parsePredicate(expression, 'spec.cel')({ response }), isRefused, expression)
})

test('a pattern that holds up JavaScript for ever is matched in linear time', () => {
  const values = { response: { text: `${'a'.repeat(60)}b`, list: [`${'a'.repeat(60)}b`] } }
  for (const expression of [
    'response.text.matches("^(a|a?)+$")',
    'response.list.exists(x, x.matches("^(a|a?)+$"))',
  ])
    assert.is(parsePredicate(expression, 'f')(values), false)
  assert.is(parsePredicate('response.text.matches("a+b$")', 'f')(values), true)
})

test.run()
