// The script of git-clone, run by this machine's shell against repositories on disk.
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../helpers/command.ts'
import { createRepository, git } from '../helpers/git.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { readTask, runStep, type StepResult } from './task.ts'

const clone = suite('tasks/git-clone')

clone('checks out the default branch and tells commit, url and date', () =>
  withRepository(async ({ run, url, output }) => {
    const { results } = await succeed(run({ url }))
    const commit = await git(['rev-parse', 'main'], url)
    const date = await git(['log', '-1', '--format=%ct', 'main'], url)
    assert.equal(results, { commit, url, 'committer-date': date })
    assert.equal(await readdir(output), ['.git', 'README.md', 'docs'])
    assert.is(await git(['rev-list', '--count', 'HEAD'], output), '1', 'depth is 1 by default')
  }),
)

const revisions: readonly (readonly [revision: string, says: string])[] = [
  ['main', 'second'],
  ['refs/heads/main', 'second'],
  ['side', 'side'],
  ['v1', 'first'],
  ['refs/tags/v1', 'first'],
]

for (const [revision, says] of revisions) {
  clone(`checks out the revision ${revision}`, () =>
    withRepository(async ({ run, url, output }) => {
      await succeed(run({ url, revision }))
      assert.is(await git(['log', '-1', '--format=%s'], output), says)
    }),
  )
}

clone('checks out a commit by its name', () =>
  withRepository(async ({ run, url, output }) => {
    const revision = await git(['rev-parse', 'v1'], url)
    await succeed(run({ url, revision }))
    assert.is(await git(['rev-parse', 'HEAD'], output), revision)
  }),
)

clone('fetches all of the history with depth 0', () =>
  withRepository(async ({ run, url, output }) => {
    await succeed(run({ url, depth: '0' }))
    assert.is(await git(['rev-list', '--count', 'HEAD'], output), '2')
  }),
)

clone('fetches refspecs, and checks out a revision among them', () =>
  withRepository(async ({ run, url, output }) => {
    const refspec = '+refs/heads/*:refs/remotes/origin/* refs/tags/v1:refs/tags/v1'
    await succeed(run({ url, refspec, revision: 'side' }))
    assert.is(await git(['log', '-1', '--format=%s'], output), 'side')
    assert.match(await git(['branch', '--remotes'], output), /origin\/main[\s\S]*origin\/side/)
    const { status, stderr } = await run({ url, refspec, revision: 'nowhere' })
    assert.is(status, 1)
    assert.match(stderr, /Cannot check out revision "nowhere"/)
  }),
)

clone('checks out a part of the tree', () =>
  withRepository(async ({ run, url, output }) => {
    await succeed(run({ url, sparseCheckoutDirectories: '/docs/' }))
    assert.equal(await readdir(output), ['.git', 'docs'])
  }),
)

clone('empties the folder first, but for lost+found', () =>
  withRepository(async ({ run, url, output }) => {
    await mkdir(join(output, 'lost+found'))
    await writeFile(join(output, '.hidden'), '')
    await writeFile(join(output, '-rf'), '')
    await succeed(run({ url }))
    assert.equal(await readdir(output), ['.git', 'README.md', 'docs', 'lost+found'])
  }),
)

clone('fetches into what is there when told to keep it', () =>
  withRepository(async ({ run, url, output }) => {
    await succeed(run({ url, revision: 'v1' }))
    await writeFile(join(output, 'kept'), '')
    await succeed(run({ url, deleteExisting: 'false' }))
    assert.equal(await readdir(output), ['.git', 'README.md', 'docs', 'kept'])
    assert.is(await git(['log', '-1', '--format=%s'], output), 'second')
  }),
)

