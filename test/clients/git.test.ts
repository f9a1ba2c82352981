// The promises of the reverse proxy, kept with real git: against a running instance, a process of its own.
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type GitServer, startGitServer } from '../../cli/demo/git-server.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import { connectors, events, namespaces, secrets } from '../../kube/object/resources.ts'
import { runCommand } from '../helpers/command.ts'
import { connectGit, setPassword, untilReady } from '../helpers/connector-objects.ts'
import { createRepository, git, gitEnvironment } from '../helpers/git.ts'
import { type DevInstance, withInstance } from '../helpers/instance.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'

const test = suite('git through the proxy')

const credential = { username: 'user', password: 'canary-password' }
const mebibyte = 1024 * 1024

type Setup = {
  readonly dir: string
  readonly server: GitServer
  readonly instance: DevInstance
  /** A volume's path, there to the end. */
  readonly volume: string
  /** git with the volume's configuration and no other. */
  gitWith(args: readonly string[]): ReturnType<typeof runCommand>
}

type Files = Readonly<Record<string, Uint8Array>>

function withGit(use: (setup: Setup) => Promise<void>, files?: Files): Promise<void> {
  return withTempDir(async dir => {
    await createRepository(dir, 'app', files)
    const server = await serve(dir, credential.password)
    try {
      await withInstance(join(dir, 'data'), ['--log-level', 'info'], async instance => {
        await connectGit(instance.client, { address: server.url, credential, repository: 'app.git' })
        await untilReady(instance.client, 'Ready')
        const mounted = await instance.command(['mount', '--connector', 'default/git'])
        const volume = mounted.stdout.trim()
        const env = { ...gitEnvironment, GIT_CONFIG_GLOBAL: join(volume, '.gitconfig') }
        await use({ dir, server, instance, volume, gitWith: args => runCommand('git', args, { env }) })
      })
    } finally {
      await server.close()
    }
  })
}

function serve(root: string, password: string, port = 0): Promise<GitServer> {
  return startGitServer({ root, username: credential.username, password: new Sensitive(password), port })
}

async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

const large = Object.fromEntries(
  Array.from({ length: 4 }, (_, at) => [`file-${at}`, randomBytes(50 * mebibyte)]),
)

test('200 MB stream through, both ways, and the process does not grow with them', () =>
  withGit(async ({ dir, instance, server, gitWith }) => {
    const pid = instance.run.pid
    let peak = 0
    const sample = setInterval(async () => {
      peak = Math.max(peak, await residentMebibytes(pid))
    }, 20)
    try {
      const before = await residentMebibytes(pid)
      const clone = join(dir, 'clone')
      const cloned = await gitWith(['clone', '--quiet', `${server.url}/app.git`, clone])
      assert.is(cloned.status, 0, cloned.stderr)
      assert.ok((await readFile(join(clone, 'file-3'))).equals(large['file-3'] as Buffer))
      await createRepository(dir, 'copy')
      const pushed = await gitWith([
        '-C',
        clone,
        'push',
        '--quiet',
        `${server.url}/copy.git`,
        'main:refs/heads/all',
      ])
      assert.is(pushed.status, 0, pushed.stderr)
      assert.is(
        await git(['-C', join(dir, 'copy.git'), 'rev-parse', 'all']),
        await git(['rev-parse', 'main'], clone),
      )
      assert.ok(peak - before < 80, `grew by ${Math.round(peak - before)} MiB while 400 MiB passed`)
    } finally {
      clearInterval(sample)
    }
  }, large))

