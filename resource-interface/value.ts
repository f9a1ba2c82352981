// The values that params and attributes may have.
import type { Value, ValueType } from './definition.ts'
import { isFields, nameOfType } from './reader.ts'

/** Why a value is not of the type; undefined when it is. */
export function typeMismatch(value: unknown, type: ValueType): string | undefined {
  if (type === 'string') {
    return typeof value === 'string' ? undefined : `must be a string: is ${nameOfType(value)}`
  }
  if (type === 'array') {
    if (!Array.isArray(value)) return `must be a list of strings: is ${nameOfType(value)}`
    const index = value.findIndex(item => typeof item !== 'string')
    return index === -1
      ? undefined
      : `must be a list of strings: item ${index} is ${nameOfType(value[index])}`
  }
  if (!isFields(value)) return `must be an object of strings: is ${nameOfType(value)}`
  const wrong = Object.keys(value).find(key => typeof value[key] !== 'string')
  return wrong === undefined
    ? undefined
    : `must be an object of strings: key ${JSON.stringify(wrong)} is ${nameOfType(value[wrong])}`
}

/** Why a value is not among those allowed; each item of a list must be. */
export function enumMismatch(value: Value, allowed: readonly string[] | undefined): string | undefined {
  if (allowed === undefined) return undefined
  const given = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
  const wrong = given.find(item => !allowed.includes(item))
  return wrong === undefined
    ? undefined
    : `must be one of ${allowed.map(item => JSON.stringify(item)).join(', ')}: is ${JSON.stringify(clip(wrong))}`
}

const longestShown = 80

export function clip(text: string): string {
  return text.length > longestShown ? `${text.slice(0, longestShown)}...` : text
}
