// An object of data whose fields are not known: what was parsed from JSON or YAML.

export type Fields = Readonly<Record<string, unknown>>

/** Not for lists and null. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
