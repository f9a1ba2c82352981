import type { ServerResponse } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AccessQuestion } from '../../../connector/access.ts'
import { createAccessReviewer, serviceAccountUser } from '../../../kube/review/access-review.ts'
import { createManualClock } from '../../runtime/manual-clock.ts'
import { type Received, refuse, reply, withApiServer } from '../api-server.ts'

const test = suite('kube/review/access-review')

const user = { username: 'u', uid: '1', groups: ['g'], extra: { pod: ['p'] } }
const access: AccessQuestion = {
  verb: 'get',
  group: 'connectors.alauda.io',
  resource: 'connectors',
  subresource: 'proxy',
  namespace: 'ci',
  name: 'git',
}

test('asks once for user and thing, with all that the user is', async () => {
  await withApiServer(
    (_, response) => reply(response, 201, { status: { allowed: true } }),
    async ({ client, received }) => {
      const clock = createManualClock()
      const reviewer = createAccessReviewer({ client, clock, graceMs: 0 })
      assert.is(reviewer.cached(user, access), undefined)
      const answers = await Promise.all(Array.from({ length: 1000 }, () => reviewer.check(user, access)))
      assert.ok(answers.every(answer => answer.allowed))
      assert.ok(reviewer.cached({ ...user }, { ...access })?.allowed)
      assert.is(received.length, 1)
      assert.equal((received[0]?.body as { spec: object } | undefined)?.spec, {
        user: 'u',
        uid: '1',
        groups: ['g'],
        extra: { pod: ['p'] },
        resourceAttributes: { version: '*', ...access },
      })
    },
  )
})

test('every part of user and thing makes another question', async () => {
  await withApiServer(
    (_, response) => reply(response, 201, { status: { allowed: true } }),
    async ({ client, received }) => {
      const reviewer = createAccessReviewer({ client, clock: createManualClock(), graceMs: 0 })
      const { subresource: _, ...without } = access
      await reviewer.check(user, access)
      await reviewer.check(user, without)
      for (const part of ['verb', 'group', 'resource', 'subresource', 'namespace', 'name'] as const) {
        await reviewer.check(user, { ...access, [part]: 'other' })
      }
      await reviewer.check({ ...user, username: 'other' }, access)
      await reviewer.check({ ...user, uid: 'other' }, access)
      await reviewer.check({ ...user, groups: [] }, access)
      await reviewer.check({ ...user, extra: {} }, access)
      assert.is(received.length, 12)
      // Names that together read the same.
      await reviewer.check(user, { ...access, namespace: 'a', name: 'b-c' })
      await reviewer.check(user, { ...access, namespace: 'a-b', name: 'c' })
      assert.is(received.length, 14)
    },
  )
})

test('a removed grant is refused within a minute, a given one after 5 s', async () => {
  let allowed = true
  await withApiServer(
    (_, response) => reply(response, 201, { status: { allowed } }),
    async ({ client }) => {
      const clock = createManualClock()
      const reviewer = createAccessReviewer({ client, clock, graceMs: 300_000 })
      assert.ok((await reviewer.check(user, access)).allowed)
      allowed = false
      await clock.advance(59_000)
      assert.is((await reviewer.check(user, access)).allowed, false)
      allowed = true
      await clock.advance(5000)
      assert.ok((await reviewer.check(user, access)).allowed)
    },
  )
})

test('only a plain yes is one', async () => {
  const answers = [{ allowed: 'true' }, { allowed: true, denied: true }, {}, undefined]
  let at = 0
  const answer = (_: Received, response: ServerResponse) => reply(response, 201, { status: answers[at++] })
  await withApiServer(answer, async ({ client }) => {
    const reviewer = createAccessReviewer({ client, clock: createManualClock(), graceMs: 0 })
    for (let i = 0; i < answers.length; i++) {
      assert.is((await reviewer.check(user, { ...access, name: `n${i}` })).allowed, false)
    }
  })
})

test('an unanswered first question is UNAVAILABLE', async () => {
  await withApiServer(
    (_, response) => refuse(response, 503),
    async ({ client }) => {
      const reviewer = createAccessReviewer({ client, clock: createManualClock(), graceMs: 300_000 })
      const error = await reviewer.check(user, access).catch(caught => caught)
      assert.is(error.code, 'UNAVAILABLE')
    },
  )
})

test('a ServiceAccount has the groups that Kubernetes gives it', () => {
  assert.equal(serviceAccountUser('ci', 'builder'), {
    username: 'system:serviceaccount:ci:builder',
    uid: '',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
    extra: {},
  })
})

test.run()
