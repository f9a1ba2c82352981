import { chmod, lstat, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startGitServer } from '../../cli/demo/git-server.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import { configMaps, connectorClasses, pods } from '../../kube/object/resources.ts'
import { type CommandResult, connectors, launcher, runCommand } from '../helpers/command.ts'
import { connectGit, untilReady } from '../helpers/connector-objects.ts'
import { createRepository, git } from '../helpers/git.ts'
import { type DevInstance, withInstance } from '../helpers/instance.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('connectors dev')

const credential = { username: 'user', password: 'canary-password' }

type Setup = { readonly dir: string; readonly url: string; readonly instance: DevInstance }

function withGit(use: (setup: Setup) => Promise<void>, args: readonly string[] = []): Promise<void> {
  return withTempDir(async dir => {
    await createRepository(dir, 'app')
    const password = new Sensitive(credential.password)
    const server = await startGitServer({ root: dir, username: credential.username, password, port: 0 })
    try {
      await withInstance(join(dir, 'data'), args, async instance => {
        await connectGit(instance.client, { address: server.url, credential, repository: 'app.git' })
        await untilReady(instance.client, 'Ready')
        await use({ dir, url: server.url, instance })
      })
    } finally {
      await server.close()
    }
  })
}

function assertRefused(result: CommandResult, status: number, message: string | RegExp): void {
  assert.is(result.status, status, result.stderr)
  assert.match(result.stderr, message)
  assert.not.match(result.stderr, /\n\s+at /)
}

test('the demo clones and pushes without a credential, and leaves nothing behind', () =>
  withTempDir(async dir => {
    const { status, stdout, stderr } = await connectors(['dev', '--demo', '--once'], { env: { TMPDIR: dir } })
    assert.is(status, 0, stderr)
    assert.match(stdout, '401 Unauthorized')
    assert.match(stdout, 'the server has')
    assert.match(stdout, 'git-receive-pack -> 200')
    assert.not.match(stdout, 'a-password-that-no-pod-ever-sees')
    assert.equal(await readdir(dir), [])
  }))

test('exec runs git against the tool, and passes its exit status on', () =>
  withGit(async ({ dir, url, instance }) => {
    const exec = (...command: string[]) =>
      instance.command(['exec', '--connector', 'default/git', '--', ...command])
    const clone = join(dir, 'clone')
    assert.is((await exec('git', 'clone', '--quiet', `${url}/app.git`, clone)).status, 0)
    await writeFile(join(clone, 'new.txt'), 'new')
    await git(['add', '.'], clone)
    await git(['commit', '--quiet', '--message', 'Second'], clone)
    const pushed = await exec('git', '-C', clone, 'push', '--quiet', 'origin', 'main')
    assert.is(pushed.status, 0, pushed.stderr)
    const listed = await exec('git', 'ls-remote', `${url}/app.git`, 'main')
    assert.match(listed.stdout, await git(['rev-parse', 'main'], clone))
    assert.is((await exec('sh', '-c', 'exit 7')).status, 7)
    assertRefused(await exec('no-such-command'), 5, '"no-such-command": it is not on the PATH as a program')
    assert.is((await instance.client.list(pods)).items.length, 0, 'no volume is left')
  }))

test('mount makes a volume that stays until it is removed', () =>
  withGit(async ({ instance }) => {
    const mounted = await instance.command(['mount', '--connector', 'default/git', '--output', 'json'])
    const { pod, path, files } = JSON.parse(mounted.stdout)
    const isMemory = (await stat(path)).dev !== (await stat(join(path, '..'))).dev
    assert.is(mounted.stderr.includes('a folder on disk that only you can enter'), !isMemory)
    assert.equal(files, ['.git-credentials', '.gitconfig', 'connector.status.proxyAddress', 'context.token'])
    for (const file of files) {
      assert.not.match(await readFile(join(path, file), 'utf8'), credential.password)
      assert.not.match(await readFile(join(path, file), 'utf8'), btoa(`user:${credential.password}`))
    }
    assert.is((await instance.command(['mount', '--remove', pod])).status, 0)
    await waitFor(async () => !(await exists(path)), { what: 'the volume to go' })
  }))

