import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { awaitRollout } from '../../cli/command/rollout.ts'
import type { ConnectorsError } from '../../connector/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { connectors } from '../helpers/command.ts'
import { refuse, reply, withApiServer } from '../kube/api-server.ts'

const test = suite('cli/rollout')

type Status = {
  readonly nodes: number
  readonly updated?: number
  readonly ready?: number
  readonly seen?: number
}

/** The statuses one after the other, half a second apart, the last one for ever; a number is a refusal. */
async function roll(
  answers: readonly (Status | number)[],
  maxUnavailable: string | number = '10%',
): Promise<{ readonly outcome: string; readonly asked: number; readonly lines: readonly string[] }> {
  const lines: string[] = []
  let nowMs = 0
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => nowMs,
    sleep: async ms => {
      nowMs += ms
    },
  }
  const log = createLog({ component: 'rollout', level: 'info', clock, write: line => lines.push(line) })
  const waiting = [...answers]
  return withApiServer(
    ({ path }, response) => {
      assert.is(path, '/apis/apps/v1/namespaces/kube-system/daemonsets/connectors-csi')
      const next = waiting.length > 1 ? waiting.shift() : waiting[0]
      if (typeof next === 'number' || next === undefined) {
        refuse(response, next ?? 500)
        return
      }
      const { nodes, updated = nodes, ready = 0, seen = 2 } = next
      reply(response, 200, {
        metadata: { name: 'connectors-csi', namespace: 'kube-system', generation: 2 },
        spec: { updateStrategy: { rollingUpdate: { maxUnavailable } } },
        status: {
          observedGeneration: seen,
          desiredNumberScheduled: nodes,
          updatedNumberScheduled: updated,
          numberReady: ready,
        },
      })
    },
    async ({ client, received }) => {
      const { signal } = new AbortController()
      const ref = { namespace: 'kube-system', name: 'connectors-csi' }
      const outcome = await awaitRollout(ref, { client, clock, log, signal, timeoutMs: 5000 }).then(
        () => 'done',
        (error: ConnectorsError) => `${error.reason}: ${error.message}`,
      )
      return { outcome, asked: received.length, lines }
    },
  )
}

const rollouts: readonly (readonly [what: string, answers: readonly (Status | number)[], asked: number])[] = [
  ['the driver of the only node is ready', [{ nodes: 1 }, { nodes: 1, ready: 1 }], 2],
  [
    'all nodes have the present version',
    [
      { nodes: 3, updated: 2, ready: 3 },
      { nodes: 3, ready: 3 },
    ],
    2,
  ],
  [
    'the change was seen at all',
    [
      { nodes: 1, ready: 1, seen: 1 },
      { nodes: 1, ready: 1 },
    ],
    2,
  ],
  ['the API server answers again', [503, { nodes: 1, ready: 1 }], 2],
  ['there are nodes, where there are none', [{ nodes: 0 }], 1],
]
for (const [what, answers, expected] of rollouts) {
  test(`waits until ${what}`, async () => {
    const { outcome, asked, lines } = await roll(answers)
    assert.equal([outcome, asked], ['done', expected])
    assert.match(lines.at(-1) ?? '', /the driver runs on every node/)
  })
}

test('does not wait for ever for nodes that are down, as many as may be replaced at a time', async () => {
  for (const [status, maxUnavailable] of [
    [{ nodes: 3, ready: 2 }, '10%'],
    [{ nodes: 20, ready: 18, updated: 19 }, '10%'],
    [{ nodes: 3, ready: 1 }, 2],
  ] as const) {
    const { outcome, asked, lines } = await roll([status], maxUnavailable)
    assert.is(outcome, 'done')
    assert.ok(asked > 5)
    assert.match(lines.at(-1) ?? '', /"level":"warn".*does not run on every node/)
  }
})

test('fails where more are missing, and where the driver runs nowhere', async () => {
  for (const [status, maxUnavailable] of [
    [{ nodes: 1 }, '100%'],
    [{ nodes: 1 }, 5],
    [{ nodes: 20, ready: 17 }, '10%'],
    [{ nodes: 3, ready: 3, updated: 0 }, '10%'],
  ] as const) {
    const { outcome } = await roll([status], maxUnavailable)
    assert.match(
      outcome,
      /^RolloutUnfinished: Cannot take DaemonSet "kube-system\/connectors-csi" as rolled out: it is ready on \d+ of \d+ nodes$/,
    )
  }
  assert.match((await roll([404])).outcome, /^NotFound: /)
  assert.match((await roll([500])).outcome, /ready on 0 of 0 nodes/)
})

test('has to be told what to wait for', async () => {
  const { status, stderr } = await connectors(['rollout'])
  assert.is(status, 2)
  assert.match(stderr, /--daemonset/)
})

test.run()
