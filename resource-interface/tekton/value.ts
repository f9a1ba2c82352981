// The values and types of Tekton's params, read as Tekton reads them.
import type { Value, ValueType } from '../definition.ts'
import { isFields } from '../reader.ts'

/** Tekton takes whatever is no list or map of strings for a string. */
export function typeOfValue(value: unknown): ValueType {
  if (Array.isArray(value)) return value.every(isTextOrNull) ? 'array' : 'string'
  if (isFields(value)) return Object.values(value).every(isTextOrNull) ? 'object' : 'string'
  return 'string'
}

/**
 * A value for a param of this type; undefined when it is none. Booleans and whole numbers are what YAML makes of an
 * unquoted text; a fraction is refused, for 1.10 has become 1.1 already.
 */
export function readValue(value: unknown, type: ValueType): Value | undefined {
  switch (type) {
    case 'string':
      return readText(value)
    case 'array':
      return Array.isArray(value) ? readTexts(value) : undefined
    case 'object': {
      if (!isFields(value)) return undefined
      const texts = readTexts(Object.values(value))
      return texts && Object.fromEntries(Object.keys(value).map((key, index) => [key, texts[index] ?? '']))
    }
  }
}

/** A value of any of the three types. */
export function readAnyValue(value: unknown): Value | undefined {
  return readValue(value, Array.isArray(value) ? 'array' : isFields(value) ? 'object' : 'string')
}

/** Every text in a value. */
export function textsOf(value: Value): readonly string[] {
  return typeof value === 'string' ? [value] : Object.values(value)
}

function readText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined
}

function readTexts(values: readonly unknown[]): readonly string[] | undefined {
  const texts = values.map(readText)
  return texts.every(text => text !== undefined) ? texts : undefined
}

function isTextOrNull(value: unknown): boolean {
  return typeof value === 'string' || value === null
}
