// `node test/e2e/measure.ts`: the figures of docs/measured.md, as Markdown on standard output. It needs what the end-to-end
// tests need, and a cluster that has nothing else to do: it installs the release, and takes it away at the end.
import { runCommand } from '../helpers/command.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { createGitConnector } from './harness/connector.ts'
import { type CrowdTimes, gather, quantile } from './harness/crowd.ts'
import { readSurroundings } from './harness/environment.ts'
import { type BuiltImage, buildProjectImage, buildTestImages, loadImage } from './harness/images.ts'
import { kubectl, listObjects, until } from './harness/kubectl.ts'
import { components, memoryOf } from './harness/memory.ts'
import { installRelease, isInstalled, uninstallRelease } from './harness/release.ts'
import { scenario } from './harness/scenario.ts'

const count = 50
const installs = 3
/** Until the components have done what a start gives them to do, and kubelet has looked. */
const restMs = 90_000

const { loadImage: loadCommand } = readSurroundings()
await withTempDir(async dir => {
  note('images')
  const image = await buildProjectImage(dir)
  for (const built of [image, ...(await buildTestImages(dir))]) await loadImage(built, loadCommand)
  process.env['E2E_IMAGE'] = image.name
  if (await isInstalled()) await uninstallRelease()
  print([`Measured on ${await describeCluster()}.`, '', ...(await imageTable(image)), ''])

  const seconds: number[] = []
  for (let round = 0; round < installs; round++) {
    if (round > 0) await uninstallRelease()
    note(`install ${round + 1}`)
    const startedMs = performance.now()
    await installRelease()
    seconds.push((performance.now() - startedMs) / 1000)
  }
  const [low, middle, high] = seconds.toSorted((a, b) => a - b).map(value => value.toFixed(1))
  print(
    table(
      ['`helm install --wait`', 'least', 'median', 'most'],
      [['seconds until all is Ready', low, middle, high]],
    ),
  )

  await scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    await createGitConnector({ name: 'repo', namespace: team, server: await gitServer() })
    note('rest')
    await new Promise(resolve => setTimeout(resolve, restMs))
    print(
      table(
        ['memory at rest', 'resident, MiB', 'counted against the limit, MiB'],
        await memoryRows(components),
      ),
    )

    note('crowd')
    const plain = await gather({ namespace: await namespace(), connectors: undefined, count })
    await settled()
    const ours = await gather({ namespace: team, connectors: 'repo', count })
    print(crowdTable(ours, plain))
    await new Promise(resolve => setTimeout(resolve, restMs / 3))
    const peak = ['the same, most while they came', mebibytes(ours.peakBytes), '']
    const rows = await memoryRows(['connectors-csi'])
    print(
      table(
        [`memory with ${count} volumes`, 'resident, MiB', 'counted against the limit, MiB'],
        [...rows, peak],
      ),
    )
  })()
  note('uninstall')
  await settled()
  await uninstallRelease()
})

/** Until the pods of a crowd are gone with its namespace. */
async function settled(): Promise<void> {
  await kubectl(['delete', 'pods', '--all-namespaces', '--selector=crowd=true', '--wait', '--timeout=180s'])
}

async function describeCluster(): Promise<string> {
  const nodes = await listObjects('nodes')
  const [node] = nodes
  const { kubeletVersion, osImage, containerRuntimeVersion } = node?.['status'].nodeInfo ?? {}
  const { cpu, memory = '' } = node?.['status'].capacity ?? {}
  const gibibytes = Math.round(Number.parseInt(memory, 10) / 1024 / 1024)
  const each = `${cpu} CPUs and ${gibibytes} GiB, ${osImage}, ${containerRuntimeVersion}`
  return `Kubernetes ${kubeletVersion} with ${nodes.length} node(s) of ${each}`
}

async function imageTable({ archive }: BuiltImage): Promise<string[]> {
  const script = `
content=$(mktemp -d)
trap 'rm -rf "$content"' EXIT
tar -xf "$ARCHIVE" -C "$content"
cd "$content"
jq -r '.[0].Layers[]' manifest.json >layers
xargs cat <layers | wc -c
xargs gzip -dcf <layers | wc -c
`
  const { status, stdout, stderr } = await runCommand('sh', ['-euc', script], { env: { ARCHIVE: archive } })
  if (status !== 0) throw new Error(`Cannot read the size of the image: ${stderr.trim()}`)
  const [packed, unpacked] = stdout.trim().split('\n').map(Number)
  if (!packed || !unpacked) throw new Error(`Cannot read the size of the image: it has no layers`)
  return table(
    ['image, of all components', 'MiB'],
    [
      ['as a node pulls it', mebibytes(packed)],
      ['unpacked', mebibytes(unpacked)],
    ],
  )
}

async function memoryRows(names: readonly string[]): Promise<string[][]> {
  const rows: string[][] = []
  for (const name of names) {
    const pods = await until(() => memoryOf(name), { what: `the memory of ${name}` })
    for (const { residentBytes, workingSetBytes } of pods) {
      rows.push([name, mebibytes(residentBytes), mebibytes(workingSetBytes)])
    }
  }
  return rows
}

function crowdTable(ours: CrowdTimes, plain: CrowdTimes): string[] {
  const row = (what: string, values: readonly number[]) => [
    what,
    ...[0.5, 0.99].map(share => (quantile(values, share) / 1000).toFixed(2)),
  ]
  return table(
    [`${count} pods at once, seconds`, 'p50', 'p99'],
    [
      row('from creation until mounted', ours.mounted),
      row("the driver's part of that", ours.publish),
      row('from creation until the container runs', ours.started),
      row('the same without a volume of ours', plain.started),
      row("from the first pod's creation until each one's", ours.created),
    ],
  )
}

function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string[] {
  const line = (cells: readonly (string | undefined)[]) => `| ${cells.join(' | ')} |`
  const rule = `|---${'|--:'.repeat(head.length - 1)}|`
  return [line(head), rule, ...rows.map(line), '']
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}

function print(lines: readonly string[]): void {
  console.log(lines.join('\n'))
}

function note(what: string): void {
  console.error(`- ${what}`)
}
