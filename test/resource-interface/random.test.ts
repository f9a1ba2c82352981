// Random interfaces, choices and texts, each from a seed that a failure names.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseDefinition } from '../../resource-interface/parse.ts'
import { resolveInterface } from '../../resource-interface/resolve.ts'
import { createEvaluator } from '../../resource-interface/sandbox.ts'
import { parseTemplate } from '../../resource-interface/template.ts'
import { validateInterface } from '../../resource-interface/validate.ts'
import { gitInterface } from './git-interface.ts'

const test = suite('random interfaces')
const evaluator = await createEvaluator()

class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed + 1
  }

  below(bound: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647
    return this.#state % bound
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  many<T>(most: number, make: (at: number) => T): T[] {
    return Array.from({ length: this.below(most + 1) }, (_, at) => make(at))
  }

  shuffled<T>(items: readonly T[]): T[] {
    const keyed = items.map(item => ({ item, key: this.below(1e9) }))
    return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
  }
}

const tokens = [
  '{',
  '}',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  "'",
  '"',
  '`',
  '$',
  '$' + '{',
  '$(',
  '/',
  '//',
  '/*',
  '*/',
  '\\',
  '\n',
  ' ',
  ':',
  ',',
  '+',
  '=>',
  '.',
  'params',
  '.x',
  'connector',
  'name',
  '[*]',
  'return',
  '"a":',
  '1',
  'é',
  '\u2028',
  '\ud800',
  '\0',
]

test('any text splits or says why not, and loses nothing', () => {
  const parses = (text: string) => evaluator.syntaxError(text) === undefined
  for (let seed = 0; seed < 3000; seed++) {
    const dice = new Dice(seed)
    const text = dice.many(14, () => dice.one(tokens)).join('')
    const template = parseTemplate(text, parses)
    if ('error' in template) continue
    const literal = template.parts.map(part => ('text' in part ? part.text : ''))
    let from = 0
    for (const piece of literal) {
      const found = text.indexOf(piece, from)
      assert.ok(found >= from, `seed ${seed}: ${JSON.stringify(text)}`)
      from = found + piece.length
    }
  }
})

const scalars = [
  '',
  'x',
  '{params.p0}',
  '{connector.spec.address}',
  '{nope}',
  '{+}',
  '{',
  '{[1]}',
  '$(params.p1[*])',
  'a{params.p0}b',
  0,
  1,
  true,
  null,
  [],
  {},
  ['x'],
  { a: 'x' },
  '__proto__',
  'constructor',
] as const

function anything(dice: Dice, depth = 0): unknown {
  const kind = dice.below(depth > 2 ? 1 : 3)
  if (kind === 0) return dice.one(scalars)
  if (kind === 1) return dice.many(3, () => anything(dice, depth + 1))
  const keys = [
    'name',
    'type',
    'expression',
    'value',
    'csi',
    'default',
    'enum',
    'driver',
    'dependsOn',
    'workspaceMapping',
    '__proto__',
  ]
  return Object.fromEntries(dice.many(4, () => [dice.one(keys), anything(dice, depth + 1)]))
}

test('any object is validated without a throw, and a definition means that its shape is sound', () => {
  for (let seed = 0; seed < 1500; seed++) {
    const dice = new Dice(seed)
    const object =
      dice.below(10) === 0
        ? anything(dice)
        : gitInterface({
            spec: { [dice.one(['params', 'attributes', 'workspaces', 'configurations'])]: anything(dice) },
          })
    const problems = validateInterface(object, { evaluator })
    const { definition } = parseDefinition(object)
    for (const { field, message } of problems)
      assert.ok(typeof field === 'string' && message !== '', `seed ${seed}`)
    if (definition && problems.length === 0)
      resolveInterface({ definition, connectors: [], params: {} }, { evaluator })
  }
})

