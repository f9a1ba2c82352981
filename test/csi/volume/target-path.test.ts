// Target paths that would lead the driver elsewhere.
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkTargetPath, parseTargetPath } from '../../../csi/volume/target-path.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'

const test = suite('csi/volume/files/target-path')
const good = '/k/pods/u-1/volumes/kubernetes.io~csi/tools/mount'
const isInvalid = (error: { code?: string }) => error.code === 'INVALID'

test("only kubelet's own place for this pod is taken", () => {
  assert.is(parseTargetPath(good, { kubeletDir: '/k', podUid: 'u-1' }).podUid, 'u-1')
  const bad = [
    '',
    '/etc',
    'k/pods/u-1/volumes/kubernetes.io~csi/tools/mount',
    '/kk/pods/u-1/volumes/kubernetes.io~csi/tools/mount',
    '/k/pods/u-2/volumes/kubernetes.io~csi/tools/mount',
    '/k/pods/../volumes/kubernetes.io~csi/tools/mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/../mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/./mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/..x/mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi//mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/a/b/mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/tools/mount/',
    '/k/pods/u-1/volumes/kubernetes.io~csi/tools/mount/../../../../../../etc',
    '/k/pods/u-1/volumes/kubernetes.io~csi/to\0ols/mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/to ols/mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/-o/mount',
    '/k/pods/u-1/volumes/kubernetes.io~secret/tools/mount',
    '/k/pods/u-1/volumes/kubernetes.io~csi/tools',
    `/k/pods/u-1/volumes/kubernetes.io~csi/${'a'.repeat(254)}/mount`,
  ]
  for (const path of bad) {
    assert.throws(() => parseTargetPath(path, { kubeletDir: '/k', podUid: 'u-1' }), isInvalid, path)
  }
})

test('a symlink or a file on any step is refused', async () => {
  const steps = parseTargetPath(good, { kubeletDir: '/k' }).steps.map(step => step.slice('/k/'.length))
  for (const step of steps) {
    for (const kind of ['link', 'file']) {
      await withTempDir(async dir => {
        await mkdir(join(dir, 'elsewhere'))
        await mkdir(dirname(join(dir, step)), { recursive: true })
        if (kind === 'link') await symlink(join(dir, 'elsewhere'), join(dir, step))
        else await writeFile(join(dir, step), '')
        const target = parseTargetPath(join(dir, steps.at(-1) ?? ''), { kubeletDir: dir })
        const refused = await checkTargetPath(target).catch(isInvalid)
        assert.is(refused, true, `${kind} ${step}`)
        if (kind === 'file') return
        // The way would have gone on behind the link.
        const behind = (steps.at(-1) ?? '').slice(step.length + 1)
        await mkdir(join(dir, 'elsewhere', behind), { recursive: true })
        let thrown = false
        await checkTargetPath(target).catch(() => {
          thrown = true
        })
        assert.ok(thrown, step)
      })
    }
  }
})

test('it tells whether the target is there', async () => {
  await withTempDir(async dir => {
    const path = join(dir, good.slice('/k/'.length))
    const target = parseTargetPath(path, { kubeletDir: dir })
    assert.is(await checkTargetPath(target), false)
    await mkdir(path, { recursive: true })
    assert.is(await checkTargetPath(target), true)
  })
})

test.run()
