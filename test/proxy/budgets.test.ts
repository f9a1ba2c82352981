// Whose budget pays: each bound of the proxy that a caller can meet, and who else feels it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Payer } from '../../proxy/caller.ts'
import { CallerSlots } from '../../proxy/caller-slots.ts'
import { CollectedBodies } from '../../proxy/collected-bodies.ts'
import { Rejections } from '../../proxy/rejections.ts'
import { StrangerLines } from '../../proxy/strangers.ts'
import type { UsableConnector } from '../../tool/usable-connector.ts'
import { waitFor } from '../helpers/poll.ts'
import { bootProxy } from '../helpers/proxy.ts'
import { createManualClock } from '../runtime/manual-clock.ts'

const test = suite('proxy/budgets')

const payer = (caller: string, account = caller, tenant = account): Payer => ({
  caller,
  account,
  tenant,
  namespace: undefined,
  pod: undefined,
})

function refusal(act: () => unknown): string {
  try {
    act()
    return 'none'
  } catch (error) {
    return (error as { reason: string }).reason
  }
}

test('a caller has so many requests, its account four times as many, and others as many as before', () => {
  const slots = new CallerSlots({ request: 2, tunnel: 1, left: 2 })
  const held = Array.from({ length: 2 }, () => slots.take(payer('pod1', 'ci'), 'request'))
  assert.is(
    refusal(() => slots.take(payer('pod1', 'ci'), 'request')),
    'TooManyRequests',
  )
  for (const pod of ['pod2', 'pod3', 'pod4'])
    for (let at = 0; at < 2; at++) slots.take(payer(pod, 'ci'), 'request')
  assert.is(
    refusal(() => slots.take(payer('pod5', 'ci'), 'request')),
    'TooManyRequests',
  )
  assert.is(
    refusal(() => slots.take(payer('pod1', 'other'), 'request')),
    'TooManyRequests',
  )
  assert.is(
    refusal(() => slots.take(payer('else', 'other'), 'request')),
    'none',
  )
  held[0]?.release()
  held[0]?.release()
  assert.is(
    refusal(() => slots.take(payer('pod1', 'ci'), 'request')),
    'none',
  )
  assert.is(
    refusal(() => slots.take(payer('pod1', 'ci'), 'request')),
    'TooManyRequests',
  )
})

test('tunnels are counted apart from requests', () => {
  const slots = new CallerSlots({ request: 1, tunnel: 1, left: 1 })
  slots.take(payer('a'), 'request')
  const tunnel = slots.take(payer('a'), 'tunnel')
  assert.is(
    refusal(() => slots.take(payer('a'), 'tunnel')),
    'TooManyRequests',
  )
  tunnel.release()
  assert.is(
    refusal(() => slots.take(payer('a'), 'tunnel')),
    'none',
  )
})

test('requests whose client has left stand in nobody’s way, up to as many', () => {
  const slots = new CallerSlots({ request: 2, tunnel: 1, left: 2 })
  for (let at = 0; at < 2; at++) slots.take(payer('a'), 'request').leave()
  const third = slots.take(payer('a'), 'request')
  slots.take(payer('a'), 'request')
  third.leave()
  assert.is(
    refusal(() => slots.take(payer('a'), 'request')),
    'TooManyRequests',
    'the third could not leave',
  )
  third.release()
  assert.is(
    refusal(() => slots.take(payer('a'), 'request')),
    'none',
  )
})

test('when the memory for bodies is full, the tenant that holds the most gives way', () => {
  const bodies = new CollectedBodies({ totalBytes: 100, perCaller: 2 })
  const open = (name: string, tenant: string, bytes: number) => {
    const body = bodies.open(payer(name, name, tenant))
    const state = { revoked: '', problem: '', release: () => body?.release() }
    if (body === undefined) return { ...state, problem: 'none open' }
    body.onRevoked = failure => {
      state.revoked = failure.reason
    }
    state.problem = body.grow(bytes)?.reason ?? ''
    return state
  }
  const greedy = [open('g1', 'greedy', 30), open('g2', 'greedy', 40)]
  const modest = open('m', 'modest', 20)
  const newcomer = open('n', 'newcomer', 20)
  assert.equal(
    [...greedy, modest, newcomer].map(({ revoked, problem }) => `${revoked}${problem}`),
    ['', 'TooManyAnswers', '', ''],
  )
  // Its own further body is the one that is refused.
  assert.is(open('g3', 'greedy', 90).problem, 'TooManyAnswers')
  assert.is(modest.revoked, '')
  newcomer.release()
  newcomer.release()
  assert.is(open('m', 'modest', 40).problem, '')
  assert.is(open('m', 'modest', 1).problem, 'none open')
})

