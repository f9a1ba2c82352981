// run.json: how other commands find the instance that runs on this machine. Spec: standalone.md.
import { lstat, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'
import { replaceFile } from '../../runtime/private-file.ts'

export type RunFile = {
  readonly pid: number
  /** Path. */
  readonly kubeconfig: string
  /** Path. */
  readonly csiSocket: string
  /** Base URL of the proxy. */
  readonly proxy: string
  /** Base URL of the metrics and health of the components. */
  readonly metrics: string
}

/** How the folder of an instance begins that was not told where to keep its objects. */
export const temporaryPrefix = 'connectors-'

/** Folders of a data directory that more than one command knows. */
export function runFilePath(dataDir: string): string {
  return join(dataDir, 'run.json')
}

export function kubeletDir(dataDir: string): string {
  return join(dataDir, 'kubelet')
}

export async function writeRunFile(dataDir: string, content: RunFile): Promise<void> {
  await replaceFile(runFilePath(dataDir), file => file.writeFile(`${JSON.stringify(content, null, 2)}\n`))
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(runFilePath(dataDir), { force: true })
}

export type RunningInstance = { readonly dataDir: string; readonly run: RunFile }

/** The instance of `--data DIR`, the one whose kubeconfig `KUBECONFIG` names, or the only one that runs. */
export async function findInstance(from: {
  readonly data: string | undefined
  readonly kubeconfig: string | undefined
}): Promise<RunningInstance> {
  // A list of files, of which an instance's is the first.
  const [kubeconfig] = (from.kubeconfig ?? '').split(delimiter)
  const dataDir = from.data ?? (kubeconfig ? dirname(kubeconfig) : undefined)
  if (dataDir === undefined) return findOnlyInstance()
  const run = await readRunFile(dataDir)
  if (run === undefined)
    throw notRunning(
      `there is no run.json in "${dataDir}"; is "connectors dev" running? If so, name its folder by --data`,
    )
  if (!isRunning(run.pid)) throw notRunning(`the one in "${dataDir}" has ended; start "connectors dev" again`)
  return { dataDir, run }
}

/** Of those that keep nothing, and so are in a folder that they named themselves. */
async function findOnlyInstance(): Promise<RunningInstance> {
  const root = await realpath(tmpdir())
  const names = (await readdir(root)).filter(name => name.startsWith(temporaryPrefix))
  const found = await Promise.all(names.map(name => ownInstance(join(root, name))))
  const [instance, ...others] = found.filter(item => item !== undefined)
  if (instance === undefined) {
    throw notRunning('neither --data DIR nor KUBECONFIG says which; start one with "connectors dev"')
  }
  if (others.length === 0) return instance
  const folders = [instance, ...others].map(({ dataDir }) => dataDir).sort()
  throw notRunning(`several are; say by --data which of ${folders.join(', ')} is meant`)
}

/** Anybody may put a folder there: only what is this user's own counts. */
async function ownInstance(dataDir: string): Promise<RunningInstance | undefined> {
  const owners = await Promise.all(
    [dataDir, runFilePath(dataDir)].map(path => lstat(path).catch(() => undefined)),
  )
  if (!owners.every(found => found?.uid === process.getuid?.())) return undefined
  const run = await readRunFile(dataDir)
  return run !== undefined && isRunning(run.pid) ? { dataDir, run } : undefined
}

export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  try {
    return JSON.parse(await readFile(runFilePath(dataDir), 'utf8')) as RunFile
  } catch {
    return undefined
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function notRunning(why: string): ConnectorsError {
  return new ConnectorsError('UNAVAILABLE', 'NotRunning', `Cannot find a running instance: ${why}`)
}