const expressions = [
  'plain',
  '{params.p0}',
  '{params.p1}',
  '$(params.p0)',
  "{params.p0 + '/' + params.p1}",
  '{[params.p0]}',
  '{Object.keys(params).join()}',
  '{connector.spec.address}',
  "{connector.spec.nope || ''}",
  '{connector.spec.nope}',
  '{connectors}',
  '{params.p2}',
  '{({a: params.p0})}',
  '{JSON.stringify(params)}',
]

function soundSpec(dice: Dice) {
  const types = ['string', 'array', 'object'] as const
  const defaults = { string: 'd', array: ['d'], object: { a: 'd' } }
  return {
    params: dice.many(3, at => {
      const type = dice.one(types)
      const base = { name: `p${at}`, type, ...(type === 'object' ? { properties: {} } : {}) }
      return dice.below(2) ? { ...base, default: defaults[type] } : base
    }),
    attributes: dice.many(4, at => ({
      name: `a${at}`,
      type: dice.one(types),
      expression: dice.one(expressions),
    })),
    workspaces: dice.many(2, at => ({
      name: `w${at}`,
      value: { csi: { driver: 'd', volumeAttributes: { v: dice.one(expressions) } } },
    })),
    configurations: { multipleMergeConnectors: { enabled: dice.below(2) === 1 } },
  }
}

test('the order of params, attributes, workspaces and Connectors never changes what is found', () => {
  for (let seed = 0; seed < 150; seed++) {
    const dice = new Dice(seed)
    const spec = soundSpec(dice)
    const connectors = ['b', 'a', 'c']
      .slice(0, 1 + dice.below(3))
      .map(name => ({ metadata: { name, namespace: 'ci' }, spec: { address: `https://${name}` } }))
    const params = Object.fromEntries(dice.many(3, at => [`p${at}`, dice.one(['x', ['x'], { a: 'x' }, 1])]))
    const found = (shuffle: boolean) => {
      const order = <T>(items: readonly T[]) => (shuffle ? dice.shuffled(items) : [...items])
      const shuffled = {
        ...spec,
        params: order(spec.params),
        attributes: order(spec.attributes),
        workspaces: order(spec.workspaces),
      }
      const { definition } = parseDefinition(gitInterface({ spec: shuffled }))
      if (!definition) throw new Error(`seed ${seed}: no definition`)
      const given = Object.fromEntries(order(Object.entries(params)))
      const resolved = resolveInterface(
        { definition, connectors: order(connectors), params: given },
        { evaluator },
      )
      const problems = resolved.problems.map(
        ({ field, reason }) => `${field.startsWith('spec.') ? '' : field} ${reason}`,
      )
      const sorted = (items: readonly unknown[]) => items.map(item => JSON.stringify(item)).sort()
      return [
        sorted(resolved.params),
        sorted(resolved.attributes),
        sorted(resolved.workspaces),
        problems.sort(),
      ]
    }
    assert.equal(found(true), found(false), `seed ${seed}`)
  }
})

test('what is resolved is there with its type, or a problem says why not', () => {
  for (let seed = 0; seed < 150; seed++) {
    const dice = new Dice(seed)
    const spec = soundSpec(dice)
    const { definition } = parseDefinition(gitInterface({ spec }))
    if (!definition) throw new Error(`seed ${seed}: no definition`)
    const connectors = [{ metadata: { name: 'a', namespace: 'ci' }, spec: { address: 'https://a' } }]
    const { params, attributes, workspaces, problems } = resolveInterface(
      { definition, connectors, params: {} },
      { evaluator },
    )
    if (problems.length > 0) continue
    assert.is(params.length, spec.params.length, `seed ${seed}`)
    assert.is(workspaces.length, spec.workspaces.length, `seed ${seed}`)
    assert.equal(
      attributes.map(({ value }) =>
        typeof value === 'string' ? 'string' : Array.isArray(value) ? 'array' : 'object',
      ),
      spec.attributes.map(({ type }) => type),
      `seed ${seed}`,
    )
  }
})

test.run()