const usable = () => ({ connector: { metadata: { namespace: 'team', name: 'app' } } }) as UsableConnector

test('a credential that the tool only rejects is tried now and then', async () => {
  const clock = createManualClock()
  const rejections = new Rejections(clock)
  const connector = usable()
  const use = (status: number, who = payer('a')) => {
    const reason = refusal(() => rejections.check(connector, who))
    if (reason === 'none') rejections.answered(connector, who, status)
    return reason
  }
  assert.equal([use(401), use(401), use(401)], ['none', 'none', 'none'])
  assert.is(use(401, payer('b')), 'CredentialRejected')
  await clock.advance(1000)
  assert.equal([use(401), use(401)], ['none', 'CredentialRejected'])
  await clock.advance(1000)
  assert.is(use(401), 'CredentialRejected', 'the pause has grown')
  await clock.advance(1000)
  assert.equal([use(200), use(200)], ['none', 'none'])
  // A changed Secret is another object, with nothing against it.
  assert.is(
    refusal(() => rejections.check(usable(), payer('a'))),
    'none',
  )
})

test('a caller who asks for what the credential is not good for is stopped alone', async () => {
  const clock = createManualClock()
  const rejections = new Rejections(clock)
  const connector = usable()
  const use = (status: number, who: Payer) => {
    const reason = refusal(() => rejections.check(connector, who))
    if (reason === 'none') rejections.answered(connector, who, status)
    return reason
  }
  use(200, payer('honest'))
  const reasons = Array.from({ length: 40 }, () => use(401, payer('evil')))
  assert.is(reasons.filter(reason => reason === 'none').length, 30)
  assert.is(reasons.at(-1), 'TooManyRejections')
  assert.is(use(200, payer('honest')), 'none')
  await clock.advance(60_000)
  assert.is(use(401, payer('evil')), 'none')
})

test('a credential that was good and is rejected by everybody’s requests is spared too', () => {
  const rejections = new Rejections(createManualClock())
  const connector = usable()
  rejections.answered(connector, payer('a'), 200)
  for (let at = 0; at < 10; at++)
    for (const name of ['a', 'b']) rejections.answered(connector, payer(name), 401)
  assert.is(
    refusal(() => rejections.check(connector, payer('c'))),
    'CredentialRejected',
  )
})

test('a tool that answers 401 is spared where it was sent a credential, and asked on where it was not', () =>
  bootProxy(
    async proxy => {
      await proxy.addConnector('open', { connectorClassName: 'tool', address: `http://${proxy.tool.host}` })
      const statuses = async (host: string) => {
        const seen = new Set<number>()
        for (let at = 0; at < 5; at++) seen.add((await proxy.get('/a', { host })).status)
        return [...seen]
      }
      await waitFor(async () => (await proxy.get('/a', { host: 'c-open.team' })).status === 401)
      assert.equal(await statuses('c-open.team'), [401])
      assert.equal(await statuses('c-app.team'), [401, 503])
    },
    { answer: () => 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n' },
  ))

test('strangers fill no log: of each address so many lines, and a count of the rest', async () => {
  const clock = createManualClock()
  const lines: string[] = []
  const strangers = new StrangerLines({ write: line => lines.push(line), clock })
  for (let at = 0; at < 1000; at++) strangers.write('x\n', '10.0.0.1')
  strangers.write('other\n', '10.0.0.2')
  assert.is(lines.filter(line => line === 'x\n').length, 64)
  assert.is(lines.at(-1), 'other\n')
  await clock.advance(1000)
  for (let at = 0; at < 100; at++) strangers.write('y\n', '10.0.0.1')
  assert.is(lines.filter(line => line === 'y\n').length, 16)
  strangers.tell()
  const { audit, peer, lines: leftOut } = JSON.parse(lines.at(-1) ?? '')
  assert.equal([audit, peer, leftOut], ['left out', '10.0.0.1', 936 + 84])
})

test.run()
