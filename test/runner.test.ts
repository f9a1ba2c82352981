// Every way in which a test file can fail to be a pass, through the real command line.
import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { waitFor } from './helpers/poll.ts'
import { withTempDir } from './helpers/temp-dir.ts'
import { failedCount, failureText } from './runner/print.ts'
import type { ProblemCode } from './runner/reports.ts'
import { runFile } from './runner/run-file.ts'
import { kindOf, selectFiles } from './runner/select.ts'

const root = join(import.meta.dirname, '..')
const header = `
  import { suite } from 'uvu'
  import * as assert from 'uvu/assert'
  const t = suite('sample')
`
const pass = `t('passes', () => {})\n`

interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly lastLine: string
}

async function withTestFiles(
  files: Readonly<Record<string, string>>,
  use: (dir: string) => void | Promise<void>,
): Promise<void> {
  await withTempDir(async dir => {
    await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, name, '..'), { recursive: true })
      await writeFile(join(dir, name), text)
    }
    await use(dir)
  })
}

function run(...args: readonly string[]): Promise<Outcome> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [join(root, 'test/run.ts'), ...args],
      { cwd: root },
      (error, stdout, stderr) => {
        const status = error === null ? 0 : Number(error.code)
        resolve({ status, stdout: stdout + stderr, lastLine: stdout.trimEnd().split('\n').at(-1) ?? '' })
      },
    )
  })
}

interface BadFile {
  readonly name: string
  readonly body: string
  readonly code: ProblemCode
  readonly text?: RegExp
  readonly passed?: number
}

const badFiles: readonly BadFile[] = [
  {
    name: 'before throws',
    code: 'hook',
    body: `t.before(() => { throw new Error('b') }); ${pass} t.run()`,
    passed: 0,
  },
  { name: 'after throws', code: 'hook', body: `t.after(() => { throw new Error('a') }); ${pass} t.run()` },
  {
    name: 'before.each throws',
    code: 'hook',
    body: `t.before.each(() => { throw new Error('be') }); ${pass} t.run()`,
    text: /before\.each at passes threw/,
    passed: 0,
  },
  { name: 'after.each throws', code: 'hook', body: `t.after.each(async () => { throw 1 }); ${pass} t.run()` },
  { name: 'a forgotten run', code: 'no-run', body: pass, text: /sample holds 1 test/, passed: 0 },
  {
    name: 'one suite of two run',
    code: 'no-run',
    body: `${pass} t.run(); const u = suite('u'); u('x', () => {})`,
  },
  { name: 'a test after run', code: 'no-run', body: `${pass} t.run(); t('late', () => {})` },
  { name: 'no test', code: 'no-test', body: '', passed: 0 },
  { name: 'an empty suite', code: 'no-test', body: `${pass} t.run(); suite('empty').run()` },
  { name: 'only', code: 'only', body: `t.only('x', () => {}); t('kept from running', () => {}); t.run()` },
  { name: 'skip', code: 'skip', body: `${pass} t.skip('later', () => {}); t.run()`, text: /sample › later/ },
  {
    name: 'an unhandled rejection',
    code: 'crash',
    body: `t('x', async () => { Promise.reject(new Error('lost')); await new Promise(r => setTimeout(r, 50)) }); t.run()`,
    text: /unhandled rejection \(during "sample › x"\).*lost/s,
    passed: 0,
  },
  {
    name: 'an unhandled rejection after the tests',
    code: 'crash',
    body: `t('x', () => { setTimeout(() => Promise.reject(new Error('lost')), 50) }); t.run()`,
    text: /\(after the tests\)/,
  },
  {
    name: 'an uncaught exception after the tests',
    code: 'crash',
    body: `t('x', () => { setTimeout(() => { throw new Error('lost') }, 50) }); t.run()`,
    text: /uncaught exception \(after the tests\)/,
  },
  {
    name: 'process.exit(0)',
    code: 'exit',
    body: `t('x', () => { process.exit(0) }); t.run()`,
    text: /process\.exit\(0\) was called \(during "sample › x"\)/,
    passed: 0,
  },
  { name: 'process.exit while loading', code: 'exit', body: `process.exit(0)`, passed: 0 },
  {
    name: 'process.exit after the tests',
    code: 'exit',
    body: `t('x', () => { setTimeout(() => process.exit(0), 20) }); t.run()`,
  },
  {
    name: 'an exit status left behind',
    code: 'exit',
    body: `t('x', () => { process.exitCode = 3 }); t.run()`,
  },
  {
    name: 'a signal',
    code: 'exit',
    body: `t('x', () => { process.kill(process.pid, 'SIGKILL') }); t.run()`,
    text: /SIGKILL/,
    passed: 0,
  },
  {
    name: 'a hung test',
    code: 'hang',
    body: `t('x', async () => { setInterval(() => {}, 1000); await new Promise(() => {}) }); t.run()`,
    text: /during "sample › x"/,
    passed: 0,
  },
  {
    name: 'a busy loop',
    code: 'hang',
    body: `t('x', () => { for (;;); }); t.run()`,
    text: /during "sample › x"/,
    passed: 0,
  },
  {
    name: 'a promise that never settles',
    code: 'unfinished',
    body: `t('x', () => new Promise(() => {})); t.run()`,
    text: /during "sample › x"/,
    passed: 0,
  },
  {
    name: 'a syntax error',
    code: 'load',
    body: `${pass} t.run() }`,
    text: /SyntaxError|Unexpected|Expression/,
    passed: 0,
  },
  {
    name: 'a throw while loading',
    code: 'load',
    body: `throw new Error('at import')`,
    text: /at import/,
    passed: 0,
  },
  {
    name: 'an open handle',
    code: 'open',
    body: `t('x', async () => { const { createServer } = await import('node:net'); createServer().listen(0, '127.0.0.1') }); t.run()`,
    text: /left something open: TCPServerWrap/,
  },
]

