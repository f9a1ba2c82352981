// Hostile templates meet a limit, and meet it soon.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, render } from './render.ts'

const test = suite('limits')
const itself = '{{$d := dict}}{{$_ := set $d "a" $d}}'

for (const [template, limit] of [
  ['{{repeat 1000000000 "x"}}', 'allocation'],
  ['{{range until 100}}{{$x := repeat 1000000 "x"}}{{end}}', 'allocation'],
  ['{{indent 1000000000 "a"}}', 'allocation'],
  ['{{nindent 1000000 (repeat 100 "\\n")}}', 'allocation'],
  ['{{wrapWith 1 (repeat 100000 "x") (repeat 100000 "y")}}', 'allocation'],
  ['{{$x := "a"}}{{range until 60}}{{$x = cat $x $x}}{{end}}', 'allocation'],
  ['{{$x := "a"}}{{range until 60}}{{$x = replace "a" "aa" $x}}{{end}}', 'allocation'],
  ['{{$l := list 1}}{{range until 60}}{{$l = concat $l $l}}{{end}}', 'allocation'],
  ['{{join (repeat 100000 "x") (until 100000)}}', 'allocation'],
  ['{{regexReplaceAll "a" (repeat 100000 "a") (repeat 10000 "$0")}}', 'allocation'],
  ['{{until 1000000000 | len}}', 'steps'],
  ['{{untilStep 0 9223372036854775807 1 | len}}', 'steps'],
  ['{{seq 1 1000000000}}', 'steps'],
  ['{{regexMatch (repeat 10000 "a{1000}") "a"}}', 'steps'],
  ['{{regexMatch (printf "(%s)*" (repeat 3000 "a?")) (repeat 30000 "a")}}', 'steps'],
  ['{{semverCompare (repeat 100000 "1.2.3 - ") "1.2.3"}}', 'steps'],
  ['{{$l := until 5000}}{{uniq $l | len}}', 'steps'],
  ['{{$s := repeat 1000000 "a"}}{{range 1000000}}{{$_ := contains "b" $s}}{{end}}', 'steps'],
  ['{{$s := repeat 1000000 "a"}}{{range 1000000}}{{$_ := len $s}}{{end}}', 'steps'],
  ['{{$x := repeat 4000000 "a"}}{{replace "" "b" $x}}', 'allocation'],
  ['{{$x := repeat 9000000 "a"}}{{splitList "a" $x | len}}', 'allocation'],
  ['{{tpl (repeat 3000000 " ") .}}', 'steps'],
  [`${itself}{{deepCopy $d | len}}`, 'depth'],
  [`${itself}{{$e := dict}}{{$_ := set $e "a" $e}}{{deepEqual $d $e}}`, 'depth'],
  [`${itself}{{$e := dict}}{{$_ := set $e "a" $e}}{{merge $d $e | len}}`, 'depth'],
  ['{{fromYaml (repeat 100000 "[")}}', 'depth'],
  ['{{fromYaml (repeat 100000 "- ")}}', 'depth'],
  ['{{fromYaml "a: &a {<<: *a}"}}', 'depth'],
  ['{{mustFromJson (repeat 100000 "[")}}', 'depth'],
] as const) {
  test(`${template.slice(0, 70)} exceeds the limit of ${limit}`, () => {
    const failure = failureOf(template, {}, { limits: { cpuMs: 10_000 } })
    assert.is(failure.reason, 'limit')
    assert.is(failure.limit, limit)
  })
}

test('a search that starts over for every match ends with the CPU time', () => {
  const failure = failureOf('{{regexFindAll "a.*b|a" (repeat 100000 "a") -1 | len}}')
  assert.ok(failure.limit === 'cpu' || failure.limit === 'steps', failure.message)
})

test('templates that tpl defines cost what copying them costs', () => {
  const defined = Array.from({ length: 3000 }, (_, i) => `{{define "a${i}"}}x{{end}}`).join('')
  const text = `${defined}{{range 1000}}{{$_ := tpl "x" .}}{{end}}`
  assert.is(failureOf('{{tpl . .}}', text, { limits: { cpuMs: 10_000 } }).limit, 'steps')
})

test('the keys of a large object are counted for every loop over them', () => {
  const data = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]))
  const text = '{{range 1000}}{{range $}}{{break}}{{end}}{{end}}'
  assert.is(failureOf(text, data, { limits: { cpuMs: 10_000 } }).limit, 'steps')
})

test('a limit is reported at the call that passed it, in a message of bounded size', () => {
  const { message } = failureOf(`{{repeat 1000000000 "${'x'.repeat(1000)}"}}`)
  assert.match(message, /at <repeat 1000000000 "x+\.\.\.>: exceeded the allocation limit/)
  assert.ok(message.length < 400)
})

test('aliases that multiply end with the steps', () => {
  const levels = 'bcdefgh'.split('')
  const text = levels.reduce(
    (yaml, name, i) => `${yaml}${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join()}]\n`,
    'a: &a [x]\n',
  )
  assert.is(failureOf('{{fromYaml . | len}}', text, { limits: { cpuMs: 10_000 } }).reason, 'limit')
})

test('a value that contains itself is no JSON, and no YAML', () => {
  assert.is(render(`${itself}[{{toJson $d}}{{toYaml $d}}]`), '[]')
  assert.match(failureOf(`${itself}{{mustToJson $d}}`).goMessage, /encountered a cycle/)
})

test('everyday work stays far below the limits', () => {
  const text =
    '{{range $i := until 500}}{{regexReplaceAll "[^a-z0-9-]+" "Some Name/With.Parts" "-" | lower | trunc 63}}{{end}}'
  assert.is(render(text), '-ome-ame-ith-arts'.repeat(500))
})

test.run()
