import type { ServerResponse } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../../connector/errors.ts'
import { Sensitive } from '../../../connector/sensitive.ts'
import { createTokenReviewer, type TokenReviewer, tokenKey } from '../../../kube/review/token-review.ts'
import { waitFor } from '../../helpers/poll.ts'
import { createManualClock, type ManualClock } from '../../runtime/manual-clock.ts'
import { type ApiServer, type Received, refuse, reply, withApiServer } from '../api-server.ts'

const test = suite('kube/review/token-review')

/** Who pays for the questions. */
const payer = 'a peer'
const startMs = Date.UTC(2026, 0, 1)

function jwt(claims: object): Sensitive {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return new Sensitive(`${part({ alg: 'RS256' })}.${part(claims)}.c2ln`)
}

/** Good for a day. */
const token = jwt({ sub: 'builder', exp: startMs / 1000 + 86_400 })

interface Scene {
  readonly reviewer: TokenReviewer
  readonly clock: ManualClock
  readonly received: readonly Received[]
  /** What the API server does next: a status, or 200 with this verdict. */
  mode: 'allow' | 'deny' | 'other audience' | 'no audience' | 'hold' | number
  readonly held: ServerResponse[]
}

async function withReviewer(use: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = createManualClock(startMs)
  const held: ServerResponse[] = []
  let scene: Scene | undefined
  const answer = (_: Received, response: ServerResponse) => {
    const mode = scene?.mode ?? 'allow'
    if (typeof mode === 'number') refuse(response, mode)
    else if (mode === 'hold') held.push(response)
    else reply(response, 201, verdict(mode))
  }
  const serve = async ({ client, received }: ApiServer) => {
    const reviewer = createTokenReviewer({ client, clock, graceMs: 300_000, audiences: ['connectors'] })
    scene = { reviewer, clock, received, mode: 'allow', held }
    await use(scene)
  }
  await withApiServer(answer, serve, { clock })
}

function verdict(mode: string): object {
  if (mode === 'deny') return { status: { authenticated: false, error: 'bad' } }
  const user = { username: 'system:serviceaccount:ci:builder', uid: 'u1', groups: ['g'], extra: { x: ['y'] } }
  const audiences =
    mode === 'allow' ? ['connectors'] : mode === 'other audience' ? ['https://kubernetes'] : undefined
  return { status: { authenticated: true, user, audiences } }
}

async function problemOf(promise: Promise<unknown>): Promise<ConnectorsError> {
  return (await promise.then(
    value => assert.unreachable(`it gave ${JSON.stringify(value)}`),
    (caught: unknown) => caught,
  )) as ConnectorsError
}

test('names the audiences and gives the user, then knows it without asking for 45 s', async () => {
  await withReviewer(async ({ reviewer, clock, received }) => {
    const key = tokenKey(token.reveal())
    assert.is(reviewer.cached(key), undefined)
    const first = await reviewer.check(token, { payer })
    assert.ok(first.allowed)
    assert.equal(first.user, {
      username: 'system:serviceaccount:ci:builder',
      uid: 'u1',
      groups: ['g'],
      extra: { x: ['y'] },
    })
    assert.equal((received[0]?.body as { spec: object } | undefined)?.spec, {
      token: token.reveal(),
      audiences: ['connectors'],
    })
    await clock.advance(44_999)
    assert.is(reviewer.cached(key), first)
    assert.is(await reviewer.check(token, { payer }), first)
    await clock.advance(1)
    assert.is(reviewer.cached(key), undefined)
    await reviewer.check(token, { payer })
    assert.is(received.length, 2)
  })
})

test('a refused token is refused for 5 s without asking', async () => {
  await withReviewer(async scene => {
    scene.mode = 'deny'
    assert.equal(await scene.reviewer.check(token, { payer }), { allowed: false, reason: 'NotAuthenticated' })
    await scene.clock.advance(4999)
    assert.is(scene.reviewer.cached(tokenKey(token.reveal()))?.allowed, false)
    scene.mode = 'allow'
    await scene.clock.advance(1)
    assert.ok((await scene.reviewer.check(token, { payer })).allowed)
  })
})

for (const mode of ['other audience', 'no audience'] as const) {
  test(`a token that the API server accepts for ${mode} is refused`, async () => {
    await withReviewer(async scene => {
      scene.mode = mode
      assert.equal(await scene.reviewer.check(token, { payer }), { allowed: false, reason: 'WrongAudience' })
    })
  })
}

test('a thousand callers with one token make one call, and one who leaves takes none along', async () => {
  await withReviewer(async scene => {
    scene.mode = 'hold'
    const leaving = new AbortController()
    const left = problemOf(scene.reviewer.check(token, { payer, signal: leaving.signal }))
    const waiting = Array.from({ length: 1000 }, () => scene.reviewer.check(token, { payer }))
    await waitFor(() => scene.held.length === 1)
    leaving.abort(new Error('left'))
    assert.is((await left).message, 'left')
    for (const response of scene.held) reply(response, 201, verdict('allow'))
    assert.ok((await Promise.all(waiting)).every(answer => answer.allowed))
    assert.is(scene.received.length, 1)
  })
})

