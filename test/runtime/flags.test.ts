import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../connector/errors.ts'
import { formatDuration, parseDuration } from '../../runtime/duration.ts'
import {
  addressFlag,
  booleanFlag,
  choiceFlag,
  durationFlag,
  formatAddress,
  integerFlag,
  listFlag,
  parseFlags,
  renderFlags,
  textFlag,
} from '../../runtime/flags.ts'

const test = suite('runtime/flags')

const flags = {
  name: textFlag({ help: 'Name.', env: 'NAME' }),
  grace: durationFlag({ fallback: 300_000, minMs: 1000, help: 'Grace.' }),
  listen: addressFlag({ fallback: { host: '127.0.0.1', port: 80 }, help: 'Address.' }),
  'require-ready': booleanFlag({ help: 'Ready only.' }),
  'scope-grants': booleanFlag({ fallback: true, help: 'Grants.' }),
  workers: integerFlag({ fallback: 4, min: 1, max: 64, help: 'Workers.', env: 'WORKERS' }),
  audiences: listFlag({ fallback: ['connectors'], help: 'Audiences.' }),
  passthrough: choiceFlag(['deny', 'public', 'all'], { fallback: 'public', help: 'Others.' }),
}

function problemOf(argv: string[], env = {}): ConnectorsError {
  try {
    parseFlags(flags, { argv, env })
  } catch (error) {
    return error as ConnectorsError
  }
  return assert.unreachable('it did not fail') as never
}

test('defaults, values and the environment, the command line first', () => {
  const none = parseFlags(flags, { argv: ['--name=x'], env: {} })
  assert.equal(none, {
    name: 'x',
    grace: 300_000,
    listen: { host: '127.0.0.1', port: 80 },
    'require-ready': false,
    'scope-grants': true,
    workers: 4,
    audiences: ['connectors'],
    passthrough: 'public',
  })
  assert.ok(Object.isFrozen(none))
  const argv = ['--grace', '1h30m', '--require-ready', '--scope-grants=false', '--listen', '[::1]:8080']
  const all = parseFlags(flags, {
    argv: [
      ...argv,
      '--audiences',
      'a, b',
      '--audiences=c',
      '--passthrough',
      'deny',
      '--workers',
      '1',
      '--workers=8',
    ],
    env: { NAME: 'from env', WORKERS: '9' },
  })
  assert.equal(all, {
    name: 'from env',
    grace: 5_400_000,
    listen: { host: '::1', port: 8080 },
    'require-ready': true,
    'scope-grants': false,
    workers: 8,
    audiences: ['a', 'b', 'c'],
    passthrough: 'deny',
  })
})

test('tells every problem at once and repeats no value', () => {
  const error = problemOf(
    [
      '--grace',
      'hunter2',
      '--workers=0',
      '--passthrough=hunter2',
      '--nope=hunter2',
      'hunter2',
      '--scope-grants=hunter2',
    ],
    {},
  )
  assert.equal([error.code, error.reason], ['INVALID', 'FlagsInvalid'])
  for (const words of [
    '--name is required',
    '--grace',
    '--workers must',
    '--passthrough must be one of deny',
    '--nope is not known',
    'argument 6',
    '--scope-grants',
  ]) {
    assert.ok(error.message.includes(words), `${words} in ${error.message}`)
  }
  assert.not.match(error.message, 'hunter2')
  assert.not.match(error.message, '\n')
})

test('a flag without its value is a problem, not a value', () => {
  assert.match(problemOf(['--name']).message, '--name needs a value')
  assert.match(problemOf(['--name', '--require-ready']).message, '--name needs a value')
  assert.match(
    problemOf(['--name=x', '--__proto__=1', '--constructor']).message,
    '--constructor is not known',
  )
  assert.match(problemOf(['--name=x'], { WORKERS: 'many' }).message, 'WORKERS must be an integer')
})

const addresses: readonly [string, object | undefined][] = [
  [':8080', { host: '', port: 8080 }],
  ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:443', { host: '::1', port: 443 }],
  ['localhost', undefined],
  ['1.2.3.4:70000', undefined],
  ['::1:80', undefined],
]

for (const [text, address] of addresses) {
  test(`address ${text}`, () => {
    const parsed = addressFlag({ help: '' }).parse(text)
    assert.equal('value' in parsed ? parsed.value : undefined, address)
    if ('value' in parsed) assert.is(formatAddress(parsed.value), text)
  })
}

const durations: readonly [string, number | undefined][] = [
  ['0', 0],
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['1m1ms', 60_001],
  ['', undefined],
  ['30', undefined],
  ['-5m', undefined],
  ['5 m', undefined],
  ['5d', undefined],
  ['m', undefined],
  [`${'9'.repeat(30)}h`, undefined],
]

for (const [text, ms] of durations) {
  test(`duration "${text}"`, () => assert.is(parseDuration(text), ms))
}

const shortest: readonly [number, string][] = [
  [0, '0'],
  [250, '250ms'],
  [1500, '1s500ms'],
  [300_000, '5m'],
  [5_400_000, '1h30m'],
]

for (const [ms, text] of shortest)
  test(`${ms} ms is written ${text}`, () => assert.is(formatDuration(ms), text))

test('a text or a list may be refused with words of its own', () => {
  const problem = (value: string | readonly string[]) => (value.length === 0 ? 'must be there' : undefined)
  const own = { word: textFlag({ help: '', problem }), words: listFlag({ help: '', problem }) }
  const parse = (...argv: string[]) => parseFlags(own, { argv, env: {} })
  assert.equal(parse('--word=a', '--words=b,c'), { word: 'a', words: ['b', 'c'] })
  assert.throws(() => parse('--word=', '--words=,'), /--word must be there; --words must be there/)
})

test('help shows each flag with its meaning, default and variable', () => {
  const help = renderFlags(flags)
  assert.is(help.trimEnd().split('\n').length, Object.keys(flags).length)
  assert.match(help, /--workers +Workers\. \(default 4\) \[WORKERS\]/)
  assert.match(help, '(default 5m)')
  assert.match(help, '(default 127.0.0.1:80)')
  assert.match(help, /--name +Name\. \[NAME\]\n/)
})

test.run()
