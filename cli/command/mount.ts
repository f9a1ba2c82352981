// connectors mount: makes a volume and prints its path; removes one.
import { readdir } from 'node:fs/promises'
import { pods } from '../../kube/object/resources.ts'
import { parseCommandLine, parseKey, usageError } from '../arguments.ts'
import { printJsonLine, printLine, tell, tellText } from '../output.ts'
import { listenForStop } from '../stop-signal.ts'
import { instanceClient, mountVolume } from '../volume.ts'
import { instanceOf, volumeHelp, volumeOptions, volumeRequest } from '../volume-options.ts'

export const help = `Usage: connectors mount --connector NAMESPACE/NAME [OPTION...]
       connectors mount --remove NAMESPACE/POD [--data DIR]

Mounts a volume through the CSI driver of a running instance, as a Pod would get it, and prints its path.
It stays, and is refreshed, until it is removed or its Pod is deleted.

Options:
${volumeHelp}  --remove NAMESPACE/POD       removes a volume, by the Pod that "mount" named
  -o, --output text|json       (default: text)
`

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine('mount', args, {
    ...volumeOptions,
    remove: { type: 'string' },
    output: { type: 'string', short: 'o', default: 'text' },
  })
  if (!['text', 'json'].includes(values.output)) {
    throw usageError('mount', `"${values.output}" is no output format, text and json are`)
  }
  if (values.remove !== undefined) {
    const pod = parseKey('mount', values.remove, values.namespace)
    const client = await instanceClient(await instanceOf(values))
    try {
      await client.delete(pods, pod)
      return 0
    } finally {
      client.close()
    }
  }
  const request = volumeRequest('mount', values)
  const instance = await instanceOf(values)
  const client = await instanceClient(instance)
  const stop = listenForStop()
  try {
    const { pod, path, note } = await mountVolume(instance, request, { client, signal: stop.signal })
    if (note !== undefined) tell(note)
    if (values.output === 'json') {
      const files = (await readdir(path)).filter(name => !name.startsWith('..')).sort()
      await printJsonLine(JSON.stringify({ pod: `${pod.namespace}/${pod.name}`, path, files }))
      return 0
    }
    printLine(path)
    tellText(`Remove it with: connectors mount --remove ${pod.namespace}/${pod.name}\n`)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return stop.status()
    throw error
  } finally {
    client.close()
    stop.dispose()
  }
}
