// What answers mean, as a table.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseAddress } from '../../../connector/address.ts'
import type { HttpProbe } from '../../../connector/connector-class.ts'
import { ConnectorsError } from '../../../connector/errors.ts'
import { outcomeOfAnswer, outcomeOfError } from '../../../controller/connector/probe-outcome.ts'
import type { ProbeName, ProbePlan } from '../../../controller/connector/probe-plan.ts'
import { DialError } from '../../../tool/dial/dial-error.ts'

function plan(name: ProbeName, http: Partial<HttpProbe> = {}): ProbePlan {
  const address = parseAddress('https://t.example', 'address')
  const request = {
    method: http.method ?? 'GET',
    address,
    path: '/x',
    headers: [],
    followRedirects: true,
  } as const
  const http_ = { path: '/x', ...http }
  return { name, namespace: 'team', fingerprint: '1', http: http_, request, shownUrl: 'https://t.example/x' }
}

const answer = (statusCode: number, body = 'canary') => ({
  statusCode,
  body,
  headers: new Map([['content-type', ['application/json']]]),
})
const cel = (text: string) => ({ response: { cel: text } })
const url = 'https://t.example/x'

const answers: readonly (readonly [plan: ProbePlan, answer: ReturnType<typeof answer>, expected: string])[] =
  [
    [plan('liveness'), answer(200), 'ProbeSucceeded: '],
    [plan('liveness'), answer(204), 'ProbeSucceeded: '],
    [plan('liveness'), answer(302), `UnexpectedResponse: Get "${url}": status code 302`],
    [plan('liveness'), answer(401), `UnexpectedResponse: Get "${url}": status code 401`],
    [plan('liveness', { method: 'POST' }), answer(503), `UnexpectedResponse: Post "${url}": status code 503`],
    [plan('liveness', cel('response.statusCode < 500')), answer(401), 'ProbeSucceeded: '],
    [
      plan('liveness', cel('response.body.status == "UP"')),
      answer(200, '{"status":"UP"}'),
      'ProbeSucceeded: ',
    ],
    [
      plan('liveness', cel('response.body.status == "UP"')),
      answer(200, '{"status":"canary"}'),
      `UnexpectedResponse: Get "${url}": the answer does not satisfy response.cel`,
    ],
    [
      plan('liveness', cel('response.body.status')),
      answer(200, '{"status":"canary"}'),
      'ProbeInvalid: response.cel gives no result for an answer with status code 200',
    ],
    [
      plan('liveness', cel('response.body.items.all(a, response.body.items.all(b, a == b))')),
      answer(200, JSON.stringify({ items: Array(5000).fill(1) })),
      'ProbeInvalid: Cannot evaluate response.cel as CEL: it takes more than 1000000 units of work on these values',
    ],
    [plan('auth'), answer(200), 'ProbeSucceeded: '],
    [plan('auth'), answer(401), 'AuthenticationFailed: Authentication failed: status code 401'],
    [plan('auth'), answer(403), 'AuthenticationFailed: Authentication failed: status code 403'],
    [plan('auth'), answer(404), `UnexpectedResponse: Get "${url}": status code 404`],
    [
      plan('auth', cel('response.body.valid')),
      answer(200, '{"valid":false}'),
      'AuthenticationFailed: Authentication failed: the answer does not satisfy response.cel',
    ],
  ]

const test = suite('controller/connector/probe-outcome')
for (const [asked, given, expected] of answers) {
  test(`${asked.name} ${asked.http.response?.cel ?? ''} ${given.statusCode}: ${expected}`, () => {
    const { reason, message } = outcomeOfAnswer(asked, given)
    assert.is(`${reason}: ${message}`, expected)
  })
}

const errors: readonly (readonly [name: ProbeName, error: ConnectorsError, expected: string])[] = [
  [
    'liveness',
    new DialError('ConnectionFailed', 'a:1', 'connection refused'),
    `ConnectionFailed: Get "${url}": connection refused`,
  ],
  [
    'liveness',
    new DialError('NameNotFound', 'a:1', 'no such host'),
    `ConnectionFailed: Get "${url}": no such host`,
  ],
  [
    'liveness',
    new DialError('TLSVerificationFailed', 'a:1', 'expired'),
    `TLSVerificationFailed: Get "${url}": expired`,
  ],
  [
    'auth',
    new DialError('TLSVerificationFailed', 'a:1', 'expired'),
    `ConnectionFailed: Get "${url}": expired`,
  ],
  ['auth', new ConnectorsError('INVALID', 'ProbeInvalid', 'm'), 'ProbeInvalid: m'],
]
for (const [name, error, expected] of errors) {
  test(`${name} ${error.reason}: ${expected}`, () => {
    const { status, reason, message } = outcomeOfError(plan(name), error)
    assert.is(status, 'False')
    assert.is(`${reason}: ${message}`, expected)
  })
}
test.run()
