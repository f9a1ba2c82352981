import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors } from '../helpers/command.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('connectors render')

type Files = { readonly template: string; readonly data: string }

async function render(files: Files, args: readonly string[] = []) {
  return withTempDir(async dir => {
    await writeFile(join(dir, 't.tpl'), files.template)
    await writeFile(join(dir, 'd.json'), files.data)
    return connectors(['render', '--template', 't.tpl', '--data', 'd.json', ...args], { cwd: dir })
  })
}

test('writes the result exactly, with no newline added', async () => {
  const { status, stdout } = await render({ template: '{{ .a | upper }}-{{ .n }}', data: '{"a":"x","n":7}' })
  assert.is(status, 0)
  assert.is(stdout, 'X-7')
})

test('shows line, column and a caret for a template that does not parse', async () => {
  const { status, stdout, stderr } = await render({ template: 'a\n{{ nope . }}', data: '{}' })
  assert.is(status, 1)
  assert.is(stdout, '')
  assert.match(stderr, 'template: t.tpl:2: function "nope" not defined')
  assert.match(stderr, /\{\{ nope \. \}\}\n\s+\^/)
})

test('never shows data in an error', async () => {
  const { status, stderr } = await render({ template: '{{ index .s 99 }}', data: '{"s":"a-secret-value"}' })
  assert.is(status, 1)
  assert.not.match(stderr, 'a-secret-value')
})

test('gives probes their own dot', async () => {
  const data = {
    connector: { metadata: { name: 'c', namespace: 'ns' }, spec: { address: 'http://git.example.com' } },
    secret: { type: 'kubernetes.io/basic-auth', data: { username: 'dQ==' } },
  }
  const template = '{{ .Connector.Spec.Address }} {{ .Secret.StringData.username }}'
  const { stdout } = await render({ template, data: JSON.stringify(data) }, ['--probe'])
  assert.is(stdout, 'http://git.example.com u')
})

test('obeys missingkey', async () => {
  const { status, stderr } = await render({ template: '{{ .x }}', data: '{}' }, ['--missingkey', 'error'])
  assert.is(status, 1)
  assert.match(stderr, 'map has no entry for key "x"')
})

test('refuses bad input in one line that says what to fix', async () => {
  const cases: readonly [readonly string[], string][] = [
    [['render'], '--template FILE is missing'],
    [['render', '--template', '/nowhere', '--data', '/nowhere'], 'Cannot read "/nowhere" as template'],
    [['render', '--missingkey', 'x', '--template', 'a', '--data', 'b'], '"x" is no mode of missingkey'],
    [['render', '--unknown'], "Unknown option '--unknown'"],
    [['nonsense'], 'it is no command'],
  ]
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = await connectors(args)
    assert.is(status, 2, args.join(' '))
    assert.is(stdout, '')
    assert.match(stderr, message)
    assert.is(stderr.trim().split('\n').length, 1, stderr)
  }
})

test('answers a batch line by line, in order, in Base64 where the bytes are no text', async () => {
  const cases = [
    { name: 'a', template: '{{ .x }}', data: { x: 5 } },
    { name: 'b', template: '{{ .x' },
    { name: 'c', template: '{{ printf "%c" 65 }}{{ "é" | trunc 1 }}' },
    { name: 'u', template: '{{ .x }}', data: { x: 'a\u2028b' } },
    { name: 'd', template: '{{ .y }}', data: {}, options: { missingkey: 'error' } },
  ]
  const input = `${cases.map(item => JSON.stringify(item)).join('\n')}\nnot json\n`
  const { status, stdout } = await connectors(['render', '--batch'], { input })
  assert.is(status, 0)
  const results = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.equal(results[0], { name: 'a', output: '5' })
  assert.equal(results[1], { name: 'b', error: 'template: t:1: unclosed action' })
  assert.equal(results[2], { name: 'c', outputBase64: Buffer.from([65, 0xc3]).toString('base64') })
  assert.equal(results[3], { name: 'u', output: 'a\u2028b' })
  assert.match(results[4].error, 'map has no entry for key "y"')
  assert.equal(results[5], { name: '', error: 'the line is not JSON' })
})

test.run()
