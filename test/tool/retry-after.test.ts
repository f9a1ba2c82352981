import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { retryAfterMs } from '../../tool/retry-after.ts'

const test = suite('tool/retry-after')
const now = Date.UTC(2026, 0, 1)
const values: readonly (readonly [text: string | undefined, ms: number | undefined])[] = [
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['-1', undefined],
  ['0', 0],
  [' 120 ', 120_000],
  ['999999999', 3_600_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thu, 01 Jan 2025 00:00:00 GMT', 0],
]
for (const [text, ms] of values) test(`reads ${text}`, () => assert.is(retryAfterMs(text, now), ms))
test.run()
