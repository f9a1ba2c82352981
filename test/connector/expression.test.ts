import { Environment } from '@marcbachmann/cel-js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePredicate } from '../../connector/expression.ts'

const test = suite('connector/expression')
const response = {
  statusCode: 204n,
  bodyString: 'héllo',
  headers: { 'x-a': ['1', '2'] },
  body: { n: 3, f: 2.5, s: 'x', l: [1, 2, 3], t: ['a', 'b'], m: { k: { z: 1 } }, nul: null, b: true },
}
const options = { field: 'spec.cel', variables: ['response', 'values'] }

function evaluate(expression: string, values: unknown = undefined): boolean {
  return parsePredicate(expression, options)({ response, values })
}

// The library's own evaluator says what each of these is: true, false, or an error.
const library = new Environment({ unlistedVariablesAreDyn: true })
for (const expression of [
  'true',
  'response.statusCode < 500 && !(response.statusCode in [401, 403])',
  '1 + 2 * 3 - 4 == 3 && 5 - (3 - 1) == 3 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1',
  '1.5 + 1.5 == 3.0 && 1.0 / 4.0 == 0.25 && 2.0 * 2.0 - 1.0 == 3.0 && 2.5e-10 < 3.5e-10',
  'response.body.n == 3 && response.body.n > 2 && response.body.n <= 3.0 && response.body.n != 4',
  'response.body.n + 1.0 == 4.0',
  'response.body.n + 1 == 4',
  '-response.body.n == -3.0 && -(1 - 2) == 1',
  '9223372036854775807 + 1 > 0',
  '-9223372036854775807 - 1 < 0',
  '1 / 0 == 1',
  '1 % 0 == 1',
  '0.0 / 0.0 == 0.0 / 0.0',
  '0.0 / 0.0 >= 0.0 / 0.0',
  '1u + 2u == 3u && 3u > 2 && 3u >= 2.5',
  '0x10 == 16 && "\\u00e9" == "é" && r"\\d" == "\\\\d"',
  '"a" + "b" == "ab" && "a" < "b" && "b" >= "b" && "" != "a"',
  '[1, 2] + [3] == [1, 2, 3] && [[1], [2]] != [[1], [3]] && [1] != [1, 2]',
  '{"a": 1} == {"a": 1} && {"a": 1} != {"a": 2} && {"a": 1} != {"b": 1} && {"a": 1}.a == 1',
  'dyn(1) == dyn("1")',
  'dyn([1]) == dyn({})',
  'dyn(1u) == dyn(1)',
  'dyn(b"a") == dyn("a")',
  'response.body.nul == null',
  'response.body.nul == 1',
  'response.body == response.body',
  'response.body.s > 1',
  'response.body.absent == 1',
  'response.body.s.absent == 1',
  'response.body.l.absent == 1',
  'response.body.l[1] == 2 && response.body.m["k"]["z"] == 1 && response.headers["x-a"][1] == "2"',
  'response.body.l[3] == 2',
  'response.body.l[-1] == 2',
  'response.body.m["absent"] == 2',
  'has(response.body.m.k) && !has(response.body.m.absent)',
  'has(response.body.absent.k)',
  '"k" in response.body.m && !("z" in response.body.m) && 2 in response.body.l && !("c" in response.body.t)',
  '1 in response.body.n',
  'response.body.l.all(x, x > 0.0) && response.body.l.exists(x, x == 2) && !response.body.l.all(x, x > 1.0)',
  'response.body.l.exists_one(x, x > 2.0) && !response.body.l.exists_one(x, x > 1.0)',
  'response.body.l.map(x, x * 2.0) == [2.0, 4.0, 6.0] && response.body.l.map(x, x > 2.0, x * 2.0) == [6.0]',
  'response.body.l.filter(x, x > 1.0) == [2.0, 3.0] && response.body.m.all(k, k == "k")',
  '[[1, 2], [3]].map(l, l.map(x, x + l.size())) == [[3, 4], [4]]',
  '[1, 2].all(x, [3, 4].all(y, x < y && [5].all(x, x > y)))',
  'response.body.n.all(x, true)',
  'response.body.l.all(x, x)',
  'cel.bind(x, response.body.n, x == 3 && x < 4)',
  'true || response.body.absent',
  'response.body.absent || true',
  'response.body.absent || false',
  'response.body.absent && false',
  'response.body.n || true',
  'response.body.n || false',
  '[0, 1].exists(x, 1 / x == 1)',
  '[0, 1].all(x, 1 / x == 1)',
  '[0, 1].all(x, 1 / x == 2)',
  '[0, 1].exists_one(x, 1 / x == 1)',
  'response.body.b ? true : false',
  'response.body.n ? true : false',
  '!response.body.n',
  'size("héllo") == 5 && "héllo".size() == 5 && [1, 2].size() == 2 && size({"a": 1}) == 1 && b"ab".size() == 2',
  '"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c") && !"abc".contains("x")',
  'response.body.l.contains("a")',
  '"a,b".split(",") == ["a", "b"] && "abc".split("").size() == 3 && "a,b,c".split(",", 2) == ["a", "b,c"]',
  '["a", "b"].join("-") == "a-b" && response.body.t.join() == "ab"',
  'response.body.l.join() == ""',
  '" A ".trim().lowerAscii() == "a" && "a".upperAscii() == "A"',
  '"abcabc".indexOf("c") == 2 && "abcabc".lastIndexOf("c") == 5 && "abcabc".indexOf("c", 3) == 5',
  '"abc".substring(1) == "bc" && "abc".substring(1, 2) == "b"',
  '"abc".substring(4) == ""',
  '"abc".matches("^a.c$") && !response.bodyString.matches("[0-9]")',
  'int("3") == 3 && double("1.5") == 1.5 && string(3) == "3" && bool("true") && uint(3) == 3u',
  'int(1.9) == 1 && string(b"ab") == "ab" && string(1.5) == "1.5" && bytes("ab") == b"ab"',
  'int(response.body.s) == 1',
  'string(response.body.l) == ""',
  'type(1) == int && type("") == string && type([]) == list && type({}) == map && type(null) == null_type',
  'timestamp("2024-01-01T00:00:00Z") + duration("24h") == timestamp("2024-01-02T00:00:00Z")',
  'timestamp("2024-01-01T00:00:00Z") < timestamp("2024-01-02T00:00:00Z") && duration("90m").getHours() == 1',
  'timestamp("2024-01-05T00:00:00Z").getHours("Europe/Berlin") == 1',
  'type(timestamp("2024-01-05T00:00:00Z")) == google.protobuf.Timestamp',
]) {
  test(`as CEL has it: ${expression}`, () => {
    const outcome = (run: () => unknown) => {
      try {
        return run()
      } catch {
        return 'an error'
      }
    }
    assert.is(
      outcome(() => evaluate(expression)),
      outcome(() => library.evaluate(expression, { response })),
    )
  })
}

