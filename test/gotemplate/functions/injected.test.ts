// Time and randomness come from the caller alone.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { standardFunctions } from '../../../gotemplate/functions/standard.ts'
import { failureOf, render } from './render.ts'

const test = suite('injected')
const clock = (): Date => new Date('2024-02-29T12:34:56.789Z')
/** 0, 1, 2, ... over and over. */
const counting = (): ((size: number) => Uint8Array) => {
  let next = 0
  return size => Uint8Array.from({ length: size }, () => next++)
}

for (const [template, expected] of [
  ['{{now}}', '2024-02-29 12:34:56.789 +0000 UTC'],
  ['{{now | date "2006-01-02"}}', '2024-02-29'],
  ['{{now.Format "15:04:05.000"}}', '12:34:56.789'],
  ['{{date "2006" "not a time"}}', '2024'],
  ['{{htmlDate "x"}} {{htmlDateInZone now "Asia/Tokyo"}}', '2024-02-29 2024-02-29'],
  ['{{dateInZone "15:04 MST -0700" now "Europe/Berlin"}}', '13:34 CET +0100'],
  ['{{dateInZone "15:04 MST" now "europe/berlin"}}', '12:34 UTC'],
  ['{{dateInZone "2006 MST" 9223372036854775807 "Asia/Tokyo"}}', '292277026596 JST'],
  ['{{ago (now | dateModify "-90m")}}', '1h30m0s'],
  ['{{durationRound (now | dateModify "-73h")}}', '3d'],
  [
    '{{now.Year}} {{now.Month}} {{now.Weekday}} {{now.YearDay}} {{now.Unix}}',
    '2024 February Thursday 60 1709210096',
  ],
  ['{{(now.AddDate 0 1 1).Format "2006-01-02"}}', '2024-03-30'],
  ['{{(now.Sub (now | dateModify "-90s")).Minutes}} {{now.Sub (now | dateModify "1s")}}', '1.5 -1s'],
  ['{{unixEpoch now}} {{now.Before (now | dateModify "1ns")}}', '1709210096 true'],
] as const) {
  test(`${template} reads the clock it is given`, () => {
    assert.is(render(template, {}, { clock }), expected)
  })
}

for (const [template, expected] of [
  ['{{uuidv4}}', '00010203-0405-4607-8809-0a0b0c0d0e0f'],
  ['{{randAlpha 5}}', 'ABCDE'],
  ['{{randNumeric 12}}', '012345678901'],
  ['{{randAlphaNum 3}} {{randAscii 2}}', 'ABC #$'],
  ['{{randBytes 3}}', 'AAEC'],
  ['{{randInt 10 20}}', '10'],
  ['{{randAlpha 0}}{{randAlpha -1}}', ''],
  ['{{shuffle "abcd"}}', 'cdba'],
] as const) {
  test(`${template} draws from the bytes it is given`, () => {
    assert.is(render(template, {}, { random: counting() }), expected)
  })
}

test('draws favour no character', () => {
  // 250 to 255 would make 0 to 5 likelier than 6 to 9.
  const bytes = [255, 250, 249]
  assert.is(render('{{randNumeric 1}}', {}, { random: () => Uint8Array.of(bytes.shift() ?? 0) }), '9')
})

for (const template of ['{{now}}', '{{ago 0}}', '{{uuidv4}}', '{{randAlpha 1}}', '{{shuffle "ab"}}']) {
  test(`${template} fails without what it needs`, () => {
    assert.is(failureOf(template).reason, 'execute')
  })
}

test('the standard set makes no keys and reads neither environment nor network', () => {
  const absent = [
    'env',
    'expandenv',
    'getHostByName',
    'genPrivateKey',
    'genCA',
    'bcrypt',
    'htpasswd',
    'encryptAES',
  ]
  assert.equal(
    absent.filter(name => standardFunctions.has(name)),
    [],
  )
})

test.run()
