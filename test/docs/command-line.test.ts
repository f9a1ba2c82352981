// Policy: the guide to the command line has every command, and no other.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectors } from '../helpers/command.ts'

const docs = suite('docs/command-line')

docs('has the commands that --help lists', async () => {
  const guide = await readFile(join(import.meta.dirname, '../../docs/command-line.md'), 'utf8')
  const [, table = ''] = /^\| command \|.*\n((?:\|.*\n)+)/m.exec(guide) ?? []
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  const written = cells.flatMap(cell => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  const { stdout } = await connectors(['--help'])
  const listed = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name = '']) => name)
  assert.ok(listed.length > 0, stdout)
  assert.equal(written.toSorted(), listed.toSorted())
})

docs.run()
