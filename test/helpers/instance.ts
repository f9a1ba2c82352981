// A running `connectors dev`, a process of its own as its users start it, for the length of a scope.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunFile } from '../../cli/dev/run-file.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import { systemClock } from '../../runtime/clock.ts'
import { type CommandResult, connectors, launcher } from './command.ts'
import { waitFor } from './poll.ts'

export type DevInstance = {
  readonly dataDir: string
  readonly run: RunFile
  readonly client: KubeClient
  readonly process: ChildProcess
  /** All that it wrote so far. */
  stdout(): string
  stderr(): string
  /** `connectors COMMAND` against it. */
  command(args: readonly string[], cwd?: string): Promise<CommandResult>
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts it in `dataDir`; whatever still runs at the end of the scope is ended. */
export async function withInstance<T>(
  dataDir: string,
  args: readonly string[],
  use: (instance: DevInstance) => Promise<T>,
): Promise<T> {
  const child = spawn(launcher, ['dev', '--data', dataDir, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const exited = new Promise<number | null>(resolve => child.on('exit', code => resolve(code)))
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return exited
  }
  try {
    const run = await waitFor(() => readRun(dataDir, child), {
      timeoutMs: 20_000,
      what: `dev to start: ${stderr}`,
    })
    const config = await loadKubeConfig({ kubeconfig: run.kubeconfig, clock: systemClock })
    const client = createKubeClient({ config, userAgent: 'test', clock: systemClock })
    try {
      return await use({
        dataDir,
        run,
        client,
        process: child,
        stdout: () => stdout,
        stderr: () => stderr,
        command: (own, cwd) =>
          connectors(own, { env: { KUBECONFIG: run.kubeconfig }, ...(cwd ? { cwd } : {}) }),
        end,
      })
    } finally {
      client.close()
    }
  } finally {
    if (child.exitCode === null && child.signalCode === null) await end('SIGTERM')
  }
}

async function readRun(dataDir: string, child: ChildProcess): Promise<RunFile | undefined> {
  const run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as RunFile
  return run.pid === child.pid ? run : undefined
}
