import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connector } from '../../../connector/connector.ts'
import type { KubeApiError } from '../../../kube/client/api-error.ts'
import { connectors } from '../../../kube/object/resources.ts'
import { sameStatus, writeStatus } from '../../../kube/work/status.ts'
import { refuse, reply, withApiServer } from '../api-server.ts'

const test = suite('kube/work/status')

const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '' } as const
const live = { type: 'LivenessReady', status: 'True', reason: 'Good', message: '' } as const
const object: Connector = {
  metadata: { name: 'git', namespace: 'team', resourceVersion: '7', uid: 'u' },
  spec: { connectorClassName: 'git' },
  status: { observedGeneration: 1, conditions: [ready, live] },
}

test('writes nothing when nothing changed, whatever the order of conditions', async () => {
  await withApiServer(
    (_, response) => reply(response, 200, object),
    async ({ client, received }) => {
      const status = { conditions: [live, ready], observedGeneration: 1 }
      assert.is(await writeStatus(client, connectors, { object, status }), undefined)
      assert.is(received.length, 0)
    },
  )
})

test('writes the whole status under the version that it was decided from', async () => {
  await withApiServer(
    (request, response) => reply(response, 200, request.body),
    async ({ client, received }) => {
      const status = { observedGeneration: 2, conditions: [ready] }
      assert.equal((await writeStatus(client, connectors, { object, status }))?.status, status)
      assert.is(received[0]?.method, 'PUT')
      assert.ok(received[0]?.path.endsWith('/namespaces/team/connectors/git/status'))
      assert.equal((received[0]?.body as Connector | undefined)?.metadata, object.metadata)
    },
  )
})

test('a newer object refuses the write with CONFLICT', async () => {
  await withApiServer(
    (_, response) => refuse(response, 409, { reason: 'Conflict' }),
    async ({ client }) => {
      const write = writeStatus(client, connectors, { object, status: {} })
      const error: KubeApiError = await write.then(
        () => assert.unreachable(),
        caught => caught,
      )
      assert.equal([error.code, error.reason], ['CONFLICT', 'Conflict'])
    },
  )
})

const comparisons: readonly [string, unknown, unknown, boolean][] = [
  ['nothing and empty', undefined, {}, true],
  ['an undefined key', { a: undefined }, {}, true],
  ['another reason', { conditions: [ready] }, { conditions: [{ ...ready, reason: 'x' }] }, false],
  ['one condition more', { conditions: [ready] }, { conditions: [ready, live] }, false],
  ['another key', { a: 1 }, { b: 1 }, false],
]

for (const [what, a, b, same] of comparisons) {
  test(`${what}: ${same ? 'the same' : 'different'}`, () => assert.is(sameStatus(a, b), same))
}

test.run()
