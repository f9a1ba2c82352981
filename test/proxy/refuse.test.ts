import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { KubeApiError } from '../../kube/client/api-error.ts'
import { reasonOfFailure, refusalAnswer, refusalOf, refusalOfFailure } from '../../proxy/refuse.ts'
import { DialError } from '../../tool/dial/dial-error.ts'

const test = suite('proxy/refuse')

const ofApi = (code: 'UNAVAILABLE' | 'TIMEOUT' | 'LIMIT' | 'FORBIDDEN') =>
  new KubeApiError({ code, reason: 'R', message: 'at 10.0.0.1' }, { status: 0 })

test('each failure has its status, and only what the client may know', () => {
  for (const [error, status, reason] of [
    [new ConnectorsError('INVALID', 'A', 'm'), 400, 'A'],
    [new ConnectorsError('UNAUTHENTICATED', 'B', 'm'), 401, 'B'],
    [new ConnectorsError('FORBIDDEN', 'C', 'm'), 403, 'C'],
    [new ConnectorsError('NOT_FOUND', 'D', 'm'), 404, 'D'],
    [new ConnectorsError('PRECONDITION', 'E', 'm'), 502, 'E'],
    [new ConnectorsError('UNSUPPORTED', 'F', 'm'), 501, 'F'],
    [ofApi('UNAVAILABLE'), 503, 'AuthorizationUnavailable'],
    [ofApi('TIMEOUT'), 503, 'AuthorizationUnavailable'],
    [ofApi('FORBIDDEN'), 503, 'AuthorizationUnavailable'],
    [ofApi('LIMIT'), 429, 'R'],
    [new Error('secret'), 500, 'InternalError'],
    ['secret', 500, 'InternalError'],
  ] as const) {
    const refusal = refusalOf(error)
    assert.equal([refusal.status, refusal.reason], [status, reason])
    assert.not.match(refusal.message, /secret/)
    if (status === 503) assert.not.match(refusal.message, /10\.0\.0\.1/)
  }
})

test('a caller reads the same of every tool out of reach, the audit says how', () => {
  const refused = new DialError('AddressRefused', 'h:1', 'private addresses are not allowed here')
  const closed = new DialError('ConnectionFailed', 'h:1', 'connection refused')
  const seen = new Set<string>()
  for (const [reason, cause, audited] of [
    ['UpstreamUnreachable', refused, 'AddressRefused'],
    ['UpstreamUnreachable', closed, 'ConnectionFailed'],
    ['UpstreamUnreachable', undefined, 'UpstreamUnreachable'],
    ['UpstreamClosed', undefined, 'UpstreamClosed'],
    ['UpstreamMalformed', undefined, 'UpstreamMalformed'],
  ] as const) {
    const failure = { status: 502, reason, message: `about ${reason}`, cause }
    seen.add(JSON.stringify(refusalOfFailure(failure)))
    assert.is(reasonOfFailure(failure), audited)
  }
  assert.is(seen.size, 1)
  assert.match([...seen].join(), /502.*ToolUnreachable/)
  const slow = { status: 504, reason: 'UpstreamTimeout', message: 'm' }
  assert.equal(refusalOfFailure(slow), slow)
})

test('an answer has the challenge, the pause and the form that its client expects', () => {
  const refusal = { reason: 'R', message: 'why' }
  for (const [status, isGit, headers] of [
    [401, false, ['Content-Type', 'application/json', 'WWW-Authenticate', 'Basic realm="connectors"']],
    [503, false, ['Content-Type', 'application/json', 'Retry-After', '1']],
    [429, false, ['Content-Type', 'application/json', 'Retry-After', '1']],
    [403, true, ['Content-Type', 'text/plain; charset=utf-8']],
    [403, false, ['Content-Type', 'application/json']],
  ] as const) {
    assert.equal(refusalAnswer({ ...refusal, status }, isGit).headers, headers)
  }
})

test.run()
