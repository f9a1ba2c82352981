// What `controller`, `proxy` and `csi` share: a process that serves until it is told to end, by signal.
import { ConnectorsError } from '../connector/errors.ts'
import { createKubeClient, type KubeClient } from '../kube/client/client.ts'
import { inClusterFrom, loadKubeConfig } from '../kube/config/config.ts'
import manifest from '../package.json' with { type: 'json' }
import type { Clock } from '../runtime/clock.ts'
import { systemClock } from '../runtime/clock.ts'
import {
  choiceFlag,
  type Flags,
  type FlagValues,
  parseFlags,
  renderFlags,
  textFlag,
} from '../runtime/flags.ts'
import { createLog, type Log, logLevels } from '../runtime/log.ts'
import { listenForShutdown } from '../runtime/shutdown.ts'
import { exitStatus } from './exit-status.ts'
import { openJsonLines } from './output.ts'

export type Component<F extends Flags, Config> = {
  /** Of the subcommand. */
  readonly name: string
  /** Sentences for `--help`. */
  readonly about: string
  readonly flags: F
  readonly configFrom: (values: FlagValues<F>) => Config
  readonly start: (config: Config, options: StartOptions) => Promise<{ readonly ended: Promise<void> }>
}

export type StartOptions = {
  readonly client: KubeClient
  readonly clock: Clock
  readonly log: Log
  /** Takes whole lines, to standard output. */
  readonly write: (line: string) => void
  readonly signal: AbortSignal
}

const processFlags = {
  kubeconfig: textFlag({
    fallback: '',
    env: 'KUBECONFIG',
    help: "kubeconfig of the cluster; without one, the pod's own account",
  }),
  'log-level': choiceFlag(logLevels, { fallback: 'info', help: 'the least important lines to write' }),
}

export type Subcommand = { readonly help: string; run(args: readonly string[]): Promise<number> }

export function componentCommand<F extends Flags, Config>(component: Component<F, Config>): Subcommand {
  const { name, about, flags } = component
  const help = `Usage: connectors ${name} [OPTION...]

${about}
Writes its log to standard error, one JSON object a line, and ends on SIGTERM.

Options:
${renderFlags({ ...flags, ...processFlags })}`
  return { help, run: args => runComponent(component, args) }
}

async function runComponent<F extends Flags, Config>(
  { name, flags, configFrom, start }: Component<F, Config>,
  argv: readonly string[],
): Promise<number> {
  const source = { argv, env: process.env }
  const values = parseFlags<Flags>({ ...flags, ...processFlags }, source) as FlagValues<F> &
    FlagValues<typeof processFlags>
  const config = configFrom(values)
  const output = openJsonLines(1)
  const errors = openJsonLines(2)
  const flush = () => {
    output.flush()
    errors.flush()
  }
  const component = `connectors-${name}`
  const clock = systemClock
  const log = createLog({ component, level: values['log-level'], clock, write: errors.write })
  const exit = (code: number) => {
    flush()
    process.exit(code)
  }
  const shutdown = listenForShutdown({ source: process, exit })
  endOnDefect(log, exit)
  try {
    const kube = await loadKubeConfig({
      kubeconfig: values.kubeconfig,
      inCluster: inClusterFrom(process.env),
      clock,
    })
    const client = createKubeClient({ config: kube, userAgent: `${component}/${manifest.version}`, clock })
    try {
      const options = { client, clock, log, write: output.write, signal: shutdown.signal }
      await (await start(config, options)).ended
    } finally {
      client.close()
    }
    return 0
  } catch (error) {
    const { reason } = shutdown.signal
    if (reason === undefined || error !== reason) throw error
    throw new ConnectorsError('UNAVAILABLE', 'Stopped', `Cannot finish ${name}: ${reason.message}`)
  } finally {
    shutdown.dispose()
    flush()
  }
}

/** A state that nobody foresaw is not gone on from. Words of unknown origin may quote a secret: they are left out. */
function endOnDefect(log: Log, exit: (code: number) => void): void {
  const end = (error: unknown) => {
    const { name, message, stack = '' } = error instanceof Error ? error : { name: typeof error, message: '' }
    const code = (error as NodeJS.ErrnoException | null | undefined)?.code
    const places = stack.replace(message, () => '').match(/(?<=^ {4})at .*$/gm)
    log.error('the process ends by a defect', { name, code, at: places })
    exit(exitStatus.INTERNAL)
  }
  process.on('uncaughtException', end)
  process.on('unhandledRejection', end)
}
