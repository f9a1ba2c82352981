import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureFrom } from '../runner/reports.ts'
import { waitFor } from './poll.ts'
import { Redaction } from './redact.ts'

const token = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJhdWQiOlsiY29ubmVjdG9ycyJdfQ.c2lnbmF0dXJl-_c2lnbmF0dXJl'
const password = 'a-canary-password-7c1f'
const base64 = (text: string) => Buffer.from(text).toString('base64')

const redaction = suite('helpers/redact')

const cases: readonly (readonly [what: string, text: string])[] = [
  ['a token', token],
  ['a token in a URL', `http://team%2Frepo:${token}@proxy/`],
  ['a token behind a colon in base64', `extraHeader = "Authorization: Basic ${base64(`:${token}`)}"`],
  ['a token behind a user name in base64', `_auth=${base64(`user:${token}`)}`],
  ['a token behind a longer user name in base64', `_auth=${base64(`users:${token}`)}`],
  ['a bearer header', `Authorization: Bearer ${token}`],
  ['a password', `password: ${password}`],
  ['a password in base64', `password: ${base64(password)}`],
  ['a password behind a user name in base64', `"auth": "${base64(`builder:${password}`)}"`],
  ['a password in a header', `Basic ${base64(`builder:${password}`)}`],
]

for (const [what, text] of cases) {
  redaction(`takes out ${what}`, () => {
    const known = new Redaction()
    known.conceal(password)
    const shown = known.apply(`before ${text} after`)
    assert.match(shown, /^before .*after$/)
    for (const secret of [
      token,
      token.slice(-20),
      password,
      base64(`:${token}`).slice(-40),
      base64(password),
    ]) {
      assert.not(shown.includes(secret), shown)
    }
    for (const found of shown.match(/[\w+/=]{16,}/g) ?? []) {
      assert.not.match(Buffer.from(found, 'base64').toString('latin1'), /canary|connectors/)
    }
  })
}

redaction('takes it out of all that a failure prints', async () => {
  const known = new Redaction()
  known.conceal(password)
  const checked = () => assert.is(token, 'another', `the answer was ${password}`)
  const error = await waitFor(checked, { what: `use of ${password}`, timeoutMs: 0 }).catch(caught => caught)
  assert.ok(JSON.stringify(failureFrom(error)).includes(password))
  const shown = JSON.stringify(failureFrom(known.applyTo(error)))
  for (const secret of [password, token]) assert.not(shown.includes(secret), shown)
  assert.is(known.applyTo(`failed with ${password}`), 'failed with [redacted]')
})

redaction('leaves alone what is no secret', () => {
  const text = 'Basic authentication failed for pod clone-pod in e2e-1a2b3c4d: Connector "team/repo"'
  assert.is(new Redaction().apply(text), text)
})

redaction.run()
