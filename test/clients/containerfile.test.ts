// A container engine builds by the Containerfile what image/build makes without one: the same root, the same settings.
import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../helpers/command.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const project = join(import.meta.dirname, '../..')

interface Image {
  /** Path -> mode, owner and content. */
  readonly files: Readonly<Record<string, string>>
  readonly config: { readonly Labels: Readonly<Record<string, string>> }
}

const test = suite('clients/containerfile')

test('the Containerfile and image/build make the same image, which gives nobody rights', () =>
  withTempDir(async dir => {
    const source = join(dir, 'source')
    await copyProject(source)
    await run(join(source, 'image/build'), ['example.com/connectors:test', join(dir, 'archive.tar')])
    await run(join(import.meta.dirname, 'build-by-containerfile'), [source, join(dir, 'engine.tar')])
    const ours = await readImage(join(dir, 'archive.tar'), join(dir, 'ours'))
    const engines = await readImage(join(dir, 'engine.tar'), join(dir, 'engines'))
    assert.equal(differences(ours.files, engines.files), [])
    assert.equal(withoutOrigin(ours.config), withoutOrigin(engines.config))

    const paths = Object.keys(ours.files)
    for (const path of ['usr/local/bin/node', 'bin/mount', 'bin/umount', 'app/cli/main.js'])
      assert.ok(paths.includes(path), path)
    const programs = /(^|\/)(sh|bash|dash|dpkg|apt|apt-get|npm)$/
    assert.equal(
      paths.filter(path => programs.test(path) && !ours.files[path]?.startsWith('40')),
      [],
    )
    const usual = /^(120777|100644|100755|40755|40700) 0:0 /
    assert.equal(paths.filter(path => !usual.test(ours.files[path] ?? '')).sort(), [
      'tmp',
      'var/lock',
      'var/tmp',
    ])
  }))

/** As it is now: a build reads the files twice, and somebody may be at work on them. */
async function copyProject(to: string): Promise<void> {
  const contents = (await readFile(join(project, '.dockerignore'), 'utf8')).matchAll(/^!(.*)$/gm)
  for (const path of ['.dockerignore', 'Containerfile', ...[...contents].map(([, path = '']) => path)])
    await cp(join(project, path), join(to, path), { recursive: true })
  await symlink(join(project, 'node_modules'), join(to, 'node_modules'))
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await runCommand(command, args)
  assert.is(status, 0, `${command}: ${stdout}${stderr}`)
}

/** From an archive as `docker load` takes it. Its layers add files and hide none. */
async function readImage(archive: string, dir: string): Promise<Image> {
  const [blobs, root] = [join(dir, 'blobs'), join(dir, 'root')]
  for (const folder of [blobs, root]) await mkdir(folder, { recursive: true })
  await run('tar', ['-C', blobs, '-xf', archive])
  const [manifest] = JSON.parse(await readFile(join(blobs, 'manifest.json'), 'utf8'))
  for (const layer of manifest.Layers) await run('tar', ['-C', root, '-xpf', join(blobs, layer)])
  const { config } = JSON.parse(await readFile(join(blobs, manifest.Config), 'utf8'))
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = await Promise.all(
    entries.map(async entry => {
      const path = join(entry.parentPath, entry.name)
      const content = entry.isSymbolicLink() ? readlink(path) : entry.isFile() ? sha256(path) : ''
      const { mode, uid, gid } = await lstat(path)
      return [relative(root, path), `${mode.toString(8)} ${uid}:${gid} ${await content}`] as const
    }),
  )
  return { files: Object.fromEntries(files), config }
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function differences(left: Image['files'], right: Image['files']): string[] {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter(path => left[path] !== right[path])
    .map(path => `${path}: ${left[path] ?? 'absent'} / ${right[path] ?? 'absent'}`)
}

/** Without the labels that say of which commit the image is, and which engine built it. */
function withoutOrigin({ Labels: labels, ...config }: Image['config']): object {
  const origin = /^io\.buildah\.|\.image\.(version|revision)$/
  return {
    ...config,
    labels: Object.fromEntries(Object.entries(labels).filter(([key]) => !origin.test(key))),
  }
}

test.run()
