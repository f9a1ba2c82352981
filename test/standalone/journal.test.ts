import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectorsError } from '../../connector/errors.ts'
import { openJournal } from '../../standalone/journal.ts'
import { Store } from '../../standalone/store.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('standalone/journal')
const file = (dir: string) => join(dir, 'objects.journal')

async function recordsIn(dir: string): Promise<string[]> {
  const records: string[] = []
  await (await openJournal(dir, record => records.push(record))).close()
  return records
}

async function write(dir: string, records: readonly string[]): Promise<void> {
  const journal = await openJournal(dir, () => undefined)
  await journal.append(records)
  await journal.close()
}

test('replays what was appended, in order', async () => {
  await withTempDir(async dir => {
    await write(dir, ['"a"', '"b"'])
    await write(dir, ['"ü\\n"'])
    assert.equal(await recordsIn(dir), ['"a"', '"b"', '"ü\\n"'])
  })
})

test('drops a record that was torn at any byte, and never the ones before it', async () => {
  await withTempDir(async dir => {
    await write(dir, ['{"first":1}'])
    const { size: whole } = await stat(file(dir))
    await write(dir, ['{"second":2}'])
    const bytes = await readFile(file(dir))
    for (let cut = whole; cut < bytes.length; cut++) {
      await writeFile(file(dir), bytes)
      await truncate(file(dir), cut)
      assert.equal(await recordsIn(dir), ['{"first":1}'], `cut at ${cut}`)
      assert.is((await stat(file(dir))).size, whole)
    }
  })
})

test('drops a torn end that is longer than one record or holds other bytes', async () => {
  await withTempDir(async dir => {
    await write(dir, ['{"first":1}'])
    await appendFile(file(dir), Buffer.alloc(4096))
    assert.equal(await recordsIn(dir), ['{"first":1}'])
    await appendFile(file(dir), '00000000 {"wrong":"sum"}\n')
    assert.equal(await recordsIn(dir), ['{"first":1}'])
  })
})

test('refuses a file that is damaged before its end, and leaves it as it is', async () => {
  await withTempDir(async dir => {
    await write(dir, ['{"first":1}'])
    await write(dir, ['{"second":2}'])
    const bytes = await readFile(file(dir))
    bytes[12] = 0x21
    await writeFile(file(dir), bytes)
    const refused = await recordsIn(dir).catch((error: unknown) => error)
    assert.instance(refused, ConnectorsError)
    assert.is((refused as ConnectorsError).reason, 'JournalDamaged')
    assert.equal(await readFile(file(dir)), bytes)
  })
})

test('refuses a file whose last writes are all damaged: one write alone can be torn', async () => {
  await withTempDir(async dir => {
    await write(dir, ['{"first":1}'])
    const { size } = await stat(file(dir))
    await write(dir, ['{"second":2}'])
    await write(dir, ['{"third":3}'])
    const bytes = await readFile(file(dir))
    for (let at = size; at < bytes.length; at++) if (bytes[at] !== 0x0a) bytes[at] = 0x21
    await writeFile(file(dir), bytes)
    const refused = await recordsIn(dir).catch((error: unknown) => error)
    assert.is((refused as ConnectorsError).reason, 'JournalDamaged')
    assert.equal(await readFile(file(dir)), bytes)
  })
})

test('one process at a time: a lock of a live one is respected, of a dead one taken over', async () => {
  await withTempDir(async dir => {
    await writeFile(join(dir, 'lock'), `${process.ppid}\n`)
    const refused = await recordsIn(dir).catch((error: unknown) => error)
    assert.is((refused as ConnectorsError).reason, 'DataDirectoryInUse')
    await writeFile(join(dir, 'lock'), '4194999\n')
    assert.equal(await recordsIn(dir), [])
  })
})

test('a store that is written over and over keeps a bounded file, and all of its objects', async () => {
  await withTempDir(async dir => {
    const store = await Store.open(dir)
    const filler = 'x'.repeat(40_000)
    const object = (name: string, round: number) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'n', uid: name, resourceVersion: '', creationTimestamp: '' },
      data: { filler, round: String(round) },
    })
    for (let round = 0; round < 60; round++) {
      for (const name of ['a', 'b', 'c', 'd', 'e']) store.put('configmaps', object(name, round))
      await store.flushed()
    }
    const gone = store.get('configmaps', 'n', 'e')
    assert.ok(gone)
    store.remove('configmaps', gone)
    const { revision } = store
    await store.close()
    assert.ok((await stat(file(dir))).size < 6 << 20)

    const again = await Store.open(dir)
    const found = [...again.list('configmaps', 'n')]
    await again.close()
    assert.equal(
      found.map(one => [one.metadata.name, (one['data'] as { round: string }).round]),
      ['a', 'b', 'c', 'd'].map(name => [name, '59']),
    )
    assert.ok(again.revision > revision, 'numbers are not given twice')
  })
})

test.run()
