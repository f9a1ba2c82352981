// A watch stream as events: one JSON document a line, bounded, and never silent for longer than `idleMs`.
import type { KubeObject, Status } from '../object/objects.ts'
import { errorFromStatus, timedOut, tooLarge, unreadable } from './api-error.ts'
import type { OpenAnswer } from './transport.ts'

export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

export interface WatchLimits {
  readonly action: string
  readonly idleMs: number
  readonly maxLineBytes: number
}

/** Ends when the server ends the watch; throws when it reports an error, stalls or breaks off within a line. */
export async function* watchEvents<T extends KubeObject>(
  answer: OpenAnswer,
  limits: WatchLimits,
): AsyncGenerator<WatchEvent<T>> {
  const stalled = () => answer.fail(timedOut(limits.action, limits.idleMs))
  const idle = setTimeout(stalled, limits.idleMs)
  try {
    for await (const line of lines(answer.chunks, limits)) {
      yield parseEvent<T>(line, limits.action)
      // Also after a slow reader: its own pause is not the server's silence.
      idle.refresh()
    }
  } finally {
    clearTimeout(idle)
    answer.close()
  }
}

async function* lines(chunks: AsyncIterable<Buffer>, limits: WatchLimits): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end))
      yield Buffer.concat(parts).toString('utf8')
      parts = []
      size = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    parts.push(chunk.subarray(start))
    size += chunk.length - start
    if (size > limits.maxLineBytes) throw tooLarge(limits.action, limits.maxLineBytes)
  }
  if (size > 0) throw unreadable(limits.action, 'broke off within an event')
}

function parseEvent<T extends KubeObject>(line: string, action: string): WatchEvent<T> {
  let event: { readonly type?: unknown; readonly object?: unknown }
  try {
    event = JSON.parse(line)
  } catch {
    throw unreadable(action, 'holds an event that is not JSON')
  }
  const object = event?.object
  if (typeof object !== 'object' || object === null) throw unreadable(action, 'holds an event without object')
  if (event.type === 'ERROR') {
    const { code } = object as Status
    const status = typeof code === 'number' ? code : 500
    throw errorFromStatus({ action, status, body: object, confidential: false })
  }
  const { metadata } = object as KubeObject
  if (event.type === 'BOOKMARK') {
    return { type: 'BOOKMARK', resourceVersion: metadata?.resourceVersion ?? '' }
  }
  if (event.type !== 'ADDED' && event.type !== 'MODIFIED' && event.type !== 'DELETED') {
    throw unreadable(action, 'holds an event of an unknown type')
  }
  if (typeof metadata?.name !== 'string') throw unreadable(action, 'holds an event whose object has no name')
  return { type: event.type, object: object as T }
}
