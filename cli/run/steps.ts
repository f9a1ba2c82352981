// The steps of one Pod of a run, one after the other: why they do not start, and what they write.
import { ConnectorsError } from '../../connector/errors.ts'
import type { ObjectRef, Pod } from '../../kube/object/objects.ts'
import { events, pods } from '../../kube/object/resources.ts'
import { oneLine } from '../output.ts'
import type { FollowOptions } from './follow.ts'

type StepOptions = FollowOptions & {
  /** The task's name in its Pipeline; empty for a run of one Task. */
  readonly label: string
}

const pollMs = 500
const maxLineBytes = 64 * 1024

export async function followSteps(ref: ObjectRef, options: StepOptions): Promise<void> {
  const { client, signal, write, label } = options
  const pod = await client.find(pods, ref, { signal })
  const hindrances = new Set<string>()
  for (const { name } of pod?.spec?.containers ?? []) {
    if (!name.startsWith('step-')) continue
    const step = name.slice('step-'.length)
    const prefix = label === '' ? `[${step}]` : `[${label} : ${step}]`
    if (!(await untilStarted(ref, name, { ...options, prefix, hindrances }))) return
    try {
      for await (const line of lines(client.podLog(ref, { container: name, signal })))
        write(`${prefix} ${line}`)
    } catch (error) {
      signal.throwIfAborted()
      // A Pod may be gone before its log is read.
      if (!(error instanceof ConnectorsError)) throw error
      write(`${prefix} ${error.message}`)
    }
  }
}

type WaitOptions = StepOptions & { readonly prefix: string; readonly hindrances: Set<string> }

/** False when the container will never start. */
async function untilStarted(ref: ObjectRef, container: string, options: WaitOptions): Promise<boolean> {
  const { client, clock, signal, write, prefix, hindrances } = options
  for (;;) {
    const pod = await client.find(pods, ref, { signal })
    if (pod === undefined) return false
    const state = pod.status?.containerStatuses?.find(({ name }) => name === container)?.state
    if (state?.running !== undefined || state?.terminated !== undefined) return true
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return false
    for (const hindrance of [...waitingReasons(pod, container), ...(await warnings(ref, options))]) {
      if (hindrances.has(hindrance)) continue
      hindrances.add(hindrance)
      write(oneLine(`${prefix} ${hindrance}`))
    }
    await clock.sleep(pollMs, { signal })
  }
}

function waitingReasons(pod: Pod, container: string): readonly string[] {
  const waiting = pod.status?.containerStatuses?.find(({ name }) => name === container)?.state?.waiting
  if (!waiting?.reason || ['PodInitializing', 'ContainerCreating'].includes(waiting.reason)) return []
  return [`waits: ${waiting.reason}`]
}

/** A volume that cannot be mounted shows in events alone. */
async function warnings(ref: ObjectRef, { client, signal }: StepOptions): Promise<readonly string[]> {
  try {
    const { items } = await client.list(events, {
      namespace: ref.namespace,
      fieldSelector: `involvedObject.name=${ref.name},type=Warning`,
      signal,
    })
    return items.map(({ reason = '', message = '' }) => `${reason}: ${message}`)
  } catch (error) {
    signal.throwIfAborted()
    // Whoever may make runs need not be allowed to read events.
    if (error instanceof ConnectorsError) return []
    throw error
  }
}

/** Decoded lines; one of more than 64 KiB comes in pieces. */
async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    for (let end = lineEnd(rest); end !== undefined; end = lineEnd(rest)) {
      yield rest.toString('utf8', 0, end.length)
      rest = rest.subarray(end.next)
    }
  }
  if (rest.length > 0) yield rest.toString('utf8')
}

function lineEnd(bytes: Buffer): { readonly length: number; readonly next: number } | undefined {
  const at = bytes.indexOf(10)
  if (at >= 0 && at <= maxLineBytes)
    return { length: at > 0 && bytes[at - 1] === 13 ? at - 1 : at, next: at + 1 }
  return bytes.length > maxLineBytes ? { length: maxLineBytes, next: maxLineBytes } : undefined
}
