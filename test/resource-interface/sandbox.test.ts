import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createEvaluator } from '../../resource-interface/sandbox.ts'

const test = suite('the sandbox')
const evaluator = await createEvaluator()
const variables = {
  connector: { metadata: { name: 'demo' }, spec: { address: 'https://u:p@git.example.com:8443/x?y=1#z' } },
  params: { tags: ['a', 'b'], empty: '' },
}

function evaluated(expression: string): unknown {
  const evaluation = evaluator.evaluate(expression, variables)
  if ('reason' in evaluation) throw new Error(evaluation.message)
  return evaluation.value
}

const values: readonly [string, unknown][] = [
  ['1 + 1', 2],
  ['({a: [1, {b: null}]})', { a: [1, { b: null }] }],
  ["params.empty || 'default'", 'default'],
  ["params.absent || 'default'", 'default'],
  ['params.absent?.x ?? "default"', 'default'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what is tested
  ['params.tags.map(tag => `${tag}!`)', ['a!', 'b!']],
  ["connector.spec.address.replace(/^https:/, 'http:').length", 39],
  ['url(connector.spec.address).host', 'git.example.com:8443'],
  [
    'url(connector.spec.address)',
    {
      href: 'https://u:p@git.example.com:8443/x?y=1#z',
      origin: 'https://git.example.com:8443',
      protocol: 'https:',
      username: 'u',
      password: 'p',
      host: 'git.example.com:8443',
      hostname: 'git.example.com',
      port: '8443',
      pathname: '/x',
      search: '?y=1',
      hash: '#z',
    },
  ],
  ["'' + url('https://EXAMPLE.com')", 'https://example.com/'],
  ['JSON.stringify({a: 1})', '{"a":1}'],
  ["'the word undefined'", 'the word undefined'],
  ['[params.absent ?? null]', [null]],
  ['"comment" // at the end', 'comment'],
]

for (const [expression, value] of values) {
  test(`value of ${expression}`, () => assert.equal(evaluated(expression), value))
}

const undefinedPaths: readonly [string, string][] = [
  ['connector.spec.registry', 'connector.spec.registry'],
  ["connector.spec.registry + '/x'", 'connector.spec.registry'],
  ['connector.spec.registry.host', 'connector.spec.registry'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what is tested
  ['`${params.a}-${params.b}`', 'one of params.a, params.b'],
  ['params.tags[2]', 'params.tags[2]'],
  ['[params.a, 1]', 'params.a'],
  ['url(connector.spec.nope).host', 'connector.spec.nope'],
  ['conector.spec', 'conector'],
  ['[params.a].concat("x").join("undefined")', 'params.a'],
]

for (const [expression, path] of undefinedPaths) {
  test(`undefined in ${expression}`, () => {
    const evaluation = evaluator.evaluate(expression, variables)
    if (expression.includes('join')) return assert.ok('value' in evaluation)
    assert.is('reason' in evaluation && evaluation.reason, 'ExpressionUndefined')
    assert.ok('message' in evaluation && evaluation.message.includes(JSON.stringify(expression)))
    assert.ok('message' in evaluation && evaluation.message.includes(path), JSON.stringify(evaluation))
  })
}

const attacks: readonly [what: string, expression: string, reason: string][] = [
  ['an endless loop', '(() => { for (;;); })()', 'ExpressionLimit'],
  ['an endless loop that catches', '(() => { for (;;) try { for (;;); } catch {} })()', 'ExpressionLimit'],
  ['an endless generator', '[...(function* () { for (;;) yield 1 })()]', 'ExpressionLimit'],
  ['an endless getter in an error', '(() => { throw { get message() { for (;;); } } })()', 'ExpressionLimit'],
  ['an endless toJSON', '({ toJSON() { for (;;); } })', 'ExpressionLimit'],
  [
    'a memory bomb of arrays',
    '(() => { const a = []; for (;;) a.push(Array(1000).fill(1)) })()',
    'ExpressionLimit',
  ],
  ['a memory bomb of strings', "(() => { let s = 'x'; for (;;) s += s })()", 'ExpressionLimit'],
  ['one huge string', "'x'.repeat(2 ** 28)", 'ExpressionLimit'],
  ['one huge list', 'Array(1e9).fill(1)', 'ExpressionLimit'],
  [
    'a search in an endless list',
    'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
    'ExpressionLimit',
  ],
  ['a search in long strings', "'a'.repeat(3e6).indexOf('a'.repeat(1e6) + 'b')", 'ExpressionLimit'],
  [
    'a sort of long strings',
    "(() => { const s = 'x'.repeat(1e6), a = s + 'a', b = s + 'b'; return Array(1e5).fill().map((_, i) => i % 2 ? a : b).sort() })()",
    'ExpressionLimit',
  ],
  [
    'a huge number as text',
    '(() => { const x = 3n ** 200000n; return (x * x * x).toString() })()',
    'ExpressionLimit',
  ],
  // The clock is looked at at the same place of each round, which is inside of the host's function.
  [
    'an endless loop through the host that catches',
    "(() => { const s = 'x'.repeat(30_000); for (;;) try { url(s) } catch {} })()",
    'ExpressionLimit',
  ],
  [
    'names that are hard to read',
    "(() => { const name = Array.from({ length: 2000 }, (_, i) => String.fromCharCode(0x4e00 + i)).join(''); for (;;) url('http://' + name) })()",
    'ExpressionLimit',
  ],
  ['a very long URL', "url('http://a/' + 'x'.repeat(3000))", 'ExpressionFailed'],
  ['deep recursion', '(function f() { return f() + 1 })()', 'ExpressionLimit'],
  [
    'deep recursion that catches',
    '(function f() { try { return f() } finally { f() } })()',
    'ExpressionLimit',
  ],
  ['deep JSON', "JSON.parse('['.repeat(1e5))", 'ExpressionLimit'],
  [
    'deep values',
    '(() => { let a = []; for (let i = 0; i < 1e4; i++) a = [a]; return a })()',
    'ExpressionLimit',
  ],
  ['deep source', `${'('.repeat(8000)}1${')'.repeat(8000)}`, 'ExpressionLimit'],
  ['deep source from text', "eval('['.repeat(1e5))", 'ExpressionLimit'],
  ['a very long expression', `'${'x'.repeat(20_000)}'`, 'ExpressionLimit'],
  ['a nested quantifier', "/^(a+)+$/.test('a'.repeat(40) + 'b')", 'ExpressionLimit'],
  ['overlapping quantifiers', "/(x+x+)+y/.exec('x'.repeat(5000))", 'ExpressionLimit'],
  ['a back reference', "/^(.*)(.*)(.*)(.*)\\1\\2\\3\\4x$/.test('ab'.repeat(100))", 'ExpressionLimit'],
  ['thousands of groups', "new RegExp('('.repeat(1e4) + ')'.repeat(1e4))", 'ExpressionInvalid'],
  ['the process', 'globalThis.process', 'ExpressionUndefined'],
  ['require', "require('node:fs')", 'ExpressionUndefined'],
  ['fetch', "fetch('http://127.0.0.1')", 'ExpressionUndefined'],
  ['a timer', 'setTimeout(() => {}, 0)', 'ExpressionUndefined'],
  [
    'the process by a constructor',
    "(() => {}).constructor.constructor('return process')()",
    'ExpressionUndefined',
  ],
  ['the process by the host function', "url.constructor('return process')()", 'ExpressionUndefined'],
  ['an import', "import('node:fs')", 'ExpressionFailed'],
  ['the meta of a module', 'import.meta', 'ExpressionInvalid'],
  ['a promise', 'Promise.resolve(1)', 'ExpressionFailed'],
  ['a promise that never settles', 'new Promise(() => {})', 'ExpressionFailed'],
  ['an endless async function', '(async () => { for (;;) await 1 })()', 'ExpressionFailed'],
  ['a thenable', '({ then: () => 1 })', 'ExpressionFailed'],
  ['a function', '() => 1', 'ExpressionFailed'],
  ['a symbol', 'Symbol()', 'ExpressionFailed'],
  ['a bigint', '2n ** 10n', 'ExpressionFailed'],
  ['no number', '0 / 0', 'ExpressionFailed'],
  ['an endless number', '1 / 0', 'ExpressionFailed'],
  ['a circle', '(() => { const a = {}; a.a = a; return a })()', 'ExpressionFailed'],
  ['the clock', 'Date.now()', 'ExpressionUndefined'],
  ['chance', 'Math.random()', 'ExpressionFailed'],
  ['no URL', "url('x')", 'ExpressionFailed'],
  ['no expression', 'return 1', 'ExpressionInvalid'],
  ['half an expression', '1 +', 'ExpressionInvalid'],
  ['the end of the function around it', '1); (() => 2', 'ExpressionInvalid'],
  ['a thrown text', "(() => { throw 'x' })()", 'ExpressionFailed'],
  ['a thrown bigint', '(() => { throw 1n })()', 'ExpressionFailed'],
  ['a thrown symbol', '(() => { throw Symbol() })()', 'ExpressionFailed'],
]

for (const [what, expression, reason] of attacks) {
  test(`${what} ends with ${reason}`, () => {
    const evaluation = evaluator.evaluate(expression, variables)
    assert.ok('reason' in evaluation, JSON.stringify(evaluation))
    assert.is(evaluation.reason, reason, evaluation.message)
    assert.not.match(evaluation.message, /\n/)
    assert.is(evaluated('1 + 1'), 2)
  })
}

const polluters = [
  'Object.prototype.address = "stolen"',
  'globalThis.connector = 1',
  'globalThis.leak = 1',
  'Array.prototype.map = () => ["stolen"]',
  'String.prototype.replace = () => "stolen"',
  'JSON.stringify = () => "stolen"',
  'JSON.parse = () => "stolen"',
  'Object.prototype.toJSON = () => "stolen"',
  'Object.prototype.then = () => "stolen"',
  'Object.prototype.limit = "stolen"',
  'connector.spec.address = "stolen"',
  'Object.defineProperty(Object.prototype, "value", { set() { throw 1 } })',
]

for (const polluter of polluters) {
  test(`nothing remains of ${polluter}`, () => {
    const before = JSON.stringify(variables)
    evaluator.evaluate(`(${polluter}, 1)`, variables)
    assert.is(JSON.stringify(variables), before)
    assert.equal(
      evaluated("[connector.spec.address.replace('x', 'y').length, params.tags.map(tag => tag)]"),
      [40, ['a', 'b']],
    )
    assert.equal(evaluated('[typeof leak, typeof {}.then, JSON.stringify({}), typeof {}.limit]'), [
      'undefined',
      'undefined',
      '{}',
      'undefined',
    ])
  })
}

test('an expression cannot make up its own answer', () => {
  const forged = evaluator.evaluate(
    '(Object.prototype.toJSON = () => ({ limit: "forged" }), "honest")',
    variables,
  )
  assert.equal(forged, { value: 'honest' })
})

test('ten thousand evaluations need no more memory than a thousand', () => {
  const expressions = [
    'connector.metadata.name',
    'url(connector.spec.address).host',
    'connector.spec.a.b',
    '1 +',
  ]
  const evaluateMany = (count: number) => {
    for (let i = 0; i < count; i++) evaluator.evaluate(expressions[i % expressions.length] ?? '', variables)
    return process.memoryUsage().arrayBuffers + process.memoryUsage().external
  }
  const before = evaluateMany(1000)
  assert.ok(evaluateMany(9000) - before < 8 << 20)
})

test('an expression that the host ends says nothing to the console', () => {
  const { error } = console
  const said: unknown[] = []
  console.error = (...words: unknown[]) => said.push(words)
  try {
    for (let length = 30_000; length < 30_010; length++) {
      evaluator.evaluate(`(() => { for (;;) try { url('x'.repeat(${length})) } catch {} })()`, {})
    }
  } finally {
    console.error = error
  }
  assert.equal(said, [])
})

test('huge variables are refused before they go in', () => {
  const evaluation = evaluator.evaluate('1', { params: { x: 'x'.repeat(1 << 20) } })
  assert.is('reason' in evaluation && evaluation.reason, 'ExpressionLimit')
  assert.ok('value' in evaluator.evaluate('params.x.length', { params: { x: 'x'.repeat(100_000) } }))
})

test('what parses and what does not', () => {
  for (const expression of ['1', 'a.b', '({})', 'x => x', '1 // one']) {
    assert.is(evaluator.syntaxError(expression), undefined, expression)
  }
  for (const expression of ['', '1 +', 'a), (b', 'a], [b', 'let a = 1', '}{', 'a;b', 'a b']) {
    assert.ok(evaluator.syntaxError(expression), expression)
  }
})

test.run()
