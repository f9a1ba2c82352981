import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DialError } from '../../../tool/dial/dial-error.ts'
import { Lookups } from '../../../tool/dial/lookups.ts'
import { createManualClock } from '../../runtime/manual-clock.ts'

const test = suite('tool/dial/lookups')

/** A resolver that answers when it is told to. */
function resolver() {
  const clock = createManualClock()
  const asked: string[] = []
  const answers = new Map<string, PromiseWithResolvers<readonly string[]>>()
  const lookups = new Lookups({
    clock,
    resolve(host) {
      asked.push(host)
      const answer = Promise.withResolvers<readonly string[]>()
      answers.set(host, answer)
      return answer.promise
    },
  })
  const find = (host: string, owner = 'team') => lookups.find(host, { owner, target: `${host}:80` })
  return { clock, asked, find, answer: (host: string) => answers.get(host)?.resolve(['10.0.0.1']) }
}

test('a name is asked once for all who wait, and again when the answer is old', async () => {
  const { clock, asked, find, answer } = resolver()
  const waiting = [find('a'), find('a', 'other'), find('a')]
  await clock.advance(0)
  answer('a')
  assert.equal(await Promise.all(waiting), Array(3).fill(['10.0.0.1']))
  await find('a')
  assert.equal(asked, ['a'])
  await clock.advance(5000)
  const again = find('a')
  await clock.advance(0)
  answer('a')
  await again
  assert.equal(asked, ['a', 'a'])
})

test('an address is not asked for', async () => {
  const { asked, find } = resolver()
  assert.equal(await find('10.0.0.9'), ['10.0.0.9'])
  assert.equal(await find('fd00::1'), ['fd00::1'])
  assert.equal(asked, [])
})

test('names that nobody answers keep two look-ups of their owner, and no other’s', async () => {
  const { clock, asked, find, answer } = resolver()
  const silent = ['s1', 's2', 's3', 's4'].map(host => find(host, 'slow').catch(error => error))
  const honest = find('h', 'honest')
  await clock.advance(0)
  assert.equal(asked, ['s1', 's2', 'h'])
  answer('h')
  assert.equal(await honest, ['10.0.0.1'])
  await clock.advance(10_000)
  const [, , third] = await Promise.all([null, null, silent[2]])
  assert.ok(third instanceof DialError)
  assert.match(third.message, /failed for now/)
})

test('an owner whose look-ups were slow waits among the slow, whatever there is to wait for', async () => {
  const { clock, asked, find, answer } = resolver()
  const slow = Array.from({ length: 4 }, (_, at) => find(`slow${at}`, `slow${at}`))
  await clock.advance(2001)
  for (let at = 0; at < 4; at++) answer(`slow${at}`)
  await Promise.all(slow)
  asked.length = 0
  // Four lanes are for the slow: more of them leave the quick ones alone.
  for (let at = 0; at < 4; at++)
    for (const name of ['x', 'y']) void find(`${name}${at}`, `slow${at}`).catch(() => {})
  const quick = Array.from({ length: 8 }, (_, at) => find(`quick${at}`, `quick${at}`))
  await clock.advance(0)
  assert.is(asked.filter(host => !host.startsWith('quick')).length, 4)
  for (let at = 0; at < 8; at++) answer(`quick${at}`)
  assert.is((await Promise.all(quick)).length, 8)
})

test.run()