test('what does not parse, fails or is no boolean is refused in one line that names the field', () => {
  const isRefused = (error: { code: string; reason: string; message: string }) =>
    error.code === 'INVALID' &&
    error.reason === 'ExpressionInvalid' &&
    error.message.includes('spec.cel') &&
    !error.message.includes('\n')
  const unreadable = [
    '',
    'a +',
    'a b',
    '"',
    '1',
    '"true"',
    '[true]',
    '1 + "a" == 2',
    'nothing',
    'x.all(1, true)',
  ]
  const unknown = [
    'fetch("x") == 1',
    'b"{}".json() == {}',
    '"a".contains()',
    'response.foo(1)',
    'size() == 1',
  ]
  const patterns = ['"a".matches("(")', '"a".matches(response.bodyString)', '"a".matches("a" + "b")']
  for (const expression of [...unreadable, ...unknown, ...patterns])
    assert.throws(() => parsePredicate(expression, options), isRefused, expression)
  for (const expression of ['response.absent', '1 / 0 > 0', 'response.statusCode', 'values'])
    assert.throws(() => evaluate(expression), isRefused, expression)
})

test('a message shows nothing of the values', () => {
  const values = { secret: 'canary', canary: 1, list: ['canary'], big: 9223372036854775807n }
  for (const expression of [
    'bool(values.secret)',
    'duration(values.secret) == duration("1s")',
    'timestamp(values.secret) == timestamp("2024-01-05T00:00:00Z")',
    'values[values.secret + "x"] == 1',
    'values.list[values.secret] == 1',
    'values.secret',
    'values.secret > 1',
    'values.big + values.big > 0',
    'values.secret.substring(99) == ""',
  ])
    assert.throws(
      () => evaluate(expression, values),
      (error: { message: string }) => !/canary|922/.test(error.message),
      expression,
    )
})

