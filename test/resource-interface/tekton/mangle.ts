// Takes data apart: what a hand, a program or an attacker may write in place of what is asked for.
import type { Random } from '../../gotemplate/fuzz/random.ts'

const junk: readonly unknown[] = [
  null,
  undefined,
  7,
  -0.5,
  true,
  '',
  'x',
  '__proto__',
  '$(params.x)',
  [],
  [null],
  [[]],
  {},
  { name: 'x' },
  { __proto__: null, constructor: 1 },
  { name: { name: [] } },
]

/** A copy with a few of its parts replaced, taken away or doubled. */
export function mangled(random: Random, value: unknown, depth = 0): unknown {
  if (depth > 0 && random.chance(0.03)) return random.pick(junk)
  if (Array.isArray(value)) {
    return value.flatMap(item => {
      const copy = mangled(random, item, depth + 1)
      return random.chance(0.02) ? [] : random.chance(0.02) ? [copy, copy] : [copy]
    })
  }
  if (typeof value === 'string' && value.startsWith('[') && depth > 0) {
    return random.chance(0.1)
      ? value.slice(0, -2)
      : JSON.stringify(mangled(random, JSON.parse(value), depth + 1))
  }
  if (typeof value !== 'object' || value === null) return value
  const copy = Object.fromEntries(
    Object.entries(value)
      .filter(() => random.chance(0.98))
      .map(([key, item]) => [random.chance(0.01) ? '__proto__' : key, mangled(random, item, depth + 1)]),
  ) as Record<string, unknown>
  if (depth < 3 && random.chance(0.02)) copy['spec'] = copy
  return copy
}
