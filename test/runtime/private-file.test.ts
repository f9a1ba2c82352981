import { constants } from 'node:fs'
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makePrivateFolder, openPrivateFile, replaceFile } from '../../runtime/private-file.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('runtime/private-file')
const modeOf = async (path: string) => (await lstat(path)).mode & 0o777
const reading = (path: string) => openPrivateFile(path, constants.O_RDONLY)

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: { reason?: string; code: string }) => error.reason ?? error.code,
  )
}

/** Paths of somebody else's: made so by root, or root's for anybody else. */
async function ofAnother(dir: string): Promise<{ readonly file: string; readonly folder: string }> {
  if (process.getuid?.() !== 0) return { file: '/etc/passwd', folder: '/usr' }
  const [file, folder] = [join(dir, 'theirs'), join(dir, 'their-folder')]
  await writeFile(file, '')
  await mkdir(folder)
  for (const path of [file, folder]) await chown(path, 65_534, 65_534)
  return { file, folder }
}

test('a file is replaced as a whole: neither its mode counts nor where it leads', () =>
  withTempDir(async dir => {
    const [old, linked, other] = ['old', 'linked', 'other'].map(name => join(dir, name)) as [
      string,
      string,
      string,
    ]
    await writeFile(old, 'before, and longer')
    await chmod(old, 0o644)
    await writeFile(other, 'theirs')
    await symlink(other, linked)
    const reader = await reading(old)
    for (const path of [old, linked, join(dir, 'new')]) {
      await replaceFile(path, file => file.writeFile('after'))
      assert.is(await readFile(path, 'utf8'), 'after')
      assert.is(await modeOf(path), 0o600)
    }
    assert.is(await readFile(other, 'utf8'), 'theirs')
    assert.is(await reader.readFile('utf8'), 'before, and longer')
    await reader.close()
  }))

test('a file that cannot be written stays as it was, and nothing is left beside it', () =>
  withTempDir(async dir => {
    const path = join(dir, 'file')
    await writeFile(path, 'before')
    const failing = replaceFile(path, async file => {
      await file.writeFile('half')
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    })
    assert.is(await reasonOf(failing), 'ENOSPC')
    assert.is(await readFile(path, 'utf8'), 'before')
    await mkdir(join(dir, 'folder'))
    assert.is(await reasonOf(replaceFile(join(dir, 'folder'), file => file.writeFile(''))), 'EISDIR')
    assert.equal(await readdir(dir), ['file', 'folder'])
  }))

test('a private file is this user’s own, no link, and closed to others', () =>
  withTempDir(async dir => {
    const [own, linked] = [join(dir, 'own'), join(dir, 'linked')]
    await writeFile(own, 'text')
    await chmod(own, 0o666)
    await symlink(own, linked)
    const { file: theirs } = await ofAnother(dir)
    for (const [path, reason] of [
      [linked, 'NotPrivate'],
      [theirs, 'NotPrivate'],
      [dir, 'NotPrivate'],
      [join(dir, 'none'), 'ENOENT'],
    ] as const)
      assert.is(await reasonOf(reading(path)), reason, path)
    assert.is(await modeOf(own), 0o666)
    await (await reading(own)).close()
    assert.is(await modeOf(own), 0o600)
    const made = await openPrivateFile(join(dir, 'made'), constants.O_RDWR | constants.O_CREAT)
    await made.close()
    assert.is(await modeOf(join(dir, 'made')), 0o600)
  }))

test('a private folder is this user’s own, no link, and closed to others', () =>
  withTempDir(async dir => {
    const [made, open, linked, file] = ['made', 'open', 'linked', 'file'].map(name => join(dir, name)) as [
      string,
      string,
      string,
      string,
    ]
    await mkdir(open)
    await chmod(open, 0o777)
    await symlink(open, linked)
    await writeFile(file, '')
    const { folder: theirs } = await ofAnother(dir)
    for (const path of [linked, file, theirs])
      assert.is(await reasonOf(makePrivateFolder(path)), 'NotPrivate')
    assert.is(await modeOf(open), 0o777)
    for (const path of [made, open]) {
      await makePrivateFolder(path)
      assert.is((await stat(path)).mode & 0o777, 0o700)
    }
    assert.is(await reasonOf(makePrivateFolder(join(dir, 'none/below'))), 'ENOENT')
  }))

test.run()
