// Writes a status where it differs from what the object says already: at rest nothing is written.
import { isDeepStrictEqual } from 'node:util'
import type { KubeClient } from '../client/client.ts'
import type { KubeObject } from '../object/objects.ts'
import type { Resource } from '../object/resources.ts'

export interface StatusWrite<T extends KubeObject> {
  /** The object that the status was decided from: a newer one in the API refuses the write with CONFLICT. */
  readonly object: T
  readonly status: T extends { readonly status?: infer Status } ? Status : unknown
  readonly signal?: AbortSignal | undefined
}

/** Returns the written object, or undefined when there was nothing to write. */
export async function writeStatus<T extends KubeObject>(
  client: Pick<KubeClient, 'replaceStatus'>,
  resource: Resource<T>,
  { object, status, signal }: StatusWrite<T>,
): Promise<T | undefined> {
  const current = (object as { readonly status?: unknown }).status
  if (sameStatus(current, status)) return undefined
  return client.replaceStatus(resource, { ...object, status }, { signal })
}

/** Equal but for the order of conditions, which says nothing. */
export function sameStatus(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(comparable(a), comparable(b))
}

function comparable(status: unknown): unknown {
  // JSON leaves out what is undefined, so an equal status may have fewer keys once it was stored.
  const plain = JSON.parse(JSON.stringify(status ?? {})) as { conditions?: unknown }
  if (Array.isArray(plain.conditions)) {
    plain.conditions.sort((a, b) => String(a?.type).localeCompare(String(b?.type)))
  }
  return plain
}