const zeros: readonly number[] = new Array(300_000).fill(0)
const long = 'a'.repeat(600_000)
const nested = (depth: number) => {
  let value: unknown = []
  for (let level = 0; level < depth; level++) value = [value]
  return value
}
const values = {
  zeros,
  long,
  part: `${'a'.repeat(20_000)}b${'a'.repeat(20_000)}`,
  words: new Array(50_000).fill('abcdefg'),
  deep: [nested(600_000), nested(600_000)],
  wide: Object.fromEntries(zeros.slice(0, 50_000).map((_, at) => [`k${at}`, at])),
  text: 'x',
}
/** x0 is the text, and each next one is made of the one before it, twice. */
const doubled = (start: string, twice: (x: string) => string) => {
  const names = Array.from({ length: 22 }, (_, at) => `x${at}`)
  return names.reduceRight(
    (body, name, at) => `cel.bind(${name}, ${at === 0 ? start : twice(`x${at - 1}`)}, ${body})`,
    'x21',
  )
}
const listOfLists = doubled('values.text', x => `[${x}, ${x}]`)

const tooDear: readonly (readonly [kind: string, expression: string])[] = [
  ['a list within itself', 'values.zeros.all(a, values.zeros.all(b, a == b))'],
  ['exists', 'values.zeros.exists(a, values.zeros.exists(b, a != b))'],
  ['exists_one', 'values.zeros.exists_one(a, values.zeros.exists_one(b, a != b))'],
  ['map and filter', 'values.zeros.map(a, values.zeros.filter(b, a != b)).size() == 0'],
  ['a map with a condition', 'values.zeros.map(a, values.zeros.map(b, a == b, b).size() > 0, a).size() == 0'],
  ['a macro over the keys of a map', 'values.wide.all(a, values.wide.all(b, true))'],
  ['a limit that || would absorb', 'values.zeros.all(a, values.zeros.all(b, a == b) || true) || true'],
  ['faults that exists absorbs', 'values.zeros.exists(a, values.zeros.exists(b, a.x == b.x)) || true'],
  ['faults of the library', 'values.words.exists(a, int(a) == 1) || true'],
  ['plain arithmetic', 'values.zeros.all(a, 1 + 2 * 3 - 4 == 3)'],
  ['a text doubled', `${doubled('values.long', x => `${x} + ${x}`)}.size() > 0`],
  ['a text that grows', 'values.zeros.all(a, values.long + "b" != "")'],
  ['a list doubled', `${doubled('values.zeros', x => `${x} + ${x}`)}.size() > 0`],
  ['literal lists', 'values.zeros.map(a, [1, 2, 3, 4, 5, 6]).size() > 0'],
  ['literal maps', 'values.zeros.map(a, {"a": 1, "b": 2}).size() > 0'],
  ['equality of lists that share', `cel.bind(p, ${listOfLists}, cel.bind(q, ${listOfLists}, p == q))`],
  ['equality of deep lists', 'values.deep[0] == values.deep[1]'],
  ['equality of maps', 'values.zeros.all(a, dyn(values.wide) == values.wide)'],
  ['equality of texts', 'values.zeros.all(a, values.long == values.long)'],
  ['order of texts', 'values.zeros.all(a, values.long <= values.long)'],
  ['in', 'values.words.all(a, !(a + "x" in values.words))'],
  ['in of texts as long', 'values.zeros.all(a, !("gfedcba" in values.words))'],
  ['size of a text', 'values.zeros.all(a, values.long.size() > 0)'],
  ['size of a map', 'values.zeros.all(a, size(values.wide) > 0)'],
  ['contains', 'values.long.contains(values.part)'],
  ['indexOf', 'values.long.indexOf(values.part) > 0'],
  ['lastIndexOf', 'values.long.lastIndexOf(values.part) > 0'],
  ['startsWith', 'values.zeros.all(a, values.long.startsWith(values.long))'],
  ['endsWith', 'values.zeros.all(a, values.long.endsWith(values.long))'],
  ['split', 'values.zeros.all(a, values.long.split("").size() > 0)'],
  ['join', 'values.words.join(values.long).size() > 0'],
  ['upperAscii', 'values.zeros.all(a, values.long.upperAscii() != "")'],
  ['substring', 'values.zeros.all(a, values.long.substring(1) != "")'],
  ['bytes', 'values.zeros.all(a, bytes(values.long).size() > 0)'],
  ['matches', 'values.zeros.all(a, values.long.matches("^(a|a?)+$"))'],
  ['a large pattern', 'values.long.matches("a{900}b")'],
  ['time zones', 'values.zeros.all(a, timestamp("2024-01-05T00:00:00Z").getHours("Europe/Berlin") == 1)'],
  ['conversions', 'values.zeros.all(a, string(12345) == "12345")'],
]
for (const [kind, expression] of tooDear) {
  test(`${kind}: ends with an error that names the limit`, () => {
    const predicate = parsePredicate(expression, options)
    const started = process.cpuUsage()
    assert.throws(
      () => predicate({ response, values }),
      (error: { code: string; reason: string; message: string }) =>
        error.code === 'LIMIT' &&
        error.reason === 'ExpressionLimit' &&
        error.message.includes('spec.cel') &&
        error.message.includes('1000000 units'),
    )
    const { user } = process.cpuUsage(started)
    assert.ok(user < 2_000_000, `${user / 1000} ms`)
  })
}

