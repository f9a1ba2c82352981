// The driver ends, by deletion and by a crash, while a pod reads its volume: csi.md, "Refresh".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import { gitImage } from '../harness/images.ts'
import {
  apply,
  type ExecTarget,
  exec,
  getObject,
  type KubeObject,
  kubectl,
  listObjects,
  type Manifest,
  podLogs,
  until,
} from '../harness/kubectl.ts'
import { componentPods, driverNamespace, isReady } from '../harness/release.ts'
import { measure, measured, scenario } from '../harness/scenario.ts'
import { mountPath, pod, podEnded, untilPodEvent, untilPodReady } from '../harness/workload.ts'

const driver = suite('a pod that reads its volume')

driver(
  'notices nothing of a driver that is deleted or crashes, and is refreshed by the one after it',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    await createGitConnector({ name: 'doomed', namespace: team, server })
    await apply([pod({ name: 'stale', connectors: 'doomed', script: 'exec sleep infinity' })], team)
    await untilPodReady('stale', team)
    await kubectl(['delete', 'connector', 'doomed', `--namespace=${team}`])
    await untilPodEvent('stale', team, 'VolumeRefreshFailed', { timeoutMs: republishMs })
    const listing = `git ls-remote --exit-code ${server.url}/app.git main`
    await apply([pod({ name: 'reader', connectors: 'repo', script: readForever })], team)
    await untilPodReady('reader', team)
    const reader = { namespace: team, pod: 'reader' }
    const node: string = (await getObject('pod', 'reader', team))['spec'].nodeName
    await untilRead(reader, 100)

    const deleted = await driverOn(node)
    const name = deleted.metadata.name
    await kubectl(['delete', 'pod', name, `--namespace=${driverNamespace}`, '--force', '--grace-period=0'])
    await apply([pod({ name: 'late', connectors: 'repo', script: listing })], team)
    const next = await measure('a deleted driver replaced', () =>
      until(
        async () => {
          const found = await driverOn(node)
          return found.metadata.uid !== deleted.metadata.uid && isReady(found) && found
        },
        { what: 'another driver', timeoutMs: 120_000 },
      ),
    )
    assert.is(await podEnded('late', team), 'Succeeded', 'a pod that started meanwhile gets its volume')

    const restarts = restartsOf(next)
    await apply([killer(node)], team)
    assert.is(await podEnded('killer', team), 'Succeeded')
    await measure('a crashed driver restarted', () =>
      until(
        async () => {
          const found = await driverOn(node)
          return restartsOf(found) > restarts && isReady(found)
        },
        { what: 'the driver to run again', timeoutMs: 120_000 },
      ),
    )

    const count = await untilRead(reader, (await countOf(reader)) + 100)
    assert.equal((await contentsOf(reader)).get('.gitconfig')?.size, 1, 'every read was the same')
    const connector = { spec: { address: `${server.url}/app.git` } }
    await kubectl([
      'patch',
      'connector',
      'repo',
      `--namespace=${team}`,
      '--type=merge',
      `--patch=${JSON.stringify(connector)}`,
    ])
    await measure('a change of the Connector in the volume', () =>
      until(async () => (await contentsOf(reader)).get('.gitconfig')?.size === 2, {
        what: 'the volume to be refreshed',
        timeoutMs: republishMs,
      }),
    )

    const told = await refreshFailures(team)
    await until(async () => (await refreshFailures(team)) > told, {
      what: 'the event of before to be counted on',
      timeoutMs: republishMs,
    })

    await exec(reader, ['touch', '/home/git/stop'])
    assert.is(await podEnded('reader', team), 'Succeeded', 'no read failed')
    const contents = contentsFrom(await podLogs(team, 'reader'))
    assert.equal([...contents.keys()].sort(), files.toSorted())
    for (const [file, found] of contents) assert.ok(found.size <= 2, `${file} had ${found.size} contents`)
    measured('reads of the volume meanwhile', String(count))
  }),
)

driver.run()

/** kubelet publishes again once a minute, and with some of its own time between. */
const republishMs = 180_000

/** How often the one event about the pod `stale` was told, by whichever driver. */
async function refreshFailures(namespace: string): Promise<number> {
  const [event, ...others] = (await listObjects('events', { namespace })).filter(
    ({ reason }) => reason === 'VolumeRefreshFailed',
  )
  assert.equal(others, [], 'a driver repeats no event of the one before it')
  return event?.['count']
}

const files = ['.gitconfig', 'context.token', 'connector.status.proxyAddress']

// A read that fails ends it. It keeps one line for each content that a file had in any read.
const readForever = `
cd ${mountPath}
count=0
: >/home/git/contents
while [ ! -e /home/git/stop ]; do
  sha256sum ${files.join(' ')} >/home/git/read
  sort -u -o /home/git/next /home/git/read /home/git/contents
  mv /home/git/next /home/git/contents
  count=$((count + 1))
  echo $count >/home/git/next
  mv /home/git/next /home/git/count
done
cat /home/git/contents
`

async function countOf(reader: ExecTarget): Promise<number> {
  return Number(await exec(reader, ['cat', '/home/git/count']))
}

function untilRead(reader: ExecTarget, count: number): Promise<number> {
  return until(
    async () => {
      const found = await countOf(reader)
      return found >= count && found
    },
    { what: `${count} reads` },
  )
}

/** The digests of all that was read, by file. */
async function contentsOf(reader: ExecTarget): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  return contentsFrom(await exec(reader, ['cat', '/home/git/contents']))
}

function contentsFrom(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const contents = new Map<string, Set<string>>()
  for (const [, digest = '', file = ''] of text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)) {
    contents.set(file, (contents.get(file) ?? new Set()).add(digest))
  }
  return contents
}

async function driverOn(node: string): Promise<KubeObject> {
  const found = (await componentPods('connectors-csi')).find(
    ({ metadata, spec }) => spec.nodeName === node && metadata.deletionTimestamp === undefined,
  )
  if (found === undefined) throw new Error(`no driver on node ${node}`)
  return found
}

function restartsOf({ status }: KubeObject): number {
  return status?.containerStatuses?.[0]?.restartCount ?? 0
}

/** Kills the driver's process from outside its container, as a node that is out of memory does. */
function killer(nodeName: string): Manifest {
  // The brackets keep it from finding itself.
  const script = `
for process in /proc/[0-9]*; do
  if tr '\\0' ' ' <$process/cmdline 2>/dev/null | grep -q -- ' csi .*--kubelet-[e]ndpoint='; then
    kill -9 "\${process#/proc/}"
    exit 0
  fi
done
exit 1`
  const container = {
    name: 'killer',
    image: gitImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-euc', script],
    securityContext: { privileged: true },
  }
  const spec = { nodeName, hostPID: true, restartPolicy: 'Never', containers: [container] }
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'killer' }, spec }
}
