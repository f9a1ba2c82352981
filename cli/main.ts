// The `connectors` command: finds the subcommand and turns failures into one line and an exit status.
import { reportFailure } from './exit-status.ts'
import { endWithReader, printText, tell, tellText } from './output.ts'

type Command = {
  readonly summary: string
  readonly load: () => Promise<{ readonly help: string; run(args: readonly string[]): Promise<number> }>
}

const commands: Readonly<Record<string, Command>> = {
  dev: { summary: 'run the whole system on this machine', load: () => import('./command/dev.ts') },
  mount: { summary: 'mount a volume of a running instance', load: () => import('./command/mount.ts') },
  exec: { summary: 'run a command with a volume mounted', load: () => import('./command/exec.ts') },
  render: { summary: 'render one template, or a stream of them', load: () => import('./command/render.ts') },
  resolve: {
    summary: 'say what an interface makes of a Connector',
    load: () => import('./command/resolve.ts'),
  },
  run: { summary: 'make a TaskRun or PipelineRun, and follow it', load: () => import('./command/run.ts') },
  controller: {
    summary: 'keep Connectors true (a server in a cluster)',
    load: () => import('./command/controller.ts'),
  },
  proxy: {
    summary: 'hand requests on to tools (a server in a cluster)',
    load: () => import('./command/proxy.ts'),
  },
  csi: { summary: 'mount volumes on a node (a server in a cluster)', load: () => import('./command/csi.ts') },
  rollout: {
    summary: 'wait until the driver runs on every node',
    load: () => import('./command/rollout.ts'),
  },
  cleanup: {
    summary: 'remove what an uninstalled controller has left',
    load: () => import('./command/cleanup.ts'),
  },
}

const help = `Usage: connectors COMMAND [OPTION...]

Secretless access to Git servers and other tools for CI workloads on Kubernetes.

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(11)} ${summary}`)
  .join('\n')}

'connectors COMMAND --help' says more. Exit statuses: docs/command-line.md.
`

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const write = name === undefined ? tellText : printText
    write(help)
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) {
    tell(`Cannot run "${name}": it is no command; see 'connectors --help'`)
    return 2
  }
  const { help: text, run } = await command.load()
  const end = rest.indexOf('--')
  if ((end < 0 ? rest : rest.slice(0, end)).some(arg => arg === '--help' || arg === '-h')) {
    printText(text)
    return 0
  }
  return run(rest)
}

endWithReader()
process.exitCode = await main(process.argv.slice(2)).catch(reportFailure)
