// The files of a volume: replaced as one, mended after a crash, and never anybody else's.
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readCurrentSet, removeFiles, writeFiles } from '../../../csi/volume/files.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'

const test = suite('csi/volume/files')
const options = { fileMode: 0o444, label: 'label-1', nowMs: Date.UTC(2026, 0, 2, 3, 4, 5) }
const filesOf = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)]))

test('a set has its own folder, a link to it and a link for each file', async () => {
  await withTempDir(async dir => {
    assert.is(await readCurrentSet(dir), undefined)
    assert.is(await writeFiles(dir, filesOf({ a: '1', '.b': '2' }), options), 'written')
    assert.equal(await readCurrentSet(dir), { label: 'label-1', isIntact: true })
    const set = await readlink(join(dir, '..data'))
    assert.match(set, /^\.\.2026_01_02_03_04_05\.label-1\.[0-9a-f]{32}\.\w+$/)
    assert.equal((await readdir(dir)).sort(), ['..data', set, '.b', 'a'].sort())
    assert.is(await readlink(join(dir, 'a')), '..data/a')
    assert.is((await stat(join(dir, set))).mode & 0o777, 0o755)
    assert.is((await stat(join(dir, 'a'))).mode & 0o777, 0o444)
  })
})

test('the same content writes nothing, another mode or another byte does', async () => {
  await withTempDir(async dir => {
    const write = (files: Record<string, string>, fileMode = 0o444) =>
      writeFiles(dir, filesOf(files), { ...options, fileMode })
    await write({ a: '1', b: '2' })
    assert.is(await write({ b: '2', a: '1' }), 'unchanged')
    assert.is(await write({ a: '1', b: '3' }), 'written')
    assert.is(await write({ a: '1', b: '3' }, 0o400), 'written')
    assert.is(await write({ a: '1' }, 0o400), 'written')
    assert.equal(
      (await readdir(dir)).filter(name => !name.startsWith('..')),
      ['a'],
    )
  })
})

test('a reader never sees some of two sets', async () => {
  await withTempDir(async dir => {
    const names = ['a', 'b', 'c', 'd']
    const write = (at: number) =>
      writeFiles(dir, filesOf(Object.fromEntries(names.map(name => [name, `${name}${at}`]))), options)
    await write(0)
    const seen = new Set<string>()
    let isWriting = true
    const reading = (async () => {
      while (isWriting) {
        const set = await readlink(join(dir, '..data'))
        const read = await Promise.all(names.map(name => readFile(join(dir, set, name), 'utf8'))).catch(
          // The set went while it was read: the reader looks again.
          (error: { code?: string }) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)),
        )
        if (read === undefined) continue
        const versions = new Set(read.map(text => text.slice(1)))
        assert.is(versions.size, 1, read.join())
        seen.add([...versions].join())
      }
    })()
    for (let at = 1; at <= 200; at++) await write(at)
    isWriting = false
    await reading
    assert.ok(seen.size > 10, `${seen.size} sets seen`)
  })
})

test('what a killed process left half done is mended', async () => {
  await withTempDir(async dir => {
    await writeFiles(dir, filesOf({ a: '1', gone: 'x' }), options)
    await mkdir(join(dir, '..2026_01_01_00_00_00.label-0.0123456789abcdef0123456789abcdef.abc'))
    await writeFile(join(dir, '..2026_01_01_00_00_00.label-0.0123456789abcdef0123456789abcdef.abc/half'), '')
    await symlink(
      '..2026_01_01_00_00_00.label-0.0123456789abcdef0123456789abcdef.abc',
      join(dir, '..data_tmp'),
    )
    await writeFiles(dir, filesOf({ a: '1' }), options)
    const set = await readlink(join(dir, '..data'))
    assert.equal((await readdir(dir)).sort(), ['..data', set, 'a'].sort())
    assert.is(await writeFiles(dir, filesOf({ a: '1' }), options), 'unchanged')
  })
})

test('names that are no plain file names are refused before anything is written', async () => {
  await withTempDir(async dir => {
    for (const name of ['..', '../x', 'a/b', '..data', '.', '', 'a\0b', 'x'.repeat(254)]) {
      const failed = await writeFiles(dir, filesOf({ fine: '1', [name]: '2' }), options).catch(
        (error: { code?: string }) => error.code,
      )
      assert.is(failed, 'PRECONDITION', JSON.stringify(name))
      assert.equal(await readdir(dir), [])
    }
  })
})

test('a ..data that leads elsewhere counts as none, and nothing there is touched', async () => {
  await withTempDir(async dir => {
    await mkdir(join(dir, 'volume'))
    await mkdir(join(dir, 'elsewhere'))
    await writeFile(join(dir, 'elsewhere/a'), 'theirs')
    await symlink('../elsewhere', join(dir, 'volume/..data'))
    assert.is(await readCurrentSet(join(dir, 'volume')), undefined)
    await writeFiles(join(dir, 'volume'), filesOf({ a: '1' }), options)
    assert.is(await readFile(join(dir, 'volume/a'), 'utf8'), '1')
    assert.is(await readFile(join(dir, 'elsewhere/a'), 'utf8'), 'theirs')
  })
})

test('removal takes what is ours and leaves the rest', async () => {
  await withTempDir(async dir => {
    await writeFiles(dir, filesOf({ a: '1' }), options)
    await removeFiles(dir)
    assert.equal(await readdir(dir), [])
    await writeFiles(dir, filesOf({ a: '1' }), options)
    await mkdir(join(dir, 'theirs'))
    await symlink('/etc', join(dir, 'link'))
    assert.is(await removeFiles(dir).catch((error: { code?: string }) => error.code), 'PRECONDITION')
    assert.equal((await readdir(dir)).sort(), ['link', 'theirs'])
  })
})

test('a folder inside a set stops its removal', async () => {
  await withTempDir(async dir => {
    await writeFiles(dir, filesOf({ a: '1' }), options)
    const set = await readlink(join(dir, '..data'))
    await mkdir(join(dir, set, 'deep'))
    await writeFile(join(dir, set, 'deep/theirs'), '')
    assert.ok(
      await removeFiles(dir).then(
        () => false,
        () => true,
      ),
    )
    assert.is(await readFile(join(dir, set, 'deep/theirs'), 'utf8'), '')
  })
})

test.run()
