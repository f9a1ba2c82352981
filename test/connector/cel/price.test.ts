// What each kind of work costs. A name, a literal and an operation are a unit each; the rest is the work's own.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compile } from '../../../connector/cel/compile.ts'
import { parse } from '../../../connector/cel/library.ts'
import { Fault } from '../../../connector/cel/meter.ts'

const variables = {
  text: 'x'.repeat(1000),
  same: 'x'.repeat(1000),
  part: 'y'.repeat(50),
  words: new Array(100).fill('abc'),
  table: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, at])),
  zeros: new Array(100).fill(0),
}

function priceOf(expression: string): number {
  const step = compile(parse(expression).ast, { variables: Object.keys(variables), locals: [] })
  let units = 0
  const spend = (more: number) => {
    units += more
  }
  try {
    step({ spend, variables, outer: undefined, value: undefined })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
  }
  return units
}

const test = suite('connector/cel: the price of')
for (const [expression, operations, work] of [
  ['1 + 2 == 3', 5, 1],
  ['zeros[0]', 3, 0],
  ['table.k1', 2, 0],
  ['{"a": 1}', 3, 0],
  // Text: a unit, and one for each ten characters.
  ['text + part', 3, 101 + 6],
  ['text == same', 3, 1 + 101],
  ['text == part', 3, 1],
  ['text < same', 3, 101],
  ['text < part', 3, 6],
  ['text.startsWith(part)', 3, 6],
  ['text.endsWith(part)', 3, 6],
  ['text.contains(part)', 3, 101 * 6],
  ['text.size()', 2, 500],
  ['words.join(part)', 3, 100 * (1 + 6)],
  // A character at an instruction of the pattern: ten for a unit.
  ['text.matches("^y")', 2, 1 + 400],
  // Lists and maps: a unit an item, two a key.
  ['zeros + zeros', 3, 200],
  ['zeros == zeros', 3, 1 + 100 + 100],
  ['zeros == words', 3, 1 + 100 + 1],
  ['table == table', 3, 1 + 200 + 200 + 100],
  ['1 in zeros', 3, 100],
  ['"k1" in table', 3, 0],
  ['table.size()', 2, 200],
  ['zeros.size()', 2, 0],
  // A macro: a unit a turn, and what its turns evaluate.
  ['zeros.all(z, true)', 2, 100 * 2],
  ['zeros.exists_one(z, true)', 2, 100 * 2],
  ['zeros.map(z, z)', 2, 100 * 2],
  ['zeros.map(z, true, z)', 2, 100 * 3],
  ['zeros.filter(z, true)', 2, 100 * 2],
  ['table.all(k, true)', 2, 200 + 100 * 2],
  ['zeros.exists(z, true)', 2, 2],
  ['cel.bind(z, zeros, z)', 3, 0],
  // A fault that is absorbed.
  ['zeros.all(z, z.a)', 2, 100 * (1 + 2 + 10)],
  ['zeros[100] || true', 5, 10],
  // The library's operations: ten units, what they read and what they make; their errors a hundred.
  ['int("3")', 2, 10 + 1],
  ['int(text)', 2, 10 + 101 + 100],
  ['bytes(text)', 2, 10 + 101 + 101],
  ['text.upperAscii()', 2, 10 + 101 + 101],
  ['text.indexOf(part)', 3, 101 * 6 + 10 + 101 + 6],
  ['text.lastIndexOf(part)', 3, 101 * 6 + 10 + 101 + 6],
  ['text.split("")', 3, 101 + 1000 + 10 + 101 + 1 + 1000],
  ['1u + 1u', 3, 10],
  ['timestamp("2024-01-05T00:00:00Z").getHours()', 3, 10 + 3 + 10],
  ['timestamp("2024-01-05T00:00:00Z").getHours("UTC")', 4, 10 + 3 + 1000 + 10 + 1],
] as const)
  test(expression, () => assert.is(priceOf(expression), operations + work))

test.run()
