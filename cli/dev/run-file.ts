// run.json: how other commands find the instance that runs on this machine. Spec: standalone.md.
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'

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

/** Folders of a data directory that more than one command knows. */
export function runFilePath(dataDir: string): string {
  return join(dataDir, 'run.json')
}

export function kubeletDir(dataDir: string): string {
  return join(dataDir, 'kubelet')
}

export async function writeRunFile(dataDir: string, content: RunFile): Promise<void> {
  const path = runFilePath(dataDir)
  await writeFile(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(runFilePath(dataDir), { force: true })
}

export type RunningInstance = { readonly dataDir: string; readonly run: RunFile }

/** The instance of `--data DIR`, or the one whose kubeconfig `KUBECONFIG` names. */
export async function findInstance(from: {
  readonly data: string | undefined
  readonly kubeconfig: string | undefined
}): Promise<RunningInstance> {
  // A list of files, of which an instance's is the first.
  const [kubeconfig] = (from.kubeconfig ?? '').split(delimiter)
  const dataDir = from.data ?? (kubeconfig ? dirname(kubeconfig) : undefined)
  if (dataDir === undefined) {
    throw notRunning('neither --data DIR nor KUBECONFIG says which; start one with "connectors dev"')
  }
  const run = await readRunFile(dataDir)
  if (run === undefined)
    throw notRunning(
      `there is no run.json in "${dataDir}"; is "connectors dev" running? If so, name its folder by --data`,
    )
  if (!isRunning(run.pid)) throw notRunning(`the one in "${dataDir}" has ended; start "connectors dev" again`)
  return { dataDir, run }
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
