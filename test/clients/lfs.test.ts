// Git LFS behind a stock nginx, of a server that repeats the request's Authorization in its answers: the client never
// gets it, under no spelling and no content type, and real git-lfs pushes and pulls. Spec: proxy.md, "What comes back".
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand } from '../helpers/command.ts'
import { connectGit, untilReady } from '../helpers/connector-objects.ts'
import { createRepository, gitEnvironment } from '../helpers/git.ts'
import { withInstance } from '../helpers/instance.ts'
import { type BootedProxy, basicOf, bootProxy, canaryPassword, type Reply } from '../helpers/proxy.ts'
import { formsOf } from '../helpers/secret-forms.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { type LfsServer, withLfsServer } from './lfs/server.ts'
import { passing } from './paths/spellings.ts'

const test = suite('clients/lfs')

const batch = '/r.git/info/lfs/objects/batch'
const oid = 'ab'.repeat(32)
const object = `/r.git/info/lfs/objects/${oid}`
const types = [
  'application/vnd.git-lfs+json',
  'application/json',
  'text/json',
  'application/octet-stream',
  'none',
]
/** As the query asks for them. */
const answers = types.flatMap(type =>
  ['known', 'none'].map(length => `type=${encodeURIComponent(type)}&length=${length}`),
)
const streamed = `type=${encodeURIComponent('application/octet-stream')}&length=none`
/** In which the server repeats the credential. */
const forms = ['header', 'url-safe', 'plain', 'percent', 'query', 'elsewhere']
const authorization = basicOf('robot', canaryPassword)

function withLfs(use: (proxy: BootedProxy, server: LfsServer) => Promise<void>): Promise<void> {
  return withTempDir(root =>
    withLfsServer({ root, authorization }, server =>
      bootProxy(proxy => use(proxy, server), { address: () => server.url }),
    ),
  )
}

/** Asks for a batch, or for one object by the older API, as somebody who does not say what is accepted. */
function ask(proxy: BootedProxy, path: string): Promise<Reply> {
  if (path.includes(oid)) return proxy.keep(path)
  const body = JSON.stringify({ operation: 'download', objects: [{ oid, size: 1 }] })
  return proxy.keep(path, { method: 'POST', body })
}

const encoded = authorization.slice('Basic '.length)
const written = JSON.stringify(canaryPassword).slice(1, -1)
/** As it is, in Base64 of both alphabets, in URLs, as JSON has it. */
const secrets = [
  ...formsOf(canaryPassword),
  ...formsOf(`robot:${canaryPassword}`),
  ...[encoded, canaryPassword, written].flatMap(text => [
    text.replace(/=+$/, ''),
    text.replaceAll('/', '\\/'),
    text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
    encodeURIComponent(text),
    encodeURIComponent(text).toLowerCase(),
  ]),
]

function leaksOf({ raw }: Reply): readonly string[] {
  return secrets.filter(secret => raw.includes(secret))
}

test('no spelling of an LFS path brings the credential to the client, whatever the type of the answer', () =>
  withLfs(async (proxy, server) => {
    const spellings = passing.filter(path => /batch/i.test(path) && !path.includes('?'))
    const older = spellings.map(path => path.replace(/(?:batch|%(?:25)*62atch)/i, oid))
    const leaks: string[] = []
    const askAll = async (paths: readonly string[]) => {
      for (const path of paths) {
        for (const answer of answers) {
          const reply = await ask(proxy, `${path}?${answer}`)
          for (const leak of leaksOf(reply)) leaks.push(`${path} ${answer}: ${leak}`)
        }
      }
    }
    await Promise.all([askAll(spellings), askAll(older)])
    assert.equal(leaks, [])
    // nginx makes the server's own path of some ten spellings of each.
    const said = server.said()
    for (const path of [batch, object]) {
      const count = said.filter(own => own === path).length
      assert.ok(count >= 5 * answers.length, `${path}: ${count} of ${spellings.length * answers.length}`)
    }
  }))

test('a client gets what it can use, without the credential in whatever form, or a refusal', () =>
  withLfs(async proxy => {
    for (const path of [batch, object]) {
      for (const answer of answers) {
        // Taken for an object, which is not read whole: it is looked through.
        const isStream = answer === streamed && path === object
        for (const form of forms) {
          const reply = await ask(proxy, `${path}?${answer}&form=${form}`)
          const at = `${path} ${form} ${answer}: ${reply.raw}`
          assert.equal(leaksOf(reply), [], at)
          if (isStream) continue
          assert.is(reply.status, form === 'query' ? 502 : 200, at)
          if (form === 'query') continue
          const found = JSON.parse(reply.body)
          const [{ actions, _links }] = found.objects ?? [found]
          for (const { download } of [actions, _links]) assert.equal(download, actionIn(form), at)
        }
      }
    }
  }))

function actionIn(form: string) {
  if (form === 'elsewhere') return { href: 'https://blobs.example/1', header: { 'X-Kept': '1' } }
  return { href: `http://c-app.team.svc/r.git/lfs/${oid}`, header: {} }
}

test('git-lfs pushes an object of 3 MB and pulls it again', () =>
  withTempDir(async root => {
    const password = 'canary-password'
    await createRepository(root, 'r')
    await withLfsServer({ root, authorization: basicOf('user', password) }, server =>
      withInstance(join(root, 'data'), ['--log-level', 'info'], async instance => {
        const credential = { username: 'user', password }
        await connectGit(instance.client, { address: server.url, credential, repository: 'r.git' })
        await untilReady(instance.client, 'Ready')
        const volume = (await instance.command(['mount', '--connector', 'default/git'])).stdout.trim()
        let told = ''
        const git = async (cwd: string, ...args: string[]) => {
          const env = {
            ...gitEnvironment,
            GIT_CONFIG_GLOBAL: join(volume, '.gitconfig'),
            GIT_LFS_SKIP_SMUDGE: '1',
          }
          const { status, stdout, stderr } = await runCommand('git', args, { cwd, env })
          told += stdout + stderr
          assert.is(status, 0, `git ${args.join(' ')}: ${stderr}`)
        }
        const [first, second] = [join(root, 'first'), join(root, 'second')]
        const object = randomBytes(3 * 1024 * 1024)
        await git(root, 'clone', '--quiet', `${server.url}/r.git`, first)
        await git(first, 'lfs', 'install', '--local')
        await git(first, 'lfs', 'track', '*.bin')
        await writeFile(join(first, 'large.bin'), object)
        await git(first, 'add', '.')
        await git(first, 'commit', '--quiet', '--message', 'Large')
        await git(first, 'push', '--quiet', 'origin', 'main')
        const stored = (await readdir(root)).filter(name => name.startsWith('lfs-'))
        assert.is(stored.length, 1)
        assert.ok((await readFile(join(root, stored[0] ?? ''))).equals(object))

        await git(root, 'clone', '--quiet', `${server.url}/r.git`, second)
        assert.match(await readFile(join(second, 'large.bin'), 'utf8'), 'git-lfs.github.com/spec')
        await git(second, 'lfs', 'install', '--local')
        await git(second, 'lfs', 'pull')
        assert.ok((await readFile(join(second, 'large.bin'))).equals(object))
        for (const secret of [password, basicOf('user', password).slice(6)]) assert.not.match(told, secret)
      }),
    )
  }))

test.run()
