// decide: which keys of sealed tokens there are to be, and which of them is in use. Pure.
// Spec: access.md, "A volume's token is sealed".
import { formatPublicKey, type SealingKey } from '../../seal/sealing-keys.ts'

export type ObservedKeys = {
  /** Undefined when they cannot be read: nobody can open what was sealed with them. */
  readonly keys: readonly SealingKey[] | undefined
  /** What is published, in the form of `formatPublicKey`. */
  readonly published: string | undefined
  /** Somebody asks for new keys at once, and for the end of the old ones. */
  readonly rotatesNow: boolean
}

export type KeysDecision = {
  /** To be stored, before anything is published; undefined where they are stored already. */
  readonly keys: readonly SealingKey[] | undefined
  /** To be published; undefined where it is. */
  readonly published: string | undefined
  /** What changes, for the log. */
  readonly change:
    | 'created'
    | 'rotated at once'
    | 'next key made'
    | 'next key published'
    | 'old key ended'
    | undefined
  /** When to look again. */
  readonly againMs: number
}

export type RotationTimes = {
  /** How long a key is in use. */
  readonly lifetimeMs: number
  /** How long every proxy has to learn of a key before anything is sealed with it. */
  readonly leadMs: number
  /** How long a key opens what was sealed with it, after the next one is in use: longer than any token lives. */
  readonly keepMs: number
}

export type DecideKeysOptions = RotationTimes & {
  readonly nowMs: number
  readonly createKey: () => SealingKey
}

export function decideKeys(observed: ObservedKeys, options: DecideKeysOptions): KeysDecision {
  const { keys: before = [], rotatesNow, published } = observed
  const { keys, change } = rotatesNow
    ? { keys: [first(options)], change: 'rotated at once' as const }
    : nextKeys(before, options)
  const inUse = keys.findLast(key => key.publishedMs !== undefined)
  const text = inUse && formatPublicKey(inUse)
  return {
    keys: change === undefined ? undefined : keys,
    published: text === published ? undefined : text,
    change,
    againMs: Math.max(0, nextTimeMs(keys, options) - options.nowMs),
  }
}

/** In the order in which they were made; the last but one that was published may be followed by one that is not yet. */
function nextKeys(
  before: readonly SealingKey[],
  options: DecideKeysOptions,
): { readonly keys: readonly SealingKey[]; readonly change: KeysDecision['change'] } {
  const { nowMs, createKey, leadMs, lifetimeMs, keepMs } = options
  const last = before.at(-1)
  if (last === undefined) return { keys: [first(options)], change: 'created' }
  const isDue = last.publishedMs === undefined && (before.length === 1 || nowMs >= last.createdMs + leadMs)
  if (isDue) {
    const keys = [...before.slice(0, -1), { ...last, publishedMs: nowMs }]
    return { keys, change: 'next key published' }
  }
  const kept = before.filter((_, at) => {
    const successorMs = before[at + 1]?.publishedMs
    return successorMs === undefined || nowMs < successorMs + keepMs
  })
  if (kept.length < before.length) return { keys: kept, change: 'old key ended' }
  if (last.publishedMs !== undefined && nowMs >= last.publishedMs + lifetimeMs) {
    return { keys: [...before, createKey()], change: 'next key made' }
  }
  return { keys: before, change: undefined }
}

/** Nothing was sealed before: it can be used at once. */
function first({ createKey, nowMs }: DecideKeysOptions): SealingKey {
  return { ...createKey(), publishedMs: nowMs }
}

/** When the next change is due. */
function nextTimeMs(keys: readonly SealingKey[], { leadMs, lifetimeMs, keepMs }: RotationTimes): number {
  const times = keys.map(({ createdMs, publishedMs }, at) => {
    const successorMs = keys[at + 1]?.publishedMs
    if (publishedMs === undefined) return createdMs + leadMs
    if (at === keys.length - 1) return publishedMs + lifetimeMs
    return successorMs === undefined ? Number.POSITIVE_INFINITY : successorMs + keepMs
  })
  return Math.min(...times)
}
