// The words that the rows of built-in kinds are written in.
import { cellAt } from '../json-path.ts'
import { type Column, type Kind, nameColumn, objectVerbs, withMetadata } from '../kinds.ts'
import { fieldsOf, type KubeObject } from '../object.ts'
import type { Schema } from '../schema.ts'

export const text = (description = ''): Schema => ({ type: 'string', description })
export const integer = (description = ''): Schema => ({ type: 'integer', format: 'int32', description })
export const flag = (description = ''): Schema => ({ type: 'boolean', description })
export const time = (description = ''): Schema => ({
  type: 'string',
  format: 'date-time',
  nullable: true,
  description,
})
export const list = (items: Schema, description = ''): Schema => ({ type: 'array', items, description })
export const byKey = (key: string, items: Schema, description = ''): Schema => ({
  ...list(items, description),
  'x-kubernetes-patch-merge-key': key,
})
export const map = (values: Schema, description = ''): Schema => ({
  type: 'object',
  additionalProperties: values,
  description,
})
export const fields = (properties: { [name: string]: Schema }, description = ''): Schema => ({
  type: 'object',
  properties,
  description,
})
/** Kept as it is: the server has no use for what is inside. */
export const free = (description = '', properties: { [name: string]: Schema } = {}): Schema => ({
  type: 'object',
  properties,
  description,
  'x-kubernetes-preserve-unknown-fields': true,
})
export const required = (schema: Schema, ...names: string[]): Schema => ({ ...schema, required: names })
export const withDefault = (schema: Schema, value: unknown): Schema => ({ ...schema, default: value })

export const column = (name: string, cell: Column['cell'], priority = 0): Column => ({
  name,
  type: 'string',
  priority,
  cell,
})
export const age = column('Age', cellAt('.metadata.creationTimestamp', 'date'))
export const createdAt: Column = {
  name: 'Created At',
  type: 'date',
  cell: object => object.metadata.creationTimestamp,
}
export const at = (name: string, path: string, priority = 0) => column(name, cellAt(path, 'string'), priority)
export const countOf = (...names: string[]) => {
  return (object: KubeObject) =>
    names.reduce((sum, name) => sum + Object.keys(fieldsOf(object[name])).length, 0)
}
export const ago = (...paths: string[]) => {
  const cells = paths.map(path => cellAt(path, 'date'))
  return (object: KubeObject, nowMs: number) =>
    cells.map(cell => cell(object, nowMs)).find(value => value !== null) ?? '<unknown>'
}

export interface Row extends Partial<Kind> {
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly schema: Schema
}

export function builtin(row: Row): Kind {
  return {
    group: '',
    version: 'v1',
    singular: row.kind.toLowerCase(),
    listKind: `${row.kind}List`,
    shortNames: [],
    categories: [],
    verbs: objectVerbs,
    hasStatus: false,
    custom: false,
    counted: false,
    nameRule: 'subdomain',
    selectable: [],
    answersDeleted: false,
    ...row,
    columns: [nameColumn, ...(row.columns ?? [age])],
    schema: withMetadata(row.schema),
  }
}

export const reference = fields({
  apiVersion: text(),
  kind: text(),
  name: text(),
  namespace: text(),
  uid: text(),
  resourceVersion: text(),
  fieldPath: text(),
})
export const localReference = fields({ name: text() })
export const condition = free('', { type: text(), status: text(), reason: text(), message: text() })
