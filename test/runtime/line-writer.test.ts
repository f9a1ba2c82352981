import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LineWriter } from '../../runtime/line-writer.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('line writer')

async function withFile(use: (writer: LineWriter, read: () => string) => Promise<void>): Promise<void> {
  await withTempDir(async dir => {
    const path = join(dir, 'lines')
    const fd = openSync(path, 'w')
    try {
      await use(new LineWriter(fd), () => readFileSync(path, 'utf8'))
    } finally {
      closeSync(fd)
    }
  })
}

test('writes lines in order, by the end of the turn', () =>
  withFile(async (writer, read) => {
    writer.write('one\n')
    writer.write('zwei ü\n')
    assert.is(read(), '')
    await waitFor(() => read() === 'one\nzwei ü\n')
  }))

test('writes what waits when asked', () =>
  withFile(async (writer, read) => {
    writer.write('last\n')
    writer.flush()
    assert.is(read(), 'last\n')
  }))

test('keeps lines whole and in order when they are many or long', () =>
  withFile(async (writer, read) => {
    const lines = Array.from({ length: 3000 }, (_, at) => `${at} ${'é'.repeat(at % 97)}\n`)
    lines.splice(1500, 0, `${'long '.repeat(40_000)}\n`)
    for (const line of lines) writer.write(line)
    writer.flush()
    assert.is(read(), lines.join(''))
  }))

test('waits for a slow reader of a pipe and loses nothing', async () => {
  const program = `
    import { LineWriter } from ${JSON.stringify(join(import.meta.dirname, '../../runtime/line-writer.ts'))}
    process.stdout.write('')
    const writer = new LineWriter(1)
    for (let at = 0; at < 20000; at++) writer.write(at + ' ' + 'x'.repeat(60) + '\\n')
    writer.flush()`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk
    await new Promise(resolve => setImmediate(resolve))
  }
  const lines = text.trimEnd().split('\n')
  assert.is(lines.length, 20_000)
  assert.ok(lines.every((line, at) => line.startsWith(`${at} x`)))
})

test.run()
