// Server-side tables: what `kubectl get` prints.
import type { Kind } from './kinds.ts'
import { type Fields, jsonOf, type KubeObject } from './object.ts'

export interface TableOptions {
  /** How much of each object goes with its row. */
  readonly include: 'None' | 'Metadata' | 'Object'
  readonly nowMs: number
  /** A watch names the columns once, in its first event. */
  readonly headless?: boolean
}

export function renderTable(
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: Fields,
  { include, nowMs, headless = false }: TableOptions,
): string {
  const columnDefinitions = kind.columns.map(
    ({ name, type, format = '', description = '', priority = 0 }) => {
      return { name, type, format, description, priority }
    },
  )
  const head = {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: headless ? null : columnDefinitions,
  }
  const rows = objects.map(object => {
    const cells = JSON.stringify(kind.columns.map(column => column.cell(object, nowMs)))
    return `{"cells":${cells},"object":${rowObject(object, include)}}`
  })
  return `${JSON.stringify(head).slice(0, -1)},"rows":[${rows.join(',')}]}`
}

function rowObject(object: KubeObject, include: TableOptions['include']): string {
  if (include === 'None') return 'null'
  if (include === 'Object') return jsonOf(object)
  const { metadata } = object
  return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata })
}
