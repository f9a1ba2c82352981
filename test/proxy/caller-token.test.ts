import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCallerToken } from '../../proxy/caller-token.ts'

const test = suite('proxy/caller-token')
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test('a token is found in Bearer and in the password of Basic, and nowhere else', () => {
  for (const [header, token] of [
    [undefined, undefined],
    ['', undefined],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearer a.b.c', 'a.b.c'],
    ['bEARER   a.b.c ', 'a.b.c'],
    ['Bearer a b', undefined],
    ['Bearer a\0b', undefined],
    ['Bearer é', undefined],
    [`Bearer ${'a'.repeat(16_385)}`, undefined],
    [basic('user:a.b.c'), 'a.b.c'],
    [basic(':a.b.c'), 'a.b.c'],
    [basic('a.b.c'), 'a.b.c'],
    [basic('user:a:b'), undefined],
    [basic('user:'), undefined],
    ['Basic ***', undefined],
    ['Digest a.b.c', undefined],
    ['Token a.b.c', undefined],
  ] as const) {
    assert.is(parseCallerToken(header), token, header)
  }
})

test.run()
