import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { KubeApiError } from '../../kube/api-error.ts'
import { refusalAnswer, refusalOf, refusalOfFailure } from '../../proxy/refuse.ts'
import { DialError } from '../../upstream/dial-error.ts'

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
  const cause = new DialError('ConnectionFailed', 'h:1', 'connection refused')
  const failure = { status: 502, reason: 'UpstreamUnreachable', message: 'x' }
  assert.is(refusalOfFailure({ ...failure, cause }).reason, 'ConnectionFailed')
  assert.is(refusalOfFailure(failure).reason, 'UpstreamUnreachable')
})

test('an answer has the challenge, the pause and the form that its client expects', () => {
  const refusal = { reason: 'R', message: 'why' }
  for (const [status, path, headers] of [
    [401, '/a', ['Content-Type', 'application/json', 'WWW-Authenticate', 'Basic realm="connectors"']],
    [503, '/a', ['Content-Type', 'application/json', 'Retry-After', '1']],
    [429, '/a', ['Content-Type', 'application/json', 'Retry-After', '1']],
    [403, '/a/info/refs?service=git-receive-pack', ['Content-Type', 'text/plain; charset=utf-8']],
    [403, '/a/git-upload-pack', ['Content-Type', 'text/plain; charset=utf-8']],
    [403, '/a/info/refs', ['Content-Type', 'application/json']],
  ] as const) {
    assert.equal(refusalAnswer({ ...refusal, status }, path).headers, headers, path)
  }
})

test.run()
