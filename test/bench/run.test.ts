// Benchmarks where what they need is missing or broken: they end with a message, and leave nothing running.
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { missingNeeds, type Need } from '../../bench/needs.ts'
import { type CommandResult, runCommand } from '../helpers/command.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('bench')
const folder = join(import.meta.dirname, '../../bench')

/** Their output is closed by whoever holds it, a program left behind too. */
function runBench(name: string, path: string, tmp: string): Promise<CommandResult> {
  const env = { PATH: path, TMPDIR: tmp }
  return runCommand(process.execPath, [join(folder, 'run.ts'), name], { env })
}

async function benches(): Promise<readonly { readonly name: string; readonly needs: readonly Need[] }[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  return Promise.all(
    names.map(async name => ({ name, needs: (await import(join(folder, name, 'bench.ts'))).needs })),
  )
}

test('one whose programs are missing says which, and starts nothing', () =>
  withTempDir(async dir => {
    const known = await benches()
    assert.ok(known.length > 2)
    for (const { name, needs } of known.filter(bench => bench.needs.length > 0)) {
      const { status, stdout, stderr } = await runBench(name, dir, dir)
      assert.is(status, 1, stderr)
      const [line = '', ...others] = stderr.trimEnd().split('\n')
      assert.ok(
        line.startsWith(`Cannot run benchmark "${name}": ${needs.map(need => need.program).join(', ')} `),
      )
      for (const { from } of needs) assert.match(line, from)
      assert.equal(others, [])
      assert.is(stdout, '')
      assert.equal(await readdir(dir), [])
    }
  }))

test('only what is missing is named, with a way for each to get it', () =>
  withTempDir(async dir => {
    const [here, also] = [join(dir, 'here'), join(dir, 'also')]
    for (const path of [here, also]) await mkdir(path)
    await writeFile(join(here, 'wrk'), '')
    await chmod(join(here, 'wrk'), 0o755)
    await writeFile(join(here, 'caddy'), '')
    await mkdir(join(here, 'curl'))
    await symlink(join(here, 'wrk'), join(also, 'nginx'))
    const needs: readonly Need[] = [
      { program: 'nginx', from: 'nginx-light' },
      { program: 'caddy', from: 'caddy' },
      { program: 'wrk', from: 'wrk' },
      { program: 'curl', from: 'curl' },
      { program: 'go', from: 'https://go.dev/dl' },
    ]
    assert.is(
      missingNeeds(needs, `${here}:${also}`),
      'caddy, curl, go are not on the PATH; to be had on Debian by "apt-get install caddy curl" and from https://go.dev/dl',
    )
    assert.match(missingNeeds(needs.slice(0, 2), `:${also}`) ?? '', /^caddy is not on the PATH/)
    assert.is(missingNeeds(needs.slice(2, 3), here), undefined)
  }))

test('one that cannot start a program ends all the others', () =>
  withTempDir(async dir => {
    const bin = join(dir, 'bin')
    await mkdir(bin)
    for (const { program } of (await benches()).flatMap(({ needs }) => needs)) {
      await writeFile(join(bin, program), `#!/bin/sh\necho "${program} is broken" >&2\nexit 9\n`)
      await chmod(join(bin, program), 0o755)
    }
    const { status, stderr } = await runBench('proxy', bin, dir)
    assert.is(status, 1, stderr)
    assert.match(stderr, /^Cannot run benchmark "proxy": files ended with 9: nginx is broken/)
    assert.equal(await readdir(dir), ['bin'])
  }))

test.run()
