// The strings of a definition that may hold expressions, with their places.
import type { Definition, Json } from './definition.ts'
import { at } from './reader.ts'

export type Text = { readonly field: string; readonly text: string }

export function textsOf(definition: Definition): readonly Text[] {
  const attributes = definition.attributes.flatMap(({ expression }, index) =>
    expression === undefined ? [] : [{ field: `spec.attributes[${index}].expression`, text: expression }],
  )
  const workspaces = definition.workspaces.flatMap(({ value }, index) =>
    textsIn(value, `spec.workspaces[${index}].value`),
  )
  return [...attributes, ...workspaces]
}

export function textsIn(value: Json, field: string): readonly Text[] {
  if (typeof value === 'string') return [{ field, text: value }]
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, `${field}[${index}]`))
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, at(field, key)))
}
