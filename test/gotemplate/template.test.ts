// The library's face: what the corpus of real Go cannot say, because Go has no limits, excerpts or hidden values.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TemplateCache } from '../../gotemplate/cache.ts'
import { dataFromJson } from '../../gotemplate/data.ts'
import { type LimitName, TemplateError } from '../../gotemplate/error.ts'
import { define, FunctionError, string } from '../../gotemplate/function.ts'
import { functions } from '../../gotemplate/functions/all.ts'
import { type ExecuteOptions, parseTemplate } from '../../gotemplate/template.ts'
import { Float, Func } from '../../gotemplate/value.ts'

function render(text: string, data: unknown = {}, options: ExecuteOptions = {}): string {
  return parseTemplate(text, { name: 't', functions }).execute(data, options)
}

function errorOf(text: string, data: unknown = {}, options: ExecuteOptions = {}): TemplateError {
  try {
    render(text, data, options)
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
  throw new Error(`${text} did not fail`)
}

const test = suite('template')

test('an error knows its line, its byte column and draws a caret under the template', () => {
  const error = errorOf('first\n\tä {{ .a.b }}\nlast', { a: 'hunter2hunter2' })
  assert.is(error.reason, 'execute')
  assert.is(error.line, 2)
  assert.is(error.column, 9)
  assert.is(error.excerpt, '\tä {{ .a.b }}\n\t       ^')
  assert.is(
    error.message,
    'template: t:2:9: executing "t" at <.a.b>: can\'t evaluate field b in type interface {}',
  )
  assert.is(error.detail, "can't evaluate field b in type interface {}")
})

test('a parse error has its line and excerpt, and as in Go no column', () => {
  const error = errorOf('a\n{{ if }}')
  assert.is(error.reason, 'parse')
  assert.is(error.line, 2)
  assert.is(error.column, undefined)
  assert.is(error.message, 'template: t:2: missing value for if')
  assert.match(error.excerpt ?? '', /^\{\{ if \}\}\n +\^$/)
})

test('the message never repeats a value of the data, goMessage is Go to the byte', () => {
  const secret = 'hunter2hunter2'
  for (const [template, go] of [
    ['{{ range .s }}{{ end }}', "range can't iterate over hunter2hunter2"],
    ['{{ fail .s }}', 'error calling fail: hunter2hunter2'],
    ['{{ .s | fail }}', 'error calling fail: hunter2hunter2'],
    ['{{ required (print "no " .s) "" }}', 'error calling required: no hunter2hunter2'],
    [
      '{{ eq .m .m }}',
      'error calling eq: non-comparable type map[k:hunter2hunter2]: map[string]interface {}',
    ],
    ['{{ tpl .t . }}', 'error calling fail: hunter2hunter2'],
    ['{{ define "a" }}{{ fail .s }}{{ end }}{{ include "a" . }}', 'error calling fail: hunter2hunter2'],
    ['{{ mustToDate "2006-01-02" .s }}', 'cannot parse "hunter2hunter2" as "2006"'],
    ['{{ mustRegexFind (print .s "(") "a" }}', 'missing closing ): `hunter2hunter2(`'],
  ] as const) {
    const error = errorOf(template, { s: secret, m: { k: secret }, t: `{{ fail "${secret}" }}` })
    assert.ok(error.goMessage.endsWith(go), error.goMessage)
    for (const shown of [error.message, error.detail, error.excerpt ?? '', error.stack ?? '']) {
      assert.not.ok(shown.includes(secret), `${template}: ${shown}`)
    }
  }
})

test('a message that the template spells is shown', () => {
  assert.match(errorOf('{{ required "give a name" .name }}').message, /error calling required: give a name$/)
  assert.match(errorOf('{{ fail "out of order" }}').message, /error calling fail: out of order$/)
})

test('passing a limit is an error that names it', () => {
  const cases: readonly (readonly [LimitName, string, ExecuteOptions['limits']])[] = [
    ['output', '{{ range 1000 }}0123456789{{ end }}', { outputBytes: 9999 }],
    ['output', '{{ range 1000 }}\u{1F600}{{ end }}', { outputBytes: 3999 }],
    ['steps', '{{ range 100000000 }}{{ end }}', { cpuMs: 60_000 }],
    ['steps', '{{ until 1000 | len }}', { steps: 900 }],
    ['depth', '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', {}],
    ['depth', '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', { depth: 50 }],
    ['depth', '{{ tpl .t . }}', { depth: 50 }],
    ['cpu', '{{ range 1000000000 }}{{ end }}', { steps: 1e10, cpuMs: 20 }],
    ['allocation', '{{ repeat 100000000 "x" | len }}', {}],
    ['allocation', '{{ $x := "12345678" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}', {}],
  ]
  for (const [limit, template, limits] of cases) {
    const error = errorOf(template, { t: '{{ tpl .t . }}' }, limits === undefined ? {} : { limits })
    assert.is(error.reason, 'limit', template)
    assert.is(error.limit, limit, template)
    assert.match(
      error.message,
      /^template: t:1:\d+: executing "[at]" at <.*>: exceeded the .*(limit|allows)/s,
    )
  }
})

test('output up to the limit passes, in bytes', () => {
  const limits = { outputBytes: 4000 }
  assert.is(render('{{ range 1000 }}\u{1F600}{{ end }}', {}, { limits }).length, 2000)
  assert.is(render('{{ range 1000 }}abcd{{ end }}', {}, { limits }).length, 4000)
})

test('templates that call themselves go 900 deep through if, with and range', () => {
  const body =
    '{{ if lt (int .) 900 }}{{ with . }}{{ range 1 }}{{ template "a" (add1 $) }}{{ end }}{{ end }}{{ else }}end{{ end }}'
  assert.is(render(`{{ define "a" }}${body}{{ end }}{{ template "a" 1 }}`), 'end')
})

test('the data is read, never changed, and changes are seen within the execution', () => {
  const data = { a: { b: 1 }, l: [{ c: 1 }] }
  const template =
    '{{ $_ := set .a "b" 2 }}{{ $_ = set (first .l) "c" 3 }}{{ .a.b }} {{ (index .l 0).c }} {{ .a }}'
  assert.is(render(template, data), '2 3 map[b:2]')
  assert.equal(data, { a: { b: 1 }, l: [{ c: 1 }] })
})

test('a range over a map sees it as it was when the range began', () => {
  const template =
    '{{ range $k, $v := .m }}{{ $k }}{{ $v }} {{ $_ := set $.m "b" 3 }}{{ $_ = unset $.m "c" }}{{ end }}{{ .m }}'
  assert.is(render(template, { m: { a: 1, b: 2, c: 3 } }), 'a1 b2 c3 map[a:1 b:3]')
})

test('what objects inherit is no data', () => {
  assert.is(
    render('{{ .constructor }} {{ .__proto__ }} {{ .toString }}', {}),
    '<no value> <no value> <no value>',
  )
  assert.is(render('{{ .__proto__.x }}', JSON.parse('{"__proto__":{"x":1}}')), '1')
})

test('plain numbers are int64 when integral; JSON text keeps what the spelling says', () => {
  assert.is(
    render('{{ typeOf .a }} {{ typeOf .b }} {{ .c }}', { a: 5, b: 5.5, c: 2 ** 62 }),
    'int64 float64 4611686018427387904',
  )
  const data = dataFromJson('{"a":5.0,"b":5,"c":9007199254740993,"d":"\\u00e9\\ud800","e":[],"f":{}}')
  const template = '{{ typeOf .a }} {{ typeOf .b }} {{ .c }} {{ .d }} {{ .e }} {{ .f }}'
  assert.is(render(template, data), 'float64 int64 9007199254740993 \u00e9\ufffd [] map[]')
  assert.is(render('{{ typeOf . }}', dataFromJson('5.0')), 'float64')
  assert.is(render('{{ typeOf .a }} {{ typeOf . }}', { a: new Float(5) }), 'float64 map[string]interface {}')
  assert.throws(() => dataFromJson('{"a":}'), SyntaxError)
})

test('bytes that are no UTF-8 come out as they are in bytes, replaced in text', () => {
  const template = parseTemplate('{{ slice "é" 0 1 }}{{ "\\xff" }}')
  assert.equal([...template.executeBytes({})], [0xc3, 0xff])
  assert.is(template.execute({}), '\ufffd\ufffd')
  // Halves that meet again are whole.
  assert.equal([...parseTemplate('{{ print (slice "é" 0 1) (slice "é" 1) }}').executeBytes({})], [0xc3, 0xa9])
})

test('without a clock and a source of randomness what needs them fails, with them it is exact', () => {
  assert.is(errorOf('{{ now }}').reason, 'execute')
  assert.is(errorOf('{{ uuidv4 }}').reason, 'execute')
  const clock = () => new Date('2026-02-14T10:20:30Z')
  assert.is(render('{{ now | date "2006-01-02" }}', {}, { clock }), '2026-02-14')
  const random = (size: number) => new Uint8Array(size)
  assert.is(render('{{ uuidv4 }}', {}, { random }), '00000000-0000-4000-8000-000000000000')
})

test('functions of the caller check their arguments as Go does, and can be called as values', () => {
  const shout = define([string], (_call, text) => {
    if (text === '') throw new FunctionError('nothing to shout')
    return `${text.toUpperCase()}!`
  })
  const template = parseTemplate('{{ shout .a }}{{ call .f "b" }}', {
    functions: new Map([['shout', shout]]),
  })
  assert.is(template.execute({ a: 'a', f: new Func(shout) }), 'A!B!')
  assert.throws(() => template.execute({ a: 1 }), /wrong type for value; expected string; got int64/)
  assert.throws(() => template.execute({ a: '' }), /error calling shout: nothing to shout/)
})

test('the cache gives the same template for the same content, and stays within its bounds', () => {
  const cache = new TemplateCache({ functions, maxEntries: 2, maxTextLength: 100 })
  const first = cache.parse('{{ upper .a }}')
  assert.is(cache.parse('{{ upper .a }}'), first)
  assert.is.not(cache.parse('{{ upper .a }}', 'other'), first)
  cache.parse('b')
  assert.is(cache.size, 2)
  assert.is.not(cache.parse('{{ upper .a }}'), first)
  cache.parse('x'.repeat(200))
  assert.is(cache.size, 2)
  cache.parse('y'.repeat(80))
  assert.is(cache.size, 1)
  assert.throws(() => cache.parse('{{'))
  assert.is(cache.size, 1)
})

test('complex numbers are refused with a word about it', () => {
  assert.is(errorOf('{{ 1+2i }}').message, 'template: t:1: complex constants are not supported: 1+2i')
})

test.run()
