// What a volume is made of, and what keeps it from being made.
import { mkdir, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Condition } from '../../connector/condition.ts'
import type { ConnectorsError } from '../../connector/errors.ts'
import { connectors } from '../../kube/object/resources.ts'
import { token, withDriver } from '../helpers/csi-driver.ts'
import { waitFor } from '../helpers/poll.ts'

const test = suite('csi/collect')
const git = { connectors: 'repo', 'configuration.names': 'gitconfig' }

function failureOf(promise: Promise<unknown>): Promise<ConnectorsError | undefined> {
  return promise.then(
    () => undefined,
    (failure: ConnectorsError) => failure,
  )
}

test('a Connector whose Service is not ours is not mounted, and a pod that has it keeps its files', async () => {
  const conflict = {
    type: 'ProxyServiceReady',
    status: 'False',
    reason: 'ProxyAddressConflict',
    message: 'Cannot use Service "c-repo": somebody else has made it; delete Service "c-repo"',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  } as const
  for (const flags of [['--require-ready=false'], ['--require-ready']]) {
    await withDriver(
      async ({ csi, client, volume, files }) => {
        const held = volume(git)
        await csi.publishVolume(held)
        const ref = { name: 'repo', namespace: 'team' }
        const tell = (conditions: readonly Condition[]) =>
          client.patchStatus(connectors, ref, { patch: { status: { conditions } } })
        const refused = { ...held, targetPath: held.targetPath.replace('tools', 'late') }
        await mkdir(dirname(refused.targetPath))
        await tell([conflict])
        const failure = await waitFor(async () => {
          const failed = await failureOf(csi.publishVolume(refused))
          if (failed === undefined) await csi.unpublishVolume(refused)
          return failed
        })
        assert.equal([failure.code, failure.reason], ['PRECONDITION', 'ProxyAddressConflict'])
        assert.is(
          failure.message,
          'Cannot publish Connector "team/repo": cannot use Service "c-repo": somebody else has made it; ' +
            'delete Service "c-repo"',
        )
        assert.equal(await readdir(dirname(refused.targetPath)), [])
        await csi.publishVolume({
          ...held,
          volumeContext: volume(git, { token: 'a.newer.token' }).volumeContext,
        })
        assert.is((await files(held))['context.token'], token)

        await tell([{ ...conflict, type: 'Ready', status: 'True', reason: 'Ready' }])
        await waitFor(() => csi.publishVolume(refused).then(() => true))
      },
      { flags },
    )
  }
})

test.run()
