// The demo: a clone and a push through the proxy with nothing but a mounted volume, step by step.
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isTrue } from '../../connector/condition.ts'
import type { Connector } from '../../connector/connector.ts'
import { ConnectorsError } from '../../connector/errors.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import { type Manifest, readManifests } from '../../kube/object/manifests.ts'
import { connectors } from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { makePrivateFolder } from '../../runtime/private-file.ts'
import { aborted } from '../../runtime/shutdown.ts'
import { applyManifest } from '../dev/apply-manifest.ts'
import type { Instance } from '../dev/instance.ts'
import { printText } from '../output.ts'
import { mountVolume } from '../volume.ts'
import { type GitServer, startGitServer } from './git-server.ts'
import { Steps } from './steps.ts'

export type DemoOptions = {
  /** The instance's folder. */
  readonly folder: string
  readonly once: boolean
  /** The proxy's audit lines so far; later ones are no longer kept. */
  readonly takeAudit: () => readonly string[]
  readonly signal: AbortSignal
}

const run = promisify(execFile)
const demoKey = { namespace: 'demo', name: 'demo' }
const manifestFile = fileURLToPath(new URL('demo.yaml', import.meta.url))

/** The exit status. */
export async function runDemo(instance: Instance, options: DemoOptions): Promise<number> {
  const steps = new Steps({ write: printText, signal: options.signal })
  const work = join(options.folder, 'demo')
  const manifests = await readManifests(manifestFile)
  const credential = credentialOf(manifests)
  const server = await steps.run('start a Git server that refuses anonymous access', async () => {
    const server = await startServer(work, { manifests, credential })
    return [server, server.url]
  })
  try {
    await showRefusal(steps, server)
    await connect(steps, { instance, manifests, server, signal: options.signal })
    await cloneAndPush(steps, { instance, work, server, credential, signal: options.signal })
    await steps.run('read what the proxy recorded', async () => {
      const lines = options.takeAudit().map(describeAudit)
      return [undefined, `${lines.length} requests${lines.map(line => `\n      ${line}`).join('')}`]
    })
    printText(`\nA private repository was cloned and pushed to; its password was on the proxy alone.\n`)
    if (!options.once) await stayUp(instance, { server, signal: options.signal })
    return 0
  } finally {
    await server.close()
  }
}

type DemoCredential = { readonly username: string; readonly password: Sensitive }

function credentialOf(manifests: readonly Manifest[]): DemoCredential {
  const secret = manifests.find(({ object }) => object.kind === 'Secret')?.object as
    | { readonly stringData?: Readonly<Record<string, string>> }
    | undefined
  const { username = '', password = '' } = secret?.stringData ?? {}
  return { username, password: new Sensitive(password) }
}

async function startServer(
  work: string,
  { manifests, credential }: { readonly manifests: readonly Manifest[]; readonly credential: DemoCredential },
): Promise<GitServer> {
  const root = join(work, 'server')
  await makePrivateFolder(work)
  await mkdir(root, { recursive: true })
  const wanted = new URL(connectorOf(manifests).spec.address ?? '')
  const server = await startGitServer({ root, ...credential, port: Number(wanted.port) })
  await git(['init', '--quiet', '--bare', join(root, 'app.git')], { work })
  const seed = join(work, 'seed')
  await git(['init', '--quiet', seed], { work })
  await writeFile(join(seed, 'README.md'), '# app\n')
  await git(['-C', seed, 'add', '.'], { work })
  await git(['-C', seed, 'commit', '--quiet', '--message', 'First commit'], { work })
  await git(['-C', seed, 'push', '--quiet', join(root, 'app.git'), 'HEAD'], { work })
  return server
}

function connectorOf(manifests: readonly Manifest[]): Connector {
  const found = manifests.find(({ object }) => object.kind === 'Connector')
  if (found === undefined) throw new Error('the demo has no Connector')
  return found.object as Connector
}

async function showRefusal(steps: Steps, server: GitServer): Promise<void> {
  await steps.run('ask it without a credential', async () => {
    const response = await fetch(`${server.url}/app.git/info/refs?service=git-upload-pack`)
    await response.body?.cancel()
    if (response.status !== 401)
      throw failure(`the Git server answered ${response.status} to an anonymous request`)
    return [undefined, `${response.status} ${response.statusText}`]
  })
}

async function connect(
  steps: Steps,
  {
    instance: { client },
    manifests,
    server,
    signal,
  }: {
    readonly instance: Instance
    readonly manifests: readonly Manifest[]
    readonly server: GitServer
    readonly signal: AbortSignal
  },
): Promise<void> {
  await steps.run('apply a Secret with the password, and a Connector', async () => {
    for (const manifest of manifests) await applyManifest(client, withAddress(manifest, server.url))
    return [undefined, `connector ${demoKey.namespace}/${demoKey.name} of class git`]
  })
  await steps.run('wait until the controller has checked it', async () => {
    for (const deadline = performance.now() + 20_000; ; ) {
      const { status } = await client.get(connectors, demoKey)
      if (isTrue(status?.conditions, 'Ready'))
        return [undefined, `Ready, at ${status?.proxy?.httpAddress?.url}`]
      if (performance.now() > deadline) {
        const ready = status?.conditions?.find(condition => condition.type === 'Ready')
        throw failure(
          `the Connector is not Ready: ${ready?.reason ?? 'no condition yet'} ${ready?.message ?? ''}`,
        )
      }
      await systemClock.sleep(20, { signal })
    }
  })
}

