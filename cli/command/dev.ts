// connectors dev: the whole system on one machine, until it is told to stop. Spec: standalone.md.
import { statSync, watch } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { type Manifest, readManifests } from '../../kube/object/manifests.ts'
import { logLevels } from '../../runtime/log.ts'
import { aborted, listenForShutdown } from '../../runtime/shutdown.ts'
import { parseCommandLine, usageError } from '../arguments.ts'
import type { DemoOptions } from '../demo/demo.ts'
import { applyManifest } from '../dev/apply-manifest.ts'
import { type Instance, startInstance } from '../dev/instance.ts'
import { readRunFile, removeRunFile, temporaryPrefix, writeRunFile } from '../dev/run-file.ts'
import { reportFailure } from '../exit-status.ts'
import { openJsonLines, printLine, printText } from '../output.ts'

export const help = `Usage: connectors dev [OPTION...]

Runs the controller, the proxy and the CSI driver on this machine, on an embedded control plane that kubectl can
talk to. For development and tests; nothing of the embedded control plane is used in a cluster.

Options:
  --data DIR            keep objects and keys in DIR over restarts (default: a temporary folder)
  -f, --filename PATH   apply manifests of a file or folder, again when they change; repeat for several
  --kubeconfig FILE     where to write the administrator's kubeconfig (default: DIR/kubeconfig)
  --listen ADDRESS      a loopback address (default: 127.0.0.1)
  --api-port PORT       of the control plane (default: a free one)
  --proxy-port PORT     of the reverse proxy (default: a free one)
  --no-builtins         do not load the built-in ConnectorClasses and ResourceInterfaces
  --log-level LEVEL     ${logLevels.join(', ')} (default: warn)
  --demo                show a clone and a push without a credential, then stay up
  --once                with --demo: end after it
`

const options = {
  data: { type: 'string' },
  filename: { type: 'string', short: 'f', multiple: true },
  kubeconfig: { type: 'string' },
  listen: { type: 'string', default: '127.0.0.1' },
  'api-port': { type: 'string' },
  'proxy-port': { type: 'string' },
  'no-builtins': { type: 'boolean', default: false },
  'log-level': { type: 'string', default: 'warn' },
  demo: { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
} as const

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine('dev', args, options)
  const logLevel = logLevels.find(level => level === values['log-level'])
  if (logLevel === undefined) throw usageError('dev', `"${values['log-level']}" is no log level`)
  if (values.once && !values.demo) throw usageError('dev', '--once goes with --demo')
  const ports = { api: parsePort(values['api-port']), proxy: parsePort(values['proxy-port']) }
  const manifests = new Map<string, readonly Manifest[]>()
  for (const path of values.filename ?? []) manifests.set(path, await readManifests(path))

  // Before anything is acquired: a signal that comes early must find someone who cleans up.
  const shutdown = listenForShutdown({
    source: process,
    exit: code => {
      if (performance.now() - stoppedAtMs > sameSignalMs) process.exit(code)
    },
  })
  let stoppedAtMs = 0
  shutdown.signal.addEventListener('abort', () => {
    stoppedAtMs = performance.now()
  })
  const folder = await openDataDir(values.data)
  try {
    const output = openJsonLines(2)
    // The demo shows what was recorded meanwhile as its last step; from then on lines go where logs go.
    let audit: string[] | undefined = values.demo ? [] : undefined
    const instance = await startInstance({
      dataDir: folder.path,
      isDurable: folder.isDurable,
      listen: values.listen,
      ports: { api: ports.api, proxy: ports.proxy ?? folder.lastProxyPort },
      kubeconfig: resolve(values.kubeconfig ?? join(folder.path, 'kubeconfig')),
      loadsBuiltins: !values['no-builtins'],
      logLevel,
      writeLog: output.write,
      writeAudit: line => (audit === undefined ? output.write(line) : audit.push(line)),
    })
    try {
      for (const list of manifests.values())
        for (const item of list) await applyManifest(instance.client, item)
      await writeRunFile(folder.path, instance.run)
      if (values.demo)
        return await demo(instance, {
          folder: folder.path,
          once: values.once,
          takeAudit: () => {
            const lines = audit ?? []
            audit = undefined
            return lines
          },
          signal: shutdown.signal,
        })
      printFacts(folder.path, instance)
      const watchers = [...manifests.keys()].map(path => followManifests(path, instance.client))
      await aborted(shutdown.signal)
      for (const close of watchers) close()
      return 0
    } catch (error) {
      // Told to stop in the middle of the demo: what failed then, failed of that.
      if (values.demo && shutdown.signal.aborted) return 130
      throw error
    } finally {
      await removeRunFile(folder.path)
      await instance.stop()
      output.flush()
    }
  } finally {
    await folder.close()
    shutdown.dispose()
  }
}

/** npm passes on what the terminal has sent already: one Ctrl-C comes twice. */
const sameSignalMs = 500

async function demo(instance: Instance, options: DemoOptions): Promise<number> {
  const { runDemo } = await import('../demo/demo.ts')
  return runDemo(instance, options)
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65_535) return port
  throw usageError('dev', `"${text}" is no port`)
}

/** Like `mkdir -p`; Node's own never ends where a folder refuses entries as missing, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return
  if (path !== dirname(path)) await makeFolder(dirname(path))
  await mkdir(path, { mode: 0o700 })
}

type DataDir = {
  readonly path: string
  readonly isDurable: boolean
  /** Of an instance that ended without cleaning up: rendered files may still name it. */
  readonly lastProxyPort: number
  close(): Promise<void>
}

async function openDataDir(given: string | undefined): Promise<DataDir> {
  if (given === undefined) {
    const path = await mkdtemp(join(await realpath(tmpdir()), temporaryPrefix))
    const close = () => rm(path, { recursive: true, force: true })
    return { path, isDurable: false, lastProxyPort: 0, close }
  }
  try {
    await makeFolder(resolve(given))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? `it is a file, or below one (${code})` : code
    throw new ConnectorsError('INVALID', 'DataDirInvalid', `Cannot use "${given}" as data folder: ${why}`)
  }
  const path = await realpath(given)
  const last = await readRunFile(path)
  const lastProxyPort = last === undefined ? 0 : Number(new URL(last.proxy).port)
  return { path, isDurable: true, lastProxyPort, close: async () => {} }
}

function printFacts(folder: string, { run }: Instance): void {
  printText(`data ${folder}
kubeconfig ${run.kubeconfig}
proxy ${run.proxy}
csi ${run.csiSocket}
metrics ${run.metrics}
`)
}

/** Applies a file or folder again when it changes; what is wrong with it is told, and the last good state stays. */
function followManifests(path: string, client: KubeClient): () => void {
  let timer: NodeJS.Timeout | undefined
  const apply = async () => {
    for (const manifest of await readManifests(path)) await applyManifest(client, manifest)
    printLine(`applied ${path}`)
  }
  // An editor writes in several steps: the last one counts.
  // A file is watched through its folder, for editors that put a new file in the old one's place.
  const isFolder = statSync(path).isDirectory()
  const watcher = watch(isFolder ? path : dirname(path), { recursive: isFolder }, (_, name) => {
    if (!isFolder && name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(() => apply().catch(reportFailure), 100)
  })
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}