clone('clones into a subdirectory, and not out of the workspace', () =>
  withRepository(async ({ run, url, output }) => {
    await succeed(run({ url, subdirectory: 'a/b' }))
    assert.equal(await readdir(join(output, 'a/b')), ['.git', 'README.md', 'docs'])
    for (const subdirectory of ['..', '../other', 'a/../..']) {
      const { status, stderr } = await run({ url, subdirectory })
      assert.is(status, 1)
      assert.match(stderr, /it leaves the workspace/)
    }
  }),
)

clone('follows no link out of the workspace, and removes nothing where one leads', () =>
  withRepository(async ({ run, url, dir, output }) => {
    const other = join(dir, 'other')
    // The beginning of its name is the workspace's.
    const neighbour = `${output}-2`
    for (const folder of [other, neighbour, join(other, 'inner'), join(output, 'inside')]) {
      await mkdir(folder)
      await writeFile(join(folder, 'kept'), '')
    }
    const links = {
      out: other,
      up: '..',
      beside: neighbour,
      twice: 'out',
      'inside/out': '../out/inner',
      round: 'round',
      nowhere: join(dir, 'nowhere'),
    }
    for (const [at, target] of Object.entries(links)) await symlink(target, join(output, at))
    const before = await treeOf(dir)
    for (const subdirectory of [
      'out',
      '/out/',
      'out/inner',
      'out/new/a',
      'up',
      'up/other',
      'up/output/../other',
      'beside',
      'twice',
      'twice/inner',
      'inside/out',
      'inside/./out',
      'round',
      'nowhere',
      'nowhere/a',
    ])
      for (const deleteExisting of ['true', 'false']) {
        const { status, stderr } = await run({ url, subdirectory, deleteExisting })
        assert.is(status, 1, subdirectory)
        assert.match(stderr, /^git-clone: Cannot clone into subdirectory ".*": .*(workspace|not a folder)$/m)
        assert.equal(await treeOf(dir), before, subdirectory)
      }
  }),
)

clone('takes a workspace that is a link itself, and links that stay inside', () =>
  withRepository(async ({ run, url, dir, output }) => {
    const linked = join(dir, 'linked')
    await symlink(output, linked)
    await mkdir(join(output, 'releases/1'), { recursive: true })
    await symlink('releases/1', join(output, 'current'))
    for (const [subdirectory, at] of [
      ['a/b', 'a/b'],
      ['current', 'releases/1'],
      ['current/app', 'releases/1/app'],
      ['', '.'],
    ] as const) {
      await succeed(run({ url, subdirectory }, { output: linked }))
      assert.equal(await readdir(join(output, at)), ['.git', 'README.md', 'docs'])
    }
  }),
)

clone('keeps no .git that is a link, or names another folder', () =>
  withRepository(async ({ run, url, dir, output }) => {
    const other = join(dir, 'other')
    await git(['init', '--quiet', other])
    const before = await treeOf(other)
    for (const make of [
      () => symlink(join(other, '.git'), join(output, '.git')),
      () => symlink('nowhere', join(output, '.git')),
      () => writeFile(join(output, '.git'), `gitdir: ${join(other, '.git')}\n`),
    ]) {
      await make()
      const { status, stderr } = await run({ url, deleteExisting: 'false' })
      assert.is(status, 1)
      assert.match(stderr, 'its .git is not a folder')
      assert.equal(await treeOf(other), before)
      await succeed(run({ url }))
      await rm(join(output, '.git'), { recursive: true })
    }
  }),
)

clone('takes hostile params for what they say', () =>
  withRepository(async ({ run, url, dir }) => {
    const canary = join(dir, 'canary')
    const hostile = `"; touch ${canary} #$(touch ${canary})\`touch ${canary}\``
    for (const param of [
      'url',
      'revision',
      'refspec',
      'subdirectory',
      'sparseCheckoutDirectories',
      'depth',
    ]) {
      await run({ url, [param]: hostile })
    }
    for (const option of [`--upload-pack=touch ${canary}`, '--help']) {
      assert.is.not((await run({ url: option })).status, 0)
      assert.is.not((await run({ url, revision: option })).status, 0)
      assert.is.not((await run({ url, refspec: option })).status, 0)
    }
    assert.not((await readdir(dir)).includes('canary'))
  }),
)

