// `--param NAME=VALUE` as it is written: repeated for a list, NAME.KEY for a field of an object.
import type { ParamSpec } from '../resource-interface/definition.ts'
import { usageError } from './arguments.ts'

export type GivenParam = { readonly name: string; readonly value: string }

export function parseParam(command: string, text: string): GivenParam {
  const mark = text.indexOf('=')
  if (mark > 0) return { name: text.slice(0, mark), value: text.slice(mark + 1) }
  throw usageError(command, `${JSON.stringify(text)} is no NAME=VALUE`)
}

/**
 * By name, in the form that the declared types ask for; whether that is a good value is for the library to say. What is
 * written twice comes as a list, so that it is refused where no list is wanted, and no order decides.
 */
export function paramValues(
  given: readonly GivenParam[],
  declared: readonly Pick<ParamSpec, 'name' | 'type'>[],
): Readonly<Record<string, unknown>> {
  const isList = (name: string) => declared.some(spec => spec.name === name && spec.type === 'array')
  const objectOf = (name: string) =>
    declared.find(spec => spec.type === 'object' && name.startsWith(`${spec.name}.`))?.name
  const { whole = [], fields = [] } = Object.groupBy(given, ({ name }) =>
    objectOf(name) === undefined ? 'whole' : 'fields',
  )
  const values = collect(whole, isList)
  for (const [object, parts] of Map.groupBy(fields, ({ name }) => objectOf(name) ?? '')) {
    const keys = parts.map(({ name, value }) => ({ name: name.slice(object.length + 1), value }))
    const value = Object.fromEntries(collect(keys))
    values.set(object, values.has(object) ? [values.get(object), value] : value)
  }
  return Object.fromEntries(values)
}

function collect(given: readonly GivenParam[], isList = (_: string) => false): Map<string, unknown> {
  const byName = Map.groupBy(given, ({ name }) => name)
  return new Map(
    [...byName].map(([name, items]) => {
      const texts = items.map(({ value }) => value)
      return [name, texts.length > 1 || isList(name) ? texts : texts[0]]
    }),
  )
}
