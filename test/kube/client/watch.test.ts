import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorsError } from '../../../connector/errors.ts'
import type { KubeClient } from '../../../kube/client/client.ts'
import { configMaps } from '../../../kube/object/resources.ts'
import { waitFor } from '../../helpers/poll.ts'
import { configMap, withApiServer } from '../api-server.ts'

const test = suite('kube/client/watch')

/** How a watch that should give no event fails. */
async function watchFailure(client: KubeClient): Promise<ConnectorsError> {
  try {
    for await (const _ of client.watch(configMaps, { resourceVersion: '1' })) break
  } catch (error) {
    return error as ConnectorsError
  }
  return assert.unreachable('it did not fail') as never
}

test('a watch gives events as they come and stops with its reader', async () => {
  let closed = false
  await withApiServer(
    (_, response) => {
      response.once('close', () => {
        closed = true
      })
      const lines = ['ADDED', 'MODIFIED'].map(type => JSON.stringify({ type, object: configMap('ä', 5) }))
      const bytes = Buffer.from(`${lines.join('\n')}\n`)
      // Cut within a character.
      const at = bytes.indexOf(0xc3) + 1
      response.writeHead(200).write(bytes.subarray(0, at))
      setImmediate(() => response.write(bytes.subarray(at)))
    },
    async ({ client, received }) => {
      const types: string[] = []
      for await (const event of client.watch(configMaps, {
        namespace: 'team',
        resourceVersion: '4',
        timeoutSeconds: 9,
      })) {
        types.push(event.type)
        assert.is(event.type === 'BOOKMARK' ? '' : event.object.metadata.name, 'ä')
        if (types.length === 2) break
      }
      assert.equal(types, ['ADDED', 'MODIFIED'])
      await waitFor(() => closed)
      assert.equal(Object.fromEntries(received[0]?.query ?? []), {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: '4',
        timeoutSeconds: '9',
      })
    },
  )
})

const brokenStreams: readonly [string, string, string][] = [
  ['not JSON', 'nonsense\n', 'AnswerUnreadable'],
  ['no object', '{"type":"ADDED"}\n', 'AnswerUnreadable'],
  ['null', 'null\n', 'AnswerUnreadable'],
  ['unknown type', '{"type":"EVIL","object":{"metadata":{"name":"a"}}}\n', 'AnswerUnreadable'],
  ['nameless object', '{"type":"ADDED","object":{"metadata":{}}}\n', 'AnswerUnreadable'],
  ['half a line', '{"type":"ADD', 'AnswerUnreadable'],
  [
    'an error event',
    '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n',
    'Expired',
  ],
]

for (const [what, text, reason] of brokenStreams) {
  test(`a watch with ${what} fails with ${reason}`, async () => {
    await withApiServer(
      (_, response) => void response.end(text),
      async ({ client }) => {
        assert.is((await watchFailure(client)).reason, reason)
      },
    )
  })
}

test('an event without end is cut off', async () => {
  await withApiServer(
    async (_, response) => {
      const piece = Buffer.alloc(1024 * 1024, 'x')
      const closed = once(response, 'close')
      response.writeHead(200)
      while (!response.destroyed) {
        if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed])
      }
    },
    async ({ client }) => {
      assert.is((await watchFailure(client)).reason, 'AnswerTooLarge')
    },
  )
})

test.run()