test('what cannot be mounted is refused in words that say what to fix', () =>
  withGit(async ({ instance }) => {
    const mount = (...args: string[]) => instance.command(['mount', '--connector', ...args])
    assertRefused(await mount('default/nope'), 3, 'connector "nope" not found in namespace "default"')
    assertRefused(await mount('default/git', '--configuration', 'nope'), 5, 'its class has gitconfig')
    assertRefused(
      await mount('default/git', '--namespace', 'kube-system'),
      5,
      'get on connectors and connectors/proxy',
    )
    assertRefused(await mount('a/b/c'), 2, '"a/b/c" is no namespace/name')

    const { client } = instance
    const original = await client.get(connectorClasses, { name: 'git' })
    const broken = { gitconfig: 'first line\n{{ .connector.metadata.name | nope }}\n' }
    await client.patch(
      connectorClasses,
      { name: 'git' },
      {
        patch: {
          spec: { configurations: [{ name: 'gitconfig', data: { '.gitconfig': broken.gitconfig } }] },
        },
      },
    )
    await untilReady(client, 'ConnectorClassNotReady')
    const failed = await mount('default/git')
    assertRefused(failed, 5, 'gitconfig/.gitconfig:2: function "nope" not defined')
    assert.match(failed.stderr, /\| nope \}\}\n\s+\^/)

    await client.delete(connectorClasses, { name: 'git' })
    await untilReady(client, 'ConnectorClassNotFound')
    assertRefused(await mount('default/git'), 5, 'connectorclass')
    const { resourceVersion: _, uid: __, ...metadata } = original.metadata
    await client.create(connectorClasses, { metadata, spec: original.spec })
    await untilReady(client, 'Ready')
  }))

test('outlives kill -9: what was acknowledged is there, and volumes are refreshed', () =>
  withTempDir(async dir => {
    const dataDir = join(dir, 'data')
    await createRepository(dir, 'app')
    const password = new Sensitive(credential.password)
    const server = await startGitServer({ root: dir, username: credential.username, password, port: 0 })
    try {
      const acknowledged: string[] = []
      const path = await withInstance(dataDir, [], async instance => {
        await connectGit(instance.client, { address: server.url, credential })
        await untilReady(instance.client, 'Ready')
        const { stdout } = await instance.command(['mount', '--connector', 'default/git'])
        const writers = Array.from({ length: 8 }, async (_, writer) => {
          for (let at = 0; ; at++) {
            const name = `storm-${writer}-${at}`
            await instance.client.create(configMaps, { metadata: { namespace: 'default', name } })
            acknowledged.push(name)
          }
        })
        // Each writer ends with the error that the kill gives it.
        const storm = Promise.allSettled(writers)
        await waitFor(() => acknowledged.length > 100)
        await instance.end('SIGKILL')
        await storm
        return stdout.trim()
      })
      const before = await readFile(join(path, 'context.token'), 'utf8')
      await withInstance(dataDir, [], async instance => {
        const kept = new Set((await instance.client.list(configMaps)).items.map(item => item.metadata.name))
        assert.equal(
          acknowledged.filter(name => !kept.has(name)),
          [],
        )
        await waitFor(async () => (await readFile(join(path, 'context.token'), 'utf8')) !== before, {
          what: 'the volume to be refreshed',
        })
        const env = { GIT_CONFIG_SYSTEM: join(path, '.gitconfig'), GIT_CONFIG_GLOBAL: '/dev/null' }
        const listed = await runCommand('git', ['ls-remote', `${server.url}/app.git`], { env })
        assert.is(listed.status, 0, listed.stderr)
      })
    } finally {
      await server.close()
    }
  }))

test('run.json is there only while it runs, for its owner alone', () =>
  withTempDir(async dir => {
    const dataDir = join(dir, 'data')
    const path = join(dataDir, 'run.json')
    await withInstance(dataDir, [], async instance => {
      assert.is((await stat(path)).mode & 0o777, 0o600)
      const facts = JSON.parse(await readFile(path, 'utf8'))
      assert.equal(Object.keys(facts).sort(), ['csiSocket', 'kubeconfig', 'metrics', 'pid', 'proxy'])
      await waitFor(() => instance.stdout().includes(`proxy ${facts.proxy}\n`), { what: 'the facts' })
      assertRefused(await connectors(['dev', '--data', dataDir]), 5, `process ${facts.pid} is using it`)
      assert.is(await instance.end('SIGTERM'), 0)
    })
    assert.not.ok(await exists(path))
    const late = await connectors(['mount', '--connector', 'a/b', '--data', dataDir])
    assertRefused(late, 6, 'is "connectors dev" running?')
  }))

