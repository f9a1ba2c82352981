// The `connectors` command as its users run it: a process of its own, by the launcher.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export const launcher = join(import.meta.dirname, '../../bin/connectors')

export type CommandResult = {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export type CommandOptions = {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
}

export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env } })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', status => resolve({ status, stdout, stderr }))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

export function connectors(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return runCommand(launcher, args, options)
}
