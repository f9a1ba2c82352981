// connectors exec: runs a command that finds its client files in a volume, and removes the volume when it ends.
import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { constants } from 'node:os'
import { ConnectorsError } from '../../connector/errors.ts'
import { parseCommandLine, usageError } from '../arguments.ts'
import { clientEnvironment } from '../client-environment.ts'
import { tell } from '../output.ts'
import { listenForStop, type StopSignal } from '../stop-signal.ts'
import { instanceClient, mountVolume } from '../volume.ts'
import { instanceOf, volumeHelp, volumeOptions, volumeRequest } from '../volume-options.ts'

export const help = `Usage: connectors exec --connector NAMESPACE/NAME [OPTION...] -- COMMAND [ARGUMENT...]

Runs COMMAND with a volume of a running instance: git finds the .gitconfig in it, and CONNECTORS_VOLUME holds its
path. The volume goes when COMMAND ends, and COMMAND's exit status is this one's.

Options:
${volumeHelp}`

export async function run(args: readonly string[]): Promise<number> {
  const { values, rest } = parseCommandLine('exec', args, volumeOptions)
  const [command, ...commandArgs] = rest
  if (command === undefined) throw usageError('exec', 'the command is missing; write it after "--"')
  const request = volumeRequest('exec', values)
  const instance = await instanceOf(values)
  const client = await instanceClient(instance)
  const stop = listenForStop()
  try {
    const volume = await mountVolume(instance, request, { client, signal: stop.signal })
    if (volume.note !== undefined) tell(volume.note)
    try {
      const files = await readdir(volume.path)
      const env = { ...process.env, ...clientEnvironment(volume.path, files) }
      if (stop.signal.aborted) return stop.status()
      return await runCommand(command, commandArgs, { env, stop })
    } finally {
      await volume.remove()
    }
  } catch (error) {
    if (stop.signal.aborted) return stop.status()
    throw error
  } finally {
    client.close()
    stop.dispose()
  }
}

function runCommand(
  command: string,
  args: readonly string[],
  { env, stop }: { readonly env: NodeJS.ProcessEnv; readonly stop: StopSignal },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env })
    stop.passTo(child)
    child.on('error', (error: NodeJS.ErrnoException) => {
      // EACCES also comes of a folder on the PATH that may not be entered.
      const isMissing = error.code === 'ENOENT' || error.code === 'EACCES'
      const why = isMissing ? 'it is not on the PATH as a program; install it or give its path' : error.code
      reject(new ConnectorsError('PRECONDITION', 'CommandMissing', `Cannot run "${command}": ${why}`))
    })
    child.on('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
