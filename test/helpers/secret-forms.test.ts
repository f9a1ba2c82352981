import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formsOf } from './secret-forms.ts'

const secret = 'p@ss/word-7c1f09ab'
const isFoundIn = (text: string) => formsOf(secret).some(form => text.includes(form))
const base64 = (text: string) => Buffer.from(text).toString('base64')

const forms = suite('helpers/secret-forms')

for (const text of [`a ${secret} b`, `http://me:${encodeURIComponent(secret)}@host/`]) {
  forms(`find it in ${text}`, () => assert.ok(isFoundIn(text)))
}

forms('find it in hexadecimal', () => assert.ok(isFoundIn(`00${Buffer.from(secret).toString('hex')}ff`)))

for (const before of ['', ':', 'me', 'you', 'user', 'builder:']) {
  for (const after of ['', '\n', '"}', ' : ']) {
    const text = `${before}SECRET${after}`
    forms(`find it in base64 of ${JSON.stringify(text)}`, () =>
      assert.ok(isFoundIn(base64(text.replace('SECRET', secret)))),
    )
  }
}

forms('find nothing in another secret', () => {
  const other = 'p@ss/word-8d2e10bc'
  for (const text of [other, base64(other), base64(`:${other}`), base64(`me${other}`)]) {
    assert.not(isFoundIn(text), text)
  }
})

forms.run()
