// The script of git-cli, run by this machine's shell in a clone of a repository on disk.
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRepository, git } from '../helpers/git.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { readTask, runStep, type StepResult } from './task.ts'

const cli = suite('tasks/git-cli')

cli('commits and pushes as who it is told to be, and tells the commit', () =>
  withClone(async ({ run, bare }) => {
    const script = `echo "it's \\"built\\"" >built\ngit add built\ngit commit -qm 'Say so'\ngit push -q origin HEAD:main`
    const { status, stderr, results } = await run({
      GIT_USER_NAME: 'O\'Neil "Ann" B',
      GIT_USER_EMAIL: 'ann@example.com',
      GIT_SCRIPT: script,
    })
    assert.is(status, 0, stderr)
    assert.equal(results, { commit: await git(['rev-parse', 'main'], bare) })
    const last = await git(['log', '-1', '--format=%an <%ae> %s', 'main'], bare)
    assert.is(last, 'O\'Neil "Ann" B <ann@example.com> Say so')
    assert.is(await git(['show', 'main:built'], bare), `it's "built"`)
  }),
)

cli('ends at the first command that fails, without a result', () =>
  withClone(async ({ run }) => {
    const { status, stderr, results } = await run({ GIT_SCRIPT: 'git rev-parse nothing\necho went on >&2' })
    assert.is.not(status, 0)
    assert.not.match(stderr, /^went on$/m)
    assert.equal(results, { commit: '' })
  }),
)

cli('tells no commit where there is none', () =>
  withClone(async ({ run }) => {
    const { status, stderr, results } = await run({ GIT_SCRIPT: 'rm -r .git\ngit init --quiet' })
    assert.is(status, 0, stderr)
    assert.equal(results, { commit: '' })
    assert.is((await run({ GIT_SCRIPT: 'rm -r .git' })).status, 0)
  }),
)

cli('logs commands or not, and gives the paths of workspaces to the script', () =>
  withClone(async ({ run, work }) => {
    const GIT_SCRIPT = 'echo "in $SOURCE_PATH"'
    const loud = await run({ GIT_SCRIPT })
    assert.match(loud.stdout, `in ${work}`)
    assert.match(loud.stderr, /^\+ echo/m)
    assert.is((await run({ GIT_SCRIPT, VERBOSE: 'false' })).stderr, '')
  }),
)

cli.run()

type Setting = {
  readonly bare: string
  readonly work: string
  run(params: Readonly<Record<string, string>>): Promise<StepResult>
}

async function withClone(use: (setting: Setting) => Promise<void>): Promise<void> {
  const task = await readTask('git-cli')
  await withTempDir(async dir => {
    await createRepository(dir, 'app')
    const [bare, work] = [join(dir, 'app.git'), join(dir, 'work')]
    await git(['clone', '--quiet', bare, work])
    await use({ bare, work, run: params => runStep(task, { dir, params, workspaces: { source: work } }) })
  })
}
