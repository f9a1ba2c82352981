// What an error says to whoever reads it never repeats a value of the data; Go's own text may.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from './render.ts'

const test = suite('messages')
const secret = 'hunter2'

for (const [template, data] of [
  ['{{urlParse .v}}', 'http://hunter2:hunter2@ho st/'],
  ['{{urlParse .v}}', 'http://h/%zzhunter2'],
  ['{{urlJoin (dict "userinfo" .v)}}', 'hunter2 hunter2'],
  ['{{mustToDate "2006" .v}}', 'hunter2'],
  ['{{mustToDate .v "2024"}}', 'hunter2'],
  ['{{mustDateModify .v (toDate "2006" "2024")}}', '5hunter2'],
  ['{{regexFind .v "x"}}', '(hunter2'],
  ['{{mustRegexFind .v "x"}}', '[hunter2'],
  ['{{semverCompare .v "1"}}', 'hunter2'],
  ['{{semver (printf "%s" .v)}}', 'hunter2'],
  ['{{mustFromJson .v}}', 'hunter2'],
  ['{{mustFromJson .v}}', '["hunter2"'],
  ['{{genSelfSignedCert "x" (list .v) nil 1}}', 'hunter2'],
  ['{{genCAWithKey "x" 1 .v}}', '-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----'],
  ['{{dig "a" "b" "" (dict "a" .v)}}', 'hunter2'],
  ['{{include .v .}}', 'hunter2'],
  ['{{define "x"}}{{include .v .}}{{end}}{{include "x" .}}', 'hunter2'],
] as const) {
  test(`${template} of ${JSON.stringify(data)} keeps the data to itself`, () => {
    const failure = failureOf(template, { v: data })
    assert.not.match(failure.message, secret)
    assert.not.match(failure.excerpt ?? '', secret)
  })
}

test("the author's own message is shown", () => {
  assert.match(failureOf('{{required "give a host" .host}}', {}).message, 'give a host')
  assert.match(failureOf('{{fail "not like this"}}').message, 'not like this')
})

test.run()
