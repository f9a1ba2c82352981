// decide: whether a built-in object is to be applied, and what it means that it was. Pure. Spec: resources.md,
// "Built-ins". What an object should be is the API server's to say (defaults, lists that merge, who owns a field), so
// nothing is compared with the manifest: an object is as it should be while it is what came of the last apply.
import { isDeepStrictEqual } from 'node:util'
import { isFields } from '../../connector/fields.ts'
import type { KubeObject } from '../../kube/object/objects.ts'
import type { DecidedEvent } from '../decided-event.ts'
import type { ObservedBuiltin } from './observe.ts'

const builtinAnnotation = 'connectors.cpaas.io/builtin'

/** Then an object of a built-in's name is the administrator's. */
export function isReplaced({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[builtinAnnotation] === 'replaced'
}

export type Applied = {
  /** As the API server answered. */
  readonly object: KubeObject
  /** How often it was set back, with less than `quietMs` between. */
  readonly restores: number
  /** Monotonic. */
  readonly restoredAtMs: number
}

export type BuiltinDecision =
  | { readonly verb: 'leave' }
  | { readonly verb: 'wait'; readonly ms: number }
  | { readonly verb: 'apply' }

/** People who try things out never wait; whoever fights over an object does after that many times. */
export const freeRestores = 10
const minWaitMs = 1000
const maxWaitMs = 300_000
const quietMs = 2 * maxWaitMs

export function decideBuiltin(
  { current, applied }: Pick<ObservedBuiltin, 'current' | 'applied'>,
  { nowMs }: { readonly nowMs: number },
): BuiltinDecision {
  // One that is going is made again when it is gone.
  const isLeft =
    current !== undefined && (isReplaced(current) || current.metadata.deletionTimestamp !== undefined)
  if (isLeft) return { verb: 'leave' }
  if (applied === undefined) return { verb: 'apply' }
  if (current !== undefined && isDeepStrictEqual(contentOf(current), contentOf(applied.object))) {
    return { verb: 'leave' }
  }
  const waitMs = applied.restoredAtMs + pauseMs(applied.restores) - nowMs
  return waitMs > 0 ? { verb: 'wait', ms: waitMs } : { verb: 'apply' }
}

function pauseMs(restores: number): number {
  const over = restores - freeRestores
  return over < 0 ? 0 : Math.min(maxWaitMs, minWaitMs * 2 ** over)
}

export type AppliedBuiltin = {
  readonly applied: Applied
  /** Where the answer differs from what was there before: `spec.proxy.ref.name`. */
  readonly fields: readonly string[]
  /** Whether somebody is told, in the log and by the events: not each time where somebody fights over it. */
  readonly isTold: boolean
  readonly events: readonly DecidedEvent[]
}

/** What an apply has done. */
export function judgeApplied(
  { current, applied: before }: Pick<ObservedBuiltin, 'current' | 'applied'>,
  answer: KubeObject,
  { nowMs }: { readonly nowMs: number },
): AppliedBuiltin {
  const fields = current === undefined ? [] : differences(contentOf(current), contentOf(answer))
  const isChange = current === undefined || fields.length > 0
  if (before === undefined || !isChange) {
    const { restores = 0, restoredAtMs = nowMs } = before ?? {}
    const applied = { object: answer, restores, restoredAtMs }
    return { applied, fields, isTold: isChange, events: [] }
  }
  const restores = (nowMs - before.restoredAtMs > quietMs ? 0 : before.restores) + 1
  return {
    applied: { object: answer, restores, restoredAtMs: nowMs },
    fields,
    isTold: restores <= freeRestores,
    events: eventsOf(restores, fields),
  }
}

const remedy = `set the annotation ${builtinAnnotation}: "replaced"`

function eventsOf(restores: number, fields: readonly string[]): readonly DecidedEvent[] {
  const what = listed(fields)
  if (restores < freeRestores) {
    const message = `Set back to what ships with Connectors: ${what}. To keep a change, ${remedy}`
    return [{ type: 'Normal', reason: 'BuiltinRestored', message }]
  }
  if (restores > freeRestores) return []
  const message =
    `Somebody changes this object, which ships with Connectors, again and again (${what}); from now on it is set ` +
    `back less and less often. To make it yours, ${remedy}`
  return [{ type: 'Warning', reason: 'BuiltinContested', message }]
}

const maxListed = 5

function listed(fields: readonly string[]): string {
  if (fields.length === 0) return 'the whole object'
  const more = fields.length > maxListed ? [`${fields.length - maxListed} more`] : []
  return [...fields.slice(0, maxListed), ...more].join(', ')
}

/** What people and other controllers write: neither the status nor what the API server counts. */
function contentOf(object: KubeObject): object {
  const { apiVersion: _, kind: __, metadata, ...rest } = object
  const { status: ___, ...content } = rest as { readonly status?: unknown }
  const { name, uid, labels, annotations, ownerReferences } = metadata
  return { ...content, metadata: { name, uid, labels, annotations, ownerReferences } }
}

/** Paths of the fields in which two objects differ; a list is one field. */
function differences(before: unknown, after: unknown, path = ''): readonly string[] {
  if (isDeepStrictEqual(before, after)) return []
  if (!isFields(before) || !isFields(after)) return [path]
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap(name => differences(before[name], after[name], path === '' ? name : `${path}.${name}`))
}