const bad = suite('runner: a file is not a pass when it has')

for (const { name, body, code, text, passed = 1 } of badFiles) {
  bad(name, async () => {
    await withTestFiles({ 'bad.test.ts': header + body }, async dir => {
      const timeoutMs = code === 'hang' ? 700 : 60_000
      const result = await runFile(join(dir, 'bad.test.ts'), { timeoutMs, graceMs: 300 })
      assert.equal([result.problems.map(problem => problem.code), result.passed], [[code], passed])
      assert.is(failedCount(result), 1)
      if (text) assert.match(failureText(result), text)
    })
  })
}

bad('any of these, as the exit status says', async () => {
  const files = badFiles
    .filter(({ code }) => code !== 'hang')
    .map(({ body }, index) => [`${index}.test.ts`, header + body])
  await withTestFiles(Object.fromEntries(files), async dir => {
    const { status, stdout, lastLine } = await run(dir, '--grace', '0.3')
    assert.is(status, 1)
    assert.match(lastLine, new RegExp(`^\\d+ passed, ${files.length} failed$`))
    for (const [name] of files) assert.match(stdout, new RegExp(`^✘ .*/${name} `, 'm'))
  })
})

bad('nothing to run, as the exit status says', async () => {
  await withTestFiles({ 'a.test.ts': '' }, async dir => assert.is((await run(dir)).status, 1))
})

bad.run()

const results = suite('runner')

results('counts every test and prints the assertion and its place', async () => {
  const one = `${header} t('a', () => {}); t('b', async () => {}); t.run()`
  const two = `${header} t('c', () => { assert.is('left', 'right') }); ${pass}
    t('d', () => { throw undefined }); t('e', () => { throw 'text' }); t.run()`
  await withTestFiles(
    { 'one.test.ts': one, 'sub/two.test.ts': two, 'sub/no-test.ts': 'throw 1' },
    async dir => {
      const { status, stdout, lastLine } = await run(dir)
      assert.is(status, 1)
      assert.is(lastLine, '3 passed, 3 failed')
      assert.match(stdout, /sample › c.*\+\+right.*-- left.*two\.test\.ts:5/s)
      assert.match(stdout, /one\.test\.ts {2}2 /)
    },
  )
})

results('passes a good file, and takes a file, a folder and a part of a path', async () => {
  await withTestFiles(
    { 'good.test.ts': `${header} t('a', () => {}); t('b', () => {}); t.run()` },
    async dir => {
      for (const path of [join(dir, 'good.test.ts'), dir]) {
        const { status, lastLine } = await run(path)
        assert.equal([status, lastLine], [0, '2 passed, 0 failed'])
      }
    },
  )
})

results('fails when a path means nothing, and on a flag that it does not know', async () => {
  const missing = await run('no-such-place')
  assert.equal([missing.status, missing.lastLine], [1, '0 passed, 1 failed'])
  await withTestFiles({}, async dir => {
    const empty = await run(dir)
    assert.equal([empty.status, empty.lastLine], [1, '0 passed, 1 failed'])
  })
  assert.is((await run('--no-such-flag')).status, 64)
  assert.is((await run('--timeout', 'soon')).status, 64)
})

results('stops at the first failing file with --bail', async () => {
  const failing = `${header} t('x', () => { throw new Error('x') }); t.run()`
  const files = { 'a.test.ts': failing, 'b.test.ts': failing, 'c.test.ts': failing }
  await withTestFiles(files, async dir => {
    assert.is((await run(dir, '--bail', '--concurrency', '1')).lastLine, '0 passed, 1 failed')
    assert.is((await run(dir)).lastLine, '0 passed, 3 failed')
  })
})

results('ends what a file has started', async () => {
  const body = `t('x', async () => {
    const { spawn } = await import('node:child_process')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    child.unref()
    console.log('started ' + child.pid + '.')
    throw new Error('show the output')
  }); t.run()`
  await withTestFiles({ 'x.test.ts': header + body }, async dir => {
    const { stdout } = await run(dir)
    const pid = Number(/started (\d+)\./.exec(stdout)?.[1])
    assert.ok(pid > 0, stdout)
    await waitFor(() => !isAlive(pid), { what: 'the end of the grandchild' })
  })
})

results('keeps the kinds apart unless a path names one', async () => {
  const files = { 'a.test.ts': '', 'clients/b.test.ts': '', 'e2e/c.test.ts': '', 'clients/helper.ts': '' }
  await withTestFiles(files, dir => {
    const names = (kind: 'unit' | 'clients' | 'e2e', ...filters: string[]) =>
      selectFiles(dir, kind, filters).files.map(file => file.slice(dir.length + 1))
    assert.equal(names('unit'), ['a.test.ts'])
    assert.equal(names('clients'), ['clients/b.test.ts'])
    assert.equal(names('e2e'), ['e2e/c.test.ts'])
    assert.equal(names('unit', dir), ['a.test.ts'])
    assert.equal(names('unit', join(dir, 'clients')), ['clients/b.test.ts'])
    assert.equal(names('unit', 'test/a'), ['a.test.ts'])
    assert.equal(selectFiles(dir, 'clients', ['zzz']).unmatched, ['zzz'])
    assert.is(kindOf(dir, join(dir, 'e2e/c.test.ts')), 'e2e')
  })
})

results.run()

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
