import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type Applied,
  decideBuiltin,
  freeRestores,
  judgeApplied,
} from '../../../controller/builtins/decide.ts'
import type { KubeObject } from '../../../kube/object/objects.ts'

const test = suite('controller/builtins/decide')

const nowMs = 10_000_000

function gitClass(spec: object, metadata: object = {}, status: object = {}): KubeObject {
  return { metadata: { name: 'git', uid: '1', ...metadata }, spec, status } as KubeObject
}

const shipped = gitClass({ proxy: 'ours' })
const once: Applied = { object: shipped, restores: 0, restoredAtMs: 0 }
const replaced = { annotations: { 'connectors.cpaas.io/builtin': 'replaced' } }

const decisions: readonly (readonly [
  what: string,
  current: KubeObject | undefined,
  applied: Applied | undefined,
  verb: string,
])[] = [
  ['what is not there yet', undefined, undefined, 'apply'],
  ['what is there when a leader begins', shipped, undefined, 'apply'],
  ['what is as it was applied', shipped, once, 'leave'],
  [
    'what is as it was applied, in another order',
    { spec: { proxy: 'ours' }, metadata: shipped.metadata } as KubeObject,
    once,
    'leave',
  ],
  [
    'what has another status and version',
    gitClass({ proxy: 'ours' }, { resourceVersion: '7', generation: 2 }, { ready: true }),
    once,
    'leave',
  ],
  ['what was deleted', undefined, once, 'apply'],
  ['what was made anew', gitClass({ proxy: 'ours' }, { uid: '2' }), once, 'apply'],
  ['what was edited', gitClass({ proxy: 'theirs' }), once, 'apply'],
  [
    'what lost a label',
    shipped,
    { ...once, object: gitClass({ proxy: 'ours' }, { labels: { a: 'b' } }) },
    'apply',
  ],
  [
    'what was given an owner, with which it would go',
    gitClass({ proxy: 'ours' }, { ownerReferences: [{}] }),
    once,
    'apply',
  ],
  ["what is the administrator's", gitClass({ proxy: 'theirs' }, replaced), once, 'leave'],
  ["what is the administrator's when a leader begins", gitClass({}, replaced), undefined, 'leave'],
  [
    'what has the annotation with another value',
    gitClass({}, { annotations: { 'connectors.cpaas.io/builtin': 'true' } }),
    once,
    'apply',
  ],
  ['what is on its way out', gitClass({}, { deletionTimestamp: 'now' }), once, 'leave'],
]

for (const [what, current, applied, verb] of decisions) {
  test(`${verb === 'apply' ? 'applies' : 'leaves'} ${what}`, () => {
    assert.equal(decideBuiltin({ current, applied }, { nowMs }), { verb })
  })
}

test('waits longer and longer, but not for ever, where somebody fights over it', () => {
  const waits = Array.from({ length: freeRestores + 12 }, (_, restores) => {
    const decision = decideBuiltin(
      { current: undefined, applied: { object: shipped, restores, restoredAtMs: nowMs } },
      { nowMs },
    )
    return decision.verb === 'wait' ? decision.ms / 1000 : 0
  })
  assert.ok(waits.slice(0, freeRestores).every(seconds => seconds === 0))
  assert.equal(waits.slice(freeRestores), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
})

test('counts the time that has passed since', () => {
  const applied = { object: shipped, restores: freeRestores + 3, restoredAtMs: nowMs - 5000 }
  assert.equal(decideBuiltin({ current: undefined, applied }, { nowMs }), { verb: 'wait', ms: 3000 })
  const later = { nowMs: nowMs + 3000 }
  assert.equal(decideBuiltin({ current: undefined, applied }, later), { verb: 'apply' })
})

test('says what was set back, and how to keep it', () => {
  const current = gitClass({ proxy: { ref: { name: 'theirs' } }, auth: [1] }, { annotations: { own: 'x' } })
  const answer = gitClass({ proxy: { ref: { name: 'ours' } }, auth: [2] }, { annotations: { own: 'x' } })
  const { applied, fields, isTold, events } = judgeApplied({ current, applied: once }, answer, { nowMs })
  assert.equal(fields, ['spec.auth', 'spec.proxy.ref.name'])
  assert.equal(applied, { object: answer, restores: 1, restoredAtMs: nowMs })
  assert.is(isTold, true)
  assert.equal(events, [
    {
      type: 'Normal',
      reason: 'BuiltinRestored',
      message:
        'Set back to what ships with Connectors: spec.auth, spec.proxy.ref.name. ' +
        'To keep a change, set the annotation connectors.cpaas.io/builtin: "replaced"',
    },
  ])
  const [deleted] = judgeApplied({ current: undefined, applied: once }, answer, { nowMs }).events
  assert.match(deleted?.message ?? '', /: the whole object\./)
})

test('lists no more than a few fields', () => {
  const spec = (value: string) =>
    Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(key => [key, value]))
  const options = { current: gitClass(spec('theirs')), applied: once }
  const [event] = judgeApplied(options, gitClass(spec('ours')), { nowMs }).events
  assert.match(event?.message ?? '', /: spec\.a, spec\.b, spec\.c, spec\.d, spec\.e, 2 more\./)
})

test('tells nobody of what changed nothing, and counts it not', () => {
  const current = gitClass({ proxy: 'ours' }, { annotations: { own: 'x' } })
  const before = { ...once, restores: 3, restoredAtMs: 5 }
  const told = judgeApplied({ current, applied: before }, current, { nowMs })
  assert.equal(told, { applied: { ...before, object: current }, fields: [], isTold: false, events: [] })
})

test("takes what a leader does first for an upgrade, not for somebody's edit", () => {
  const options = { current: gitClass({ proxy: 'of the last version' }), applied: undefined }
  const { applied, isTold, events } = judgeApplied(options, shipped, { nowMs })
  assert.equal([applied.restores, isTold, events.length], [0, true, 0])
})

test('tells a fight once, and forgets it after a quiet time', () => {
  const current = gitClass({ proxy: 'theirs' })
  let applied = once
  const told: string[] = []
  let lines = 0
  for (let round = 0; round < freeRestores + 5; round++) {
    const outcome = judgeApplied({ current, applied }, shipped, { nowMs: nowMs + round })
    applied = outcome.applied
    told.push(...outcome.events.map(({ reason }) => reason))
    lines += outcome.isTold ? 1 : 0
  }
  assert.is(told.filter(reason => reason === 'BuiltinRestored').length, freeRestores - 1)
  assert.equal(told.slice(freeRestores - 1), ['BuiltinContested'])
  assert.is(lines, freeRestores)
  const calm = judgeApplied({ current, applied }, shipped, { nowMs: nowMs + 3_600_000 })
  assert.is(calm.applied.restores, 1)
  assert.equal(
    calm.events.map(({ reason }) => reason),
    ['BuiltinRestored'],
  )
})

test.run()
