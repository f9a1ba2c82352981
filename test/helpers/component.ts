// `connectors controller|proxy|csi` as a process of its own, for the length of a scope.
import { type ChildProcess, spawn } from 'node:child_process'
import { launcher } from './command.ts'
import { waitFor } from './poll.ts'

export type ComponentName = 'controller' | 'proxy' | 'csi'

export type RunningComponent = {
  /** As its log says it. */
  readonly name: string
  readonly process: ChildProcess
  /** Base URL of the health door. */
  readonly metricsUrl: string
  /** Parsed lines of its log. */
  lines(): readonly LogLine[]
  /** Text of /healthz, /readyz, ... with the status before it. */
  ask(path: string): Promise<string>
  end(signal: NodeJS.Signals): Promise<number | null>
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string }

/** Starts it with a health door on a free port; what still runs at the end of the scope is killed. */
export async function withComponent<T>(
  name: ComponentName,
  args: readonly string[],
  use: (component: RunningComponent) => Promise<T>,
): Promise<T> {
  const { KUBECONFIG: _, ...env } = process.env
  const child = spawn(launcher, [name, '--metrics-address=127.0.0.1:0', ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const exited = new Promise<number | null>(resolve => child.on('close', code => resolve(code)))
  const lines = () =>
    stderr
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as LogLine)
  try {
    const metricsUrl = await waitFor(() => lines().find(({ metrics }) => metrics)?.['metrics'] as string, {
      timeoutMs: 20_000,
      what: `${name} to start`,
    })
    return await use({
      name: `connectors-${name}`,
      process: child,
      metricsUrl,
      lines,
      async ask(path) {
        const response = await fetch(metricsUrl + path)
        return `${response.status} ${await response.text()}`
      },
      async end(signal) {
        child.kill(signal)
        await waitFor(() => child.exitCode !== null || child.signalCode !== null, { what: `${name} to end` })
        return exited
      },
    })
  } finally {
    child.kill('SIGKILL')
    await exited
  }
}