/** The port of the manifest may be taken on this machine. */
function withAddress(manifest: Manifest, address: string): Manifest {
  if (manifest.object.kind !== 'Connector') return manifest
  const connector = manifest.object as Connector
  const object = { ...connector, spec: { ...connector.spec, address } }
  return { ...manifest, object }
}

async function cloneAndPush(
  steps: Steps,
  {
    instance,
    work,
    server,
    credential,
    signal,
  }: {
    readonly instance: Instance
    readonly signal: AbortSignal
    readonly work: string
    readonly server: GitServer
    readonly credential: DemoCredential
  },
): Promise<void> {
  const dataDir = join(work, '..')
  const request = {
    connectors: [demoKey],
    configurations: ['gitconfig'],
    namespace: demoKey.namespace,
    serviceAccount: 'default',
  }
  const volume = await steps.run('mount a volume through the CSI driver', async () => {
    const volume = await mountVolume({ dataDir, run: instance.run }, request, {
      client: instance.client,
      signal,
    })
    return [volume, volume.path]
  })
  try {
    const files = await readFiles(volume.path)
    await steps.run('look into it', async () => [undefined, describeFiles(files)])
    const url = `${server.url}/app.git`
    const clone = join(work, 'clone')
    const environment = { work, gitconfig: join(volume.path, '.gitconfig') }
    await steps.run(`git clone ${url}`, async () => {
      await git(['clone', '--quiet', url, clone], environment)
      return [undefined, (await readdir(clone)).filter(name => name !== '.git').join(' ')]
    })
    await steps.run('git push', async () => {
      await writeFile(join(clone, 'hello.txt'), 'Pushed without a password\n')
      await git(['-C', clone, 'add', '.'], environment)
      await git(['-C', clone, 'commit', '--quiet', '--message', 'Say hello'], environment)
      await git(['-C', clone, 'push', '--quiet', 'origin', 'HEAD'], environment)
      const { stdout } = await git(['-C', join(work, 'server', 'app.git'), 'log', '-1', '--format=%h %s'], {
        work,
      })
      return [undefined, `the server has ${stdout.trim()}`]
    })
    await steps.run('look for the password in every file of the volume', async () => {
      const secrets = [
        credential.password.reveal(),
        btoa(`${credential.username}:${credential.password.reveal()}`),
      ]
      const found = files.filter(file => secrets.some(secret => file.text.includes(secret)))
      if (found.length > 0) throw failure(`the password is in ${found.map(file => file.name).join(', ')}`)
      return [undefined, `it is in none of ${files.length}`]
    })
  } finally {
    await volume.remove()
  }
}

type VolumeFile = { readonly name: string; readonly text: string }

async function readFiles(path: string): Promise<readonly VolumeFile[]> {
  const names = (await readdir(path)).filter(name => !name.startsWith('..')).sort()
  return Promise.all(names.map(async name => ({ name, text: await readFile(join(path, name), 'utf8') })))
}

function describeFiles(files: readonly VolumeFile[]): string {
  return files.map(({ name, text }) => `\n      ${name}${indented(shortened(text))}`).join('')
}

function indented(text: string): string {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return lines.map(line => `\n        ${line.replaceAll('\t', '  ')}`).join('')
}

/** Long runs without a space are tokens. */
function shortened(text: string): string {
  return text.replace(
    /[A-Za-z0-9+/=._-]{80,}/g,
    token => `${token.slice(0, 16)}... (${token.length} characters)`,
  )
}

function describeAudit(line: string): string {
  const { caller, connector, method, path, status } = JSON.parse(line)
  return `${caller ?? 'nobody'} used ${connector}: ${method} ${path} -> ${status}`
}

/** Real git, without any configuration of this machine or its user. */
async function git(
  args: readonly string[],
  { work, gitconfig = '/dev/null' }: { readonly work: string; readonly gitconfig?: string },
): Promise<{ readonly stdout: string }> {
  const identity = { NAME: 'Demo', EMAIL: 'demo@example.com' }
  const env = {
    PATH: process.env['PATH'],
    HOME: work,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: gitconfig,
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: identity.NAME,
    GIT_AUTHOR_EMAIL: identity.EMAIL,
    GIT_COMMITTER_NAME: identity.NAME,
    GIT_COMMITTER_EMAIL: identity.EMAIL,
  }
  try {
    return await run('git', [...args], { env })
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string }
    throw failure(
      `git ${args.find(arg => !arg.startsWith('-') && !arg.includes('/'))} failed: ${stderr.trim()}`,
    )
  }
}

function failure(why: string): ConnectorsError {
  return new ConnectorsError(
    'PRECONDITION',
    'DemoFailed',
    `Cannot go on with the demo: ${why}; what each part says shows 'bin/connectors dev --demo --log-level info'`,
  )
}

async function stayUp(
  { run: { kubeconfig } }: Instance,
  { server, signal }: { readonly server: GitServer; readonly signal: AbortSignal },
): Promise<void> {
  printText(`
It stays up until Ctrl-C. In another terminal, from this folder:
  export KUBECONFIG=${kubeconfig}
  kubectl get connectors -A
  bin/connectors exec --connector demo/demo -- git clone ${server.url}/app.git /tmp/app
  bin/connectors mount --connector demo/demo
  bin/connectors resolve --interface gitcoderepository --connector demo/demo --param repository=app.git
`)
  await aborted(signal)
  printText('\nStopping.\n')
}