test('a kubeconfig is for its owner alone, whatever was there, and links are not followed', () =>
  withTempDir(async dir => {
    const [dataDir, kubeconfig, victim] = [join(dir, 'data'), join(dir, 'config'), join(dir, 'victim')]
    await mkdir(join(dataDir, 'control-plane'), { recursive: true })
    for (const path of [kubeconfig, victim]) {
      await writeFile(path, 'precious')
      await chmod(path, 0o644)
    }
    for (const name of ['run.json.new', 'run.json', 'control-plane/identity.json.next'])
      await symlink(victim, join(dataDir, name))
    await withInstance(dataDir, ['--kubeconfig', kubeconfig], async () => {
      assert.is((await stat(kubeconfig)).mode & 0o777, 0o600)
      assert.is((await stat(join(dataDir, 'control-plane'))).mode & 0o777, 0o700)
      assert.is((await lstat(join(dataDir, 'run.json'))).isSymbolicLink(), false)
    })
    assert.is(await readFile(victim, 'utf8'), 'precious')
    const linked = join(dir, 'linked')
    await symlink(victim, linked)
    await withInstance(dataDir, ['--kubeconfig', linked], async () => {
      assert.is((await lstat(linked)).mode & 0o777, 0o600)
    })
    assert.is(await readFile(victim, 'utf8'), 'precious')
  }))

test('a data folder in which others have put links is refused, and nothing is written through them', () =>
  withTempDir(async dir => {
    const outside = join(dir, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'file'), '')
    for (const [at, to] of [
      ['control-plane', outside],
      ['control-plane/objects.journal', join(outside, 'file')],
      ['control-plane/objects.journal', join(outside, 'new')],
      ['control-plane/identity.json', join(outside, 'file')],
      ['kubelet', outside],
    ] as const) {
      const dataDir = join(dir, 'data')
      await mkdir(dirname(join(dataDir, at)), { recursive: true })
      await symlink(to, join(dataDir, at))
      assertRefused(
        await connectors(['dev', '--data', dataDir]),
        5,
        /as a private (folder|file): it is a link/,
      )
      assert.equal(await readdir(outside), ['file'], at)
      assert.is(await readFile(join(outside, 'file'), 'utf8'), '', at)
      await rm(dataDir, { recursive: true })
    }
  }))

test('applies manifests again when they change', () =>
  withTempDir(async dir => {
    const file = join(dir, 'map.yaml')
    const manifest = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {key: ${value}}\n`
    await writeFile(file, manifest('one'))
    await withInstance(join(dir, 'data'), ['--filename', file], async ({ client }) => {
      const value = async () =>
        (await client.find(configMaps, { namespace: 'default', name: 'map' }))?.data?.['key']
      await waitFor(async () => (await value()) === 'one')
      await writeFile(file, manifest('two'))
      await waitFor(async () => (await value()) === 'two')
    })
  }))

test('bad input at the start is one line and a fitting exit status', () =>
  withTempDir(async dir => {
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = String(typeof address === 'object' ? address?.port : '')
    await writeFile(join(dir, 'odd.yaml'), 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n')
    const cases: readonly [readonly string[], number, string | RegExp][] = [
      [['--proxy-port', port], 6, `Cannot start the proxy on port ${port}: the port is in use`],
      [['--api-port', port], 6, `Cannot start the control plane on port ${port}: the port is in use`],
      [['--proxy-port', 'x'], 2, '"x" is no port'],
      [['--listen', '0.0.0.0'], 2, 'loopback'],
      [['--filename', join(dir, 'none.yaml')], 2, 'it does not exist'],
      [['--filename', join(dir, 'odd.yaml')], 2, 'its kind is Widget'],
      [['--once'], 2, '--once goes with --demo'],
      [['--data', join(dir, 'd'.repeat(100))], 2, /socket/i],
    ]
    try {
      for (const [args, status, message] of cases)
        assertRefused(await connectors(['dev', ...args]), status, message)
    } finally {
      taken.close()
    }
    const node = join(launcher, '../../node_modules/.bin')
    const without = await runCommand('/bin/sh', [launcher, 'dev', '--demo', '--once'], {
      env: { PATH: await pathWithoutGit(dir, node) },
    })
    assertRefused(without, 5, 'git is not on the PATH')
  }))

/** A folder of links to what the launcher needs, and nothing else. */
async function pathWithoutGit(dir: string, node: string): Promise<string> {
  const bin = join(dir, 'bin')
  await runCommand('sh', [
    '-c',
    `mkdir ${bin} && ln -s "$(command -v dirname)" "$(command -v readlink)" ${bin}/`,
  ])
  return `${bin}:${node}`
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

test.run()
