// Programs that run for the length of a scope.
import { type ChildProcess, spawn } from 'node:child_process'

export type ProgramsOptions = {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Each is a command line. `use` is given what they have written so far. */
export async function withPrograms(
  programs: readonly (readonly string[])[],
  options: ProgramsOptions,
  use: (written: () => string) => Promise<void>,
): Promise<void> {
  let written = ''
  const write = (text: unknown) => {
    written += text
  }
  const PATH = `${process.env['PATH']}:/usr/sbin`
  const env = { ...process.env, NODE_ENV: 'production', PYTHONDONTWRITEBYTECODE: '1', ...options.env, PATH }
  const children = programs.map(([program = '', ...args]) => {
    const child = spawn(program, args, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', write)
    child.stderr.on('data', write)
    child.on('error', write)
    return child
  })
  try {
    await use(() => written)
  } finally {
    await Promise.all(children.map(stop))
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** A loopback address of this process alone, where ports of choice are free. */
export function ownAddress(): string {
  const { pid } = process
  return `127.${64 + ((pid >> 16) & 63)}.${(pid >> 8) & 255}.${pid & 255}`
}
