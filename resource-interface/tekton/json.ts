// Reading objects that somebody else wrote.
import type { Json } from '../definition.ts'
import { isFields } from '../reader.ts'

export type JsonObject = { readonly [key: string]: Json }

/** Deeper than any object of Kubernetes, and far from the end of the stack. */
const deepest = 100

/** Own keys only: a name of the prototype is no field. */
export function fieldOf(record: unknown, key: string): unknown {
  return isFields(record) && Object.hasOwn(record, key) ? record[key] : undefined
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** A copy that shares nothing; undefined for what JSON cannot say: a cycle, a function, a number without digits. */
export function copyJson(value: unknown, depth = 0): Json | undefined {
  if (depth > deepest) return undefined
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object') return undefined
  if (Array.isArray(value)) return copyList(value, depth)
  const entries: [string, Json][] = []
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const copy = copyJson(item, depth + 1)
    if (copy === undefined) return undefined
    entries.push([key, copy])
  }
  return Object.fromEntries(entries)
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(copyJson(a))) === JSON.stringify(sorted(copyJson(b)))
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function copyList(list: readonly unknown[], depth: number): Json | undefined {
  const copies: Json[] = []
  for (const item of list) {
    const copy = copyJson(item, depth + 1)
    if (copy === undefined) return undefined
    copies.push(copy)
  }
  return copies
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map(item => sorted(item) ?? null)
  if (!isFields(value)) return value
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .sort(([a], [b]) => compareText(a, b))
      .map(([key, item]) => [key, sorted(item) ?? null]),
  )
}