clone('reads .gitconfig where it is mounted, so that a new token counts at once', () =>
  withRepository(async ({ run, url, dir }) => {
    const auth = join(dir, 'auth')
    await mkdir(auth)
    await writeFile(
      join(auth, '.gitconfig'),
      `[url "${url}"]\n\tinsteadOf = https://git.example.com/app.git\n`,
    )
    await writeFile(join(auth, '.git-credentials'), '')
    const address = 'https://git.example.com/app.git'
    const { results } = await succeed(run({ url: address }, { 'basic-auth': auth }))
    assert.is(results['url'], address)
    assert.match(await readFile(join(dir, 'home/.gitconfig'), 'utf8'), /path = .*\/auth\/\.gitconfig/)
  }),
)

clone('checks out submodules, or not', () =>
  withRepository(async ({ run, url, dir, output }) => {
    await createRepository(dir, 'part')
    const work = join(dir, 'work')
    await git(['clone', '--quiet', url, work])
    const allow = ['-c', 'protocol.file.allow=always']
    await git([...allow, 'submodule', '--quiet', 'add', join(dir, 'part.git'), 'part'], work)
    await git(['commit', '--quiet', '--message', 'with a part'], work)
    await git(['push', '--quiet', 'origin', 'HEAD:main'], work)
    // Git takes submodules from the disk only where it is told to.
    const auth = join(dir, 'auth')
    await mkdir(auth)
    await writeFile(join(auth, '.gitconfig'), '[protocol "file"]\n\tallow = always\n')
    await succeed(run({ url }, { 'basic-auth': auth }))
    assert.ok((await readdir(join(output, 'part'))).includes('README.md'))
    await succeed(run({ url, submodules: 'false' }, { 'basic-auth': auth }))
    assert.equal(await readdir(join(output, 'part')), [])
  }),
)

clone.run()

type Setting = {
  readonly dir: string
  readonly url: string
  readonly output: string
  run(
    params: Readonly<Record<string, string>>,
    workspaces?: Readonly<Record<string, string>>,
  ): Promise<StepResult>
}

/** `app.git`: two commits on main, the first tagged v1, and a branch `side`. */
async function withRepository(use: (setting: Setting) => Promise<void>): Promise<void> {
  const task = await readTask('git-clone')
  await withTempDir(async dir => {
    await createRepository(dir, 'app')
    const url = join(dir, 'app.git')
    const seed = join(dir, 'app-seed')
    await git(['commit', '--quiet', '--amend', '--message', 'first'], seed)
    await git(['tag', 'v1'], seed)
    await mkdir(join(seed, 'docs'))
    await writeFile(join(seed, 'docs/guide.md'), '')
    await git(['add', '.'], seed)
    await git(['commit', '--quiet', '--message', 'second'], seed)
    await git(['push', '--quiet', '--force', url, 'main', 'v1'], seed)
    await git(['commit', '--quiet', '--allow-empty', '--message', 'side'], seed)
    await git(['push', '--quiet', url, 'HEAD:side'], seed)
    const output = join(dir, 'output')
    await mkdir(output)
    await use({
      dir,
      url,
      output,
      run: (params, workspaces = {}) => runStep(task, { dir, params, workspaces: { output, ...workspaces } }),
    })
  })
}

/** All paths below it but those that a step makes for itself; readdir would follow links. */
async function treeOf(dir: string): Promise<readonly string[]> {
  const { stdout } = await runCommand('find', ['.'], { cwd: dir })
  const paths = stdout.split('\n').sort()
  return paths.filter(path => !/^\.\/(home|results|script)/.test(path))
}

async function succeed(running: Promise<StepResult>): Promise<StepResult> {
  const result = await running
  assert.is(result.status, 0, result.stderr)
  return result
}
