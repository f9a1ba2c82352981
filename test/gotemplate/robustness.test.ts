// Whatever the text: an output or a TemplateError, soon, within the limits.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TemplateError } from '../../gotemplate/error.ts'
import { functions } from '../../gotemplate/functions/all.ts'
import { parseTemplate } from '../../gotemplate/template.ts'

const limits = { outputBytes: 100_000, steps: 20_000, depth: 100, cpuMs: 250, allocatedBytes: 4_000_000 }
/** Generous, for a busy machine: what hangs takes for ever. */
const slowMs = 3000

/** A small generator (mulberry32), so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Not run on random input: making keys is slow by nature. */
const costly = /gen[A-Z]|bcrypt|htpasswd|derivePassword/

function goldenTemplates(): { readonly template: string; readonly data: unknown }[] {
  const folder = join(import.meta.dirname, 'golden')
  return readdirSync(folder).flatMap(
    file => JSON.parse(readFileSync(join(folder, file), 'utf8')) as { template: string; data: unknown }[],
  )
}

const fragments = [
  '{{', '}}', '{{-', '-}}', '{{end}}', '{{else}}', '{{range .}}', '{{range $i, $e := .}}', '{{if .}}', '{{with .}}',
  '{{break}}', '{{define "a"}}', '{{template "a" .}}', '{{include "a" .}}', '{{tpl . .}}', '(', ')', '|', '"', '`', "'",
  '\\', '.', '$', ':=', '=', ',', ' ', '\n', '0x', '1e9', '99999999999', '-1', 'nil', '/*', '*/', '\u{1F600}', '\uD800',
  '\0', '%d', '%[2]*.[1]*f', 'printf', 'index', 'slice', 'until', 'repeat', 'list', 'dict', 'set', 'regexMatch', 'toYaml',
] // biome-ignore format: a table

function mutate(text: string, random: (below: number) => number): string {
  let mutated = text
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(mutated.length + 1)
    const end = Math.min(mutated.length, at + random(12))
    const added = [
      () => '',
      () => fragments[random(fragments.length)] as string,
      () => String.fromCharCode(random(random(2) === 0 ? 128 : 65536)),
      () => mutated.slice(at, end).repeat(1 + random(20)),
    ][random(4)] as () => string
    mutated = mutated.slice(0, at) + added() + mutated.slice(random(2) === 0 ? at : end)
  }
  return mutated
}

function survives(text: string, data: unknown): void {
  const started = performance.now()
  try {
    parseTemplate(text, { functions }).execute(data, { limits })
  } catch (error) {
    if (!(error instanceof TemplateError) || error.cause !== undefined) {
      throw new Error(`not a TemplateError of its own for ${JSON.stringify(text)}`, { cause: error })
    }
  }
  assert.ok(performance.now() - started < slowMs, `too slow: ${JSON.stringify(text)}`)
}

const test = suite('robustness')

test('10,000 mutated templates end in an output or a TemplateError', () => {
  const random = randomFrom(20260214)
  const golden = goldenTemplates().filter(({ template }) => !costly.test(template))
  for (let i = 0; i < 10_000; i++) {
    const { template, data } = golden[random(golden.length)] as { template: string; data: unknown }
    survives(mutate(template, random), data)
  }
})

test('random text ends in an output or a TemplateError', () => {
  const random = randomFrom(7)
  for (let i = 0; i < 2000; i++) {
    let text = ''
    for (let size = random(40); size > 0; size--) {
      text += random(3) > 0 ? fragments[random(fragments.length)] : String.fromCharCode(random(256))
    }
    survives(text, { a: [1, 'x', null], b: { c: true } })
  }
})

test('nesting of any depth is refused, not followed', () => {
  const n = 100_000
  for (const text of [
    `{{${'('.repeat(n)}1${')'.repeat(n)}}}`,
    `{{${'(print '.repeat(n)}1${')'.repeat(n)}}}`,
    `${'{{if true}}'.repeat(n)}${'{{end}}'.repeat(n)}`,
    `${'{{range 1}}'.repeat(n)}${'{{end}}'.repeat(n)}`,
    `{{if false}}${'{{else if false}}'.repeat(n)}{{end}}`,
    `${'{{block "a" .}}'.repeat(n)}${'{{end}}'.repeat(n)}`,
    `{{with 1}}${'{{define "a"}}'.repeat(n)}`,
    `{{${'.a'.repeat(n)}}}`,
    `{{${'1|'.repeat(n)}print}}`,
    `{{${'"'.repeat(n)}}}`,
    '{{'.repeat(n),
  ]) {
    survives(text, {})
  }
  assert.throws(
    () => parseTemplate(`{{${'('.repeat(n)}`),
    (error: TemplateError) => error.goMessage === 'template: template:1: max expression depth exceeded',
  )
})

test('values that hold themselves or nest deeply do not overflow the stack', () => {
  for (const text of [
    '{{$d := dict}}{{$_ := set $d "a" $d}}{{$d}}',
    '{{$d := dict}}{{$_ := set $d "a" $d}}{{toJson $d}}{{toYaml $d}}{{deepCopy $d}}{{deepEqual $d $d}}',
    '{{$x := 1}}{{range 15000}}{{$x = list $x}}{{end}}{{printf "%v" $x}}',
    '{{$x := list 1 2}}{{range 60}}{{$x = list $x $x}}{{end}}{{$x | toJson | len}}',
    '{{$x := "aaaaaaaa"}}{{range 100}}{{$x = print $x $x}}{{end}}{{$x}}',
    '{{define "a"}}{{include "a" .}}{{end}}{{include "a" .}}',
  ]) {
    survives(text, {})
  }
})

test.run()
