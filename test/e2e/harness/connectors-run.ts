// `connectors run` as a user's terminal has it: a process that writes while something else happens, and can be stopped.
import { type ChildProcess, spawn } from 'node:child_process'
import { type CommandResult, launcher } from '../../helpers/command.ts'
import { until } from './kubectl.ts'

export type StartedRun = {
  /** Waits for what is on standard output, from its beginning. */
  untilWritten(pattern: RegExp): Promise<void>
  /** The name of the run, as soon as it is created. */
  name(): Promise<string>
  interrupt(): void
  /** Never rejects for the command's own failure. */
  readonly ended: Promise<CommandResult>
}

const limitMs = 180_000

/** `env`: such as another user's KUBECONFIG. */
export function startRun(args: readonly string[], env: Readonly<Record<string, string>> = {}): StartedRun {
  const child: ChildProcess = spawn(launcher, ['run', ...args, '--create', '--watch'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', text => {
      written[stream] += text
    })
  }
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', status => resolve({ status, ...written }))
  })
  const find = (pattern: RegExp) =>
    until(
      async () => {
        const match = pattern.exec(written.stdout)
        if (match === null && child.exitCode !== null) {
          return new Error(`connectors run ended with ${child.exitCode}: ${written.stdout}${written.stderr}`)
        }
        return match ?? undefined
      },
      { what: `connectors run to write ${pattern}`, timeoutMs: 90_000 },
    ).then(found => {
      if (found instanceof Error) throw found
      return found
    })
  return {
    async untilWritten(pattern) {
      await find(pattern)
    },
    name: async () => (await find(/^\w+\.tekton\.dev\/(\S+) created$/m))[1] ?? '',
    interrupt: () => void child.kill('SIGINT'),
    ended,
  }
}