test('a submodule on another host gets no token', () =>
  withGit(async ({ dir, server, volume, gitWith }) => {
    const asked: string[] = []
    const other = createServer((request, response) => {
      asked.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`)
      response.writeHead(404).end()
    })
    await new Promise<void>(resolve => other.listen(0, '127.0.0.2', resolve))
    try {
      const url = `http://127.0.0.2:${(other.address() as AddressInfo).port}/sub.git`
      const seed = join(dir, 'app-seed')
      const modules = `[submodule "sub"]\n\tpath = sub\n\turl = ${url}\n`
      await runCommand('sh', ['-c', 'cat > .gitmodules'], { cwd: seed, input: modules })
      const commit = await git(['rev-parse', 'HEAD'], seed)
      await git(['add', '.gitmodules'], seed)
      await git(['update-index', '--add', '--cacheinfo', `160000,${commit},sub`], seed)
      await git(['commit', '--quiet', '--message', 'Submodule'], seed)
      await git(['push', '--quiet', join(dir, 'app.git'), 'main'], seed)
      const cloned = await gitWith([
        'clone',
        '--recurse-submodules',
        `${server.url}/app.git`,
        join(dir, 'clone'),
      ])
      assert.is.not(cloned.status, 0, 'the other host has no such repository')
      assert.ok(asked.length > 0, 'git asked the other host')
      const token = (await readFile(join(volume, 'context.token'), 'utf8')).trim()
      for (const request of asked) {
        assert.not.match(request.toLowerCase(), 'authorization')
        assert.not.match(request, token)
        assert.not.match(request, btoa(`:${token}`))
      }
    } finally {
      other.close()
    }
  }))

test('a changed Secret is used by the next request, within two seconds', () =>
  withGit(async ({ dir, server, instance, gitWith }) => {
    const listing = () => gitWith(['ls-remote', `${server.url}/app.git`])
    assert.is((await listing()).status, 0)
    const port = Number(new URL(server.url).port)
    await server.close()
    const changed = await serve(dir, 'another-password', port)
    try {
      assert.is.not((await listing()).status, 0, 'the old password is refused')
      await setPassword(instance.client, 'another-password')
      await waitFor(async () => (await listing()).status === 0, { timeoutMs: 2000, what: 'the new password' })
    } finally {
      await changed.close()
    }
  }))

test('a wrong password, a server that is down and one that is back show in the condition', () =>
  withGit(async ({ dir, server, instance }) => {
    await setPassword(instance.client, 'wrong')
    await untilReady(instance.client, 'AuthenticationFailed')
    await setPassword(instance.client, credential.password)
    await untilReady(instance.client, 'Ready')
    const port = Number(new URL(server.url).port)
    await server.close()
    // A change is probed at once, an unchanged Connector at its interval.
    await setPassword(instance.client, 'anything')
    await untilReady(instance.client, 'ConnectionFailed')
    await setPassword(instance.client, credential.password)
    const back = await serve(dir, credential.password, port)
    try {
      await untilReady(instance.client, 'Ready', 30_000)
    } finally {
      await back.close()
    }
  }))

test('a deleted Connector is refused at once', () =>
  withGit(async ({ server, instance, gitWith }) => {
    assert.is((await gitWith(['ls-remote', `${server.url}/app.git`])).status, 0)
    await instance.client.delete(connectors, { namespace: 'default', name: 'git' })
    const refused = await waitFor(
      async () => {
        const result = await gitWith(['ls-remote', `${server.url}/app.git`])
        return result.status === 0 ? undefined : result
      },
      { timeoutMs: 1000, what: 'the refusal' },
    )
    assert.match(refused.stderr, /403|not found/)
  }))

test('a revoked grant is refused within a minute', () =>
  withGit(async ({ server, instance, gitWith }) => {
    const listing = () => gitWith(['ls-remote', `${server.url}/app.git`])
    assert.is((await listing()).status, 0)
    await instance.client.patch(
      namespaces,
      { name: 'default' },
      {
        patch: { metadata: { annotations: { 'connectors.cpaas.io/scope-grants': 'false' } } },
      },
    )
    const refused = await waitFor(
      async () => {
        const result = await listing()
        return result.status === 0 ? undefined : result
      },
      { timeoutMs: 60_000, intervalMs: 1000, what: 'the refusal' },
    )
    assert.match(refused.stderr, '403')
  }))

test('neither password nor token is anywhere but where it belongs', () =>
  withGit(async ({ dir, server, instance, volume, gitWith }) => {
    const { client } = instance
    await gitWith(['clone', '--quiet', `${server.url}/app.git`, join(dir, 'clone')])
    await setPassword(client, 'wrong-canary-password')
    await untilReady(client, 'AuthenticationFailed')
    await gitWith(['ls-remote', `${server.url}/app.git`])
    await instance.command(['mount', '--connector', 'default/git', '--configuration', 'nope'])

    const token = (await readFile(join(volume, 'context.token'), 'utf8')).trim()
    const signature = token.split('.')[2] ?? ''
    const passwords = [
      'canary-password',
      btoa(`user:${credential.password}`),
      btoa('user:wrong-canary-password'),
    ]
    const told = [instance.stdout(), instance.stderr()]
    told.push(
      JSON.stringify([
        await client.list(connectors),
        await client.list(events),
        await client.list(namespaces),
      ]),
    )
    assert.match(told.join(), '"audit":"request"')
    for (const text of told) for (const secret of [...passwords, signature]) assert.not.match(text, secret)
    for (const file of (await readdir(volume)).filter(name => !name.startsWith('..'))) {
      const text = await readFile(join(volume, file), 'utf8')
      for (const password of passwords) assert.not.match(text, password)
    }
    const held = (await client.list(secrets, { namespace: 'default' })).items
    assert.is(held.length, 1)
  }))

test.run()
