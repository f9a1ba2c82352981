// The conformance suite of the Container Storage Interface, its Identity and Node parts, against the driver's socket.
// All its other parts test a controller service, which a driver of inline ephemeral volumes has none of.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../helpers/command.ts'
import { withDriver } from '../helpers/csi-driver.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('clients/csi-sanity')

type Spec = {
  readonly LeafNodeType: string
  readonly LeafNodeText: string
  readonly ContainerHierarchyTexts: readonly string[] | null
  readonly State: string
  readonly Failure?: { readonly Message: string }
}

const passes = [
  'Identity Service: GetPluginCapabilities: should return appropriate capabilities',
  'Identity Service: GetPluginInfo: should return appropriate information',
  'Identity Service: Probe: should return appropriate information',
  'Node Service: NodeGetCapabilities: should return appropriate capabilities',
  'Node Service: NodeGetInfo: should return appropriate values',
  'Node Service: NodePublishVolume: should fail when no target path is provided',
  'Node Service: NodePublishVolume: should fail when no volume capability is provided',
  'Node Service: NodePublishVolume: should fail when no volume id is provided',
  'Node Service: NodeUnpublishVolume: should fail when no target path is provided',
  'Node Service: NodeUnpublishVolume: should fail when no volume id is provided',
]

/** How many the suite leaves out by itself, by the reason that it gives. */
const leavesOut = {
  'Controller Service not provided: CreateVolume not supported': 2,
  // Capabilities of a node that the driver does not claim: nothing is staged, measured or grown.
  'NodeStageVolume not supported': 3,
  'NodeUnstageVolume not supported': 2,
  'NodeGetVolume not supported': 4,
  'NodeExpandVolume not supported': 4,
  'NodeGetVolumeHealth not supported': 2,
  'NodeGetStorageHealth not supported': 1,
  // Every volume is read-only: a single writer is a notion of others.
  'Service does not have single node multi writer capability': 1,
}

// It cannot run, for three reasons: the suite makes its volume by CreateVolume of a controller service without asking
// whether there is one; it publishes it writable, and we serve read-only volumes; and it publishes at
// FOLDER/target, and we mount at kubelet's own path for a CSI volume of that pod, which ends in /mount.
// What it would test, test/csi/publish.test.ts does: after unpublish the target path is gone.
const excluded = 'should remove target path'

test('the driver passes what concerns it, and no more is left out than is known', () =>
  withTempDir(dir =>
    withDriver(async ({ config }) => {
      const report = join(dir, 'report.json')
      const { status, stdout, stderr } = await runCommand('csi-sanity', [
        `-csi.endpoint=unix://${config.endpoint}`,
        `-csi.mountdir=${join(dir, 'mount')}`,
        `-csi.stagingdir=${join(dir, 'staging')}`,
        '-ginkgo.focus=(Identity|Node) Service ',
        `-ginkgo.skip=${excluded}$`,
        `-ginkgo.json-report=${report}`,
        '-ginkgo.no-color',
      ])
      assert.is(status, 0, `${stdout}${stderr}`)
      const [{ SpecReports }] = JSON.parse(await readFile(report, 'utf8'))
      const specs = (SpecReports as readonly Spec[])
        .filter(({ LeafNodeType }) => LeafNodeType === 'It')
        .map(spec => ({
          ...spec,
          path: [...(spec.ContainerHierarchyTexts ?? []), spec.LeafNodeText].join(': '),
        }))
        .filter(({ path }) => /^(Identity|Node) Service: /.test(path))

      assert.equal(
        specs
          .filter(({ State }) => State === 'passed')
          .map(({ path }) => path)
          .sort(),
        passes,
      )
      const others = specs.filter(({ State }) => State !== 'passed')
      assert.equal(
        others.filter(({ Failure }) => Failure === undefined).map(({ path }) => path),
        [`Node Service: NodeUnpublishVolume: ${excluded}`],
      )
      const reasons: Record<string, number> = {}
      for (const { Failure } of others)
        if (Failure !== undefined) reasons[Failure.Message] = (reasons[Failure.Message] ?? 0) + 1
      assert.equal(reasons, leavesOut)
    }),
  ))

test.run()