test('the limit depends on the values alone', () => {
  // A turn and its condition take two units, the list four.
  const predicate = parsePredicate('values.all(a, true)', options)
  for (const _ of [1, 2]) {
    assert.is(predicate({ values: new Array(499_990).fill(0) }), true)
    assert.throws(() => predicate({ values: new Array(500_000).fill(0) }), /1000000 units/)
  }
})

test('ordinary answers are far from the limit', () => {
  const items = Array.from({ length: 2000 }, (_, at) => ({
    id: `item-${at}`,
    tags: ['a', 'b', 'c'],
    ok: true,
  }))
  for (const expression of [
    'values.items.all(i, i.ok && i.tags.exists(t, t == "c"))',
    'values.items.exists(i, i.id == "item-1999") && values.items.map(i, i.id).filter(i, i.endsWith("9")).size() == 200',
    'values.text.contains("everything is fine") && values.text.matches("(?i)status: *(ok|up)")',
  ])
    assert.is(
      evaluate(expression, { items, text: `${'x'.repeat(200_000)}everything is fine, status: OK` }),
      true,
    )
})

test('a pattern that holds up JavaScript for ever is matched in linear time', () => {
  const values = [`${'a'.repeat(60)}b`]
  assert.is(evaluate('values.exists(x, x.matches("^(a|a?)+$"))', values), false)
  assert.is(evaluate('values[0].matches("a+b$")', values), true)
})

test('a text that is too long, too deep or too large is refused before it is evaluated', () => {
  for (const [expression, why] of [
    [`true${' '.repeat(4096)}`, 'more than 4096 characters'],
    [`[${'1,'.repeat(1001)}1] == []`, 'more than 1000 operations'],
    [`1${'+1'.repeat(600)} == 1`, 'more than 1000 operations'],
    [`${'!'.repeat(4000)}true`, 'more than 1000 operations'],
    [`${'('.repeat(100)}true${')'.repeat(100)}`, 'more than 64 deep'],
    [`response${'.a'.repeat(100)} == 1`, 'more than 64 deep'],
    [`${'['.repeat(100)}${']'.repeat(100)} == []`, 'more than 64 deep'],
    ['"a".matches("a{1000}a{1000}")', 'more than 10000 steps'],
    ['"a".matches("((a{10}){10}){10}b{2}c{2}d{2}")', 'more than 10000 steps'],
  ] as const)
    assert.throws(() => parsePredicate(expression, options), new RegExp(`spec.cel.*${why}`), why)
  assert.is(evaluate(`true${' && true'.repeat(499)}`), true)
})

test.run()
