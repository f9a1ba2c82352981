import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KubeApiError } from '../../../kube/client/api-error.ts'
import { ReviewCache } from '../../../kube/review/review-cache.ts'
import { createManualClock } from '../../runtime/manual-clock.ts'

const test = suite('kube/review/review-cache')
const lanes = { total: 8, perPayer: 8, waitingPerPayer: 8, waitMs: 1000 }
const asker = { payer: 'a peer', ownerOf: () => 'an owner' }

test('denies evict no allow', async () => {
  const options = { allowMs: 45_000, denyMs: 5000, graceMs: 0, maxEntries: 8, lanes }
  const cache = new ReviewCache({ clock: createManualClock(), ...options })
  await cache.check('good', { ...asker, ask: async () => ({ allowed: true }) })
  for (let i = 0; i < 100; i++)
    await cache.check(`bad${i}`, { ...asker, ask: async () => ({ allowed: false }) })
  assert.ok(cache.cached('good')?.allowed)
})

test('the age of an answer counts from its question', async () => {
  const clock = createManualClock()
  const options = { allowMs: 45_000, denyMs: 5000, graceMs: 0, maxEntries: 8, lanes }
  const cache = new ReviewCache({ clock, ...options })
  const answered = Promise.withResolvers<{ allowed: boolean }>()
  const asking = cache.check('k', { ...asker, ask: () => answered.promise })
  await clock.advance(4000)
  answered.resolve({ allowed: true })
  await asking
  await clock.advance(41_000)
  assert.is(cache.cached('k'), undefined)
})

test('an allow that ends while the API server is asked in vain has no grace', async () => {
  const clock = createManualClock()
  const options = { allowMs: 45_000, denyMs: 5000, graceMs: 300_000, maxEntries: 8, lanes }
  const cache = new ReviewCache({ clock, ...options })
  const allow = { allowed: true, notAfterMs: clock.now() + 50_000 }
  await cache.check('k', { ...asker, ask: async () => allow })
  await clock.advance(46_000)
  const outage = Promise.withResolvers<never>()
  const asking = cache.check('k', { ...asker, ask: () => outage.promise }).catch(error => error)
  await clock.advance(4000)
  const at = { code: 'TIMEOUT', reason: 'ApiServerTimeout', message: 'Cannot ask' } as const
  outage.reject(new KubeApiError(at, { status: 0 }))
  assert.is((await asking).code, 'TIMEOUT')
})

test.run()
