// What the server stores: JSON objects with Kubernetes metadata. A stored object is never changed in place.
import { createHash } from 'node:crypto'

export type Fields = { [field: string]: unknown }

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
}

export interface Metadata {
  name: string
  namespace?: string
  uid: string
  resourceVersion: string
  creationTimestamp: string
  generateName?: string
  generation?: number
  deletionTimestamp?: string
  labels?: { [key: string]: string }
  annotations?: { [key: string]: string }
  ownerReferences?: OwnerReference[]
  /** Only in what clients send. */
  finalizers?: string[]
  managedFields?: unknown[]
  selfLink?: string
}

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: Metadata
  [field: string]: unknown
}

const serialized = new WeakMap<KubeObject, string>()

/** The JSON of a stored object, made once for the journal, for every answer and for every watch. */
export function jsonOf(object: KubeObject): string {
  let json = serialized.get(object)
  if (json === undefined) {
    json = JSON.stringify(object)
    serialized.set(object, json)
  }
  return json
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object in a field, or an empty one. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

/** The list in a field, or an empty one. */
export function listOf<T = unknown>(value: unknown): T[] {
  return Array.isArray(value) ? value : []
}

/** Kubernetes times have whole seconds. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

const deepest = 500

/** What walks an object recurses: one too deep to be written as JSON would end the journal, and all writes. */
export function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true
    level = level.flatMap(one => (typeof one === 'object' && one !== null ? Object.values(one) : []))
  }
  return false
}
