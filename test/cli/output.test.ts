import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { oneLine, visible } from '../../cli/output.ts'
import { type CommandResult, runCommand } from '../helpers/command.ts'

const test = suite('cli/output')

/** Clears the screen, sets the title, goes up, rings, backspaces; the same with C1; turns the line around. */
const orders = '\x1b[2J\x1b]0;title\x07\x1b[1A\b\r\x7f\u009b2J\u0085\u2028\u202eabc\u2066'
const takesOrders = /[^\t\n\P{Cc}]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

test('a line shows what is unprintable as symbols, and ends its colours', () => {
  for (const [line, expected] of [
    ['tab\t\ud83d\ude00 gr\u00fc\u00df \u05d0\u05d1', 'tab\t\ud83d\ude00 gr\u00fc\u00df \u05d0\u05d1'],
    ['\x1b[1;31mred', '\x1b[1;31mred\x1b[0m'],
    ['\x1b[31mred\x1b[0m', '\x1b[31mred\x1b[0m'],
    ['\x1b[2J\x1b[1A\x1b]0;title\x07', '\u241b[2J\u241b[1A\u241b]0;title\u2407'],
    ['10%\r20%\x08\x00\x7f\u009b', '10%\u240d20%\u2408\u2400\u2421\u2421'],
    ['a\nb', 'a\u240ab'],
    ['a\u202eb\u2028', 'a\ufffdb\ufffd'],
  ] as const) {
    assert.is(visible(line), expected)
    assert.is(visible(expected), expected, 'a second time changes nothing')
  }
})

test('a message is brought to one line', () => {
  assert.is(oneLine(' a\r\n  b\tc\x1bd \n'), 'a b c d')
})

function outputOf(statement: string, isTerminal = false): Promise<CommandResult> {
  const module = JSON.stringify(join(import.meta.dirname, '../../cli/output.ts'))
  const code = `const output = await import(${module})
    process.stdout.isTTY = ${isTerminal}
    const orders = ${JSON.stringify(orders)}
    ${statement}`
  return runCommand(process.execPath, ['--input-type=module', '--eval', code])
}

test('whatever is written gives a terminal no orders', async () => {
  for (const statement of [
    'output.printLine(orders)',
    'output.printText(orders)',
    'output.tell(orders)',
    'output.tellText(orders)',
    'output.printDocument({ [orders]: [orders] }, "json")',
    'output.printDocument({ [orders]: [orders] }, "yaml")',
    'await output.printJsonLine(JSON.stringify(orders))',
    'const lines = output.openJsonLines(1); lines.write(JSON.stringify(orders)); lines.flush()',
  ]) {
    const { status, stdout, stderr } = await outputOf(statement)
    assert.is(status, 0, stderr)
    assert.ok((stdout + stderr).length > 20, statement)
    assert.not.match(stdout + stderr, takesOrders, statement)
  }
})

test('what is data keeps its value', async () => {
  const document = { [orders]: [orders, 'a\nb\n', 1] }
  const [json, yaml, line] = await Promise.all([
    outputOf('output.printDocument({ [orders]: [orders, "a\\nb\\n", 1] }, "json")'),
    outputOf('output.printDocument({ [orders]: [orders, "a\\nb\\n", 1] }, "yaml")'),
    outputOf('await output.printJsonLine(JSON.stringify(orders))'),
  ])
  assert.equal(JSON.parse(json.stdout), document)
  assert.equal(parse(yaml.stdout), document)
  assert.is(JSON.parse(line.stdout), orders)
})

test('a result is written byte for byte, but not to a terminal', async () => {
  const statement = 'output.printExactly(new TextEncoder().encode(orders))'
  assert.is((await outputOf(statement)).stdout, orders)
  const shown = await outputOf(statement, true)
  assert.is(shown.stdout, visible(orders))
})

test.run()