test('nothing that cannot be a live ServiceAccount token costs a call', async () => {
  await withReviewer(async ({ reviewer, received }) => {
    const cases: readonly [Sensitive, string][] = [
      [new Sensitive('hello'), 'Malformed'],
      [new Sensitive(''), 'Malformed'],
      [new Sensitive('a.!.c'), 'Malformed'],
      [new Sensitive(`${'a'.repeat(20_000)}.b.c`), 'Malformed'],
      [new Sensitive(`a.${Buffer.from('null').toString('base64url')}.c`), 'Malformed'],
      [jwt({ exp: startMs / 1000 }), 'Expired'],
    ]
    for (const [bad, reason] of cases)
      assert.equal(await reviewer.check(bad, { payer }), { allowed: false, reason })
    assert.is(received.length, 0)
  })
})

test('an allow ends with its token, in the cache and in the grace', async () => {
  await withReviewer(async scene => {
    const brief = jwt({ exp: startMs / 1000 + 30 })
    assert.ok((await scene.reviewer.check(brief, { payer })).allowed)
    scene.mode = 500
    await scene.clock.advance(30_000)
    assert.is(scene.reviewer.cached(tokenKey(brief.reveal())), undefined)
    assert.equal(await scene.reviewer.check(brief, { payer }), { allowed: false, reason: 'Expired' })

    const later = jwt({ exp: startMs / 1000 + 120 })
    scene.mode = 'allow'
    assert.ok((await scene.reviewer.check(later, { payer })).allowed)
    scene.mode = 500
    await scene.clock.advance(60_000)
    assert.ok((await scene.reviewer.check(later, { payer })).allowed)
    await scene.clock.advance(30_000)
    assert.is((await scene.reviewer.check(later, { payer })).allowed, false)
  })
})

for (const mode of [500, 503, 504]) {
  test(`while the API server answers ${mode} an expired allow serves for the grace, then no more`, async () => {
    await withReviewer(async scene => {
      assert.ok((await scene.reviewer.check(token, { payer })).allowed)
      scene.mode = mode
      await scene.clock.advance(45_000)
      assert.ok((await scene.reviewer.check(token, { payer })).allowed)
      assert.ok(scene.reviewer.cached(tokenKey(token.reveal()))?.allowed)
      const asked = scene.received.length
      await scene.clock.advance(9000)
      await scene.reviewer.check(token, { payer })
      assert.is(scene.received.length, asked)
      await scene.clock.advance(290_999)
      assert.ok((await scene.reviewer.check(token, { payer })).allowed)
      await scene.clock.advance(1)
      assert.is(scene.reviewer.cached(tokenKey(token.reveal())), undefined)
      assert.match((await problemOf(scene.reviewer.check(token, { payer }))).code, /UNAVAILABLE|TIMEOUT/)
    })
  })
}

test('after an explicit deny there is no grace', async () => {
  await withReviewer(async scene => {
    assert.ok((await scene.reviewer.check(token, { payer })).allowed)
    await scene.clock.advance(45_000)
    scene.mode = 'deny'
    assert.is((await scene.reviewer.check(token, { payer })).allowed, false)
    scene.mode = 500
    await scene.clock.advance(5000)
    assert.is((await problemOf(scene.reviewer.check(token, { payer }))).code, 'UNAVAILABLE')
  })
})

test('when the API server is back, what it says counts within 15 s', async () => {
  await withReviewer(async scene => {
    await scene.reviewer.check(token, { payer })
    scene.mode = 500
    await scene.clock.advance(45_000)
    await scene.reviewer.check(token, { payer })
    scene.mode = 'deny'
    await scene.clock.advance(15_000)
    assert.is((await scene.reviewer.check(token, { payer })).allowed, false)
  })
})

test('being throttled is no outage: no grace, and the wait is passed on', async () => {
  await withReviewer(async scene => {
    assert.ok((await scene.reviewer.check(token, { payer })).allowed)
    await scene.clock.advance(45_000)
    scene.mode = 429
    const asking = problemOf(scene.reviewer.check(token, { payer }))
    let done = false
    void asking.then(() => {
      done = true
    })
    await waitFor(async () => {
      if (scene.clock.sleepers > 0) await scene.clock.advance(1000)
      return done
    })
    assert.is((await asking).code, 'LIMIT')
  })
})

test('our own missing permission is an outage without grace, not the refusal of a caller', async () => {
  await withReviewer(async scene => {
    await scene.reviewer.check(token, { payer })
    await scene.clock.advance(45_000)
    scene.mode = 403
    const error = await problemOf(scene.reviewer.check(token, { payer }))
    assert.equal([error.code, error.reason], ['UNAVAILABLE', 'ReviewRefused'])
    assert.not.match(error.message, token.reveal())
  })
})

test('a flood of unknown tokens is bounded and evicts nobody', async () => {
  await withReviewer(async scene => {
    assert.ok((await scene.reviewer.check(token, { payer })).allowed)
    scene.mode = 'hold'
    const flood = Array.from({ length: 300 }, (_, i) =>
      scene.reviewer.check(jwt({ i }), { payer }).then(
        () => 'answered',
        (error: ConnectorsError) => error.reason,
      ),
    )
    await waitFor(() => scene.held.length > 0)
    const refusedAtOnce = (await Promise.all(flood.slice(256))).filter(reason => reason === 'TooManyReviews')
    assert.is(refusedAtOnce.length, 44)
    assert.ok(scene.reviewer.cached(tokenKey(token.reveal()))?.allowed)
    scene.mode = 'deny'
    for (const response of scene.held) reply(response, 201, verdict('deny'))
    await Promise.all(flood)
  })
})

test.run()
