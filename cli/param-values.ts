// `--param NAME=VALUE` as it is written: repeated for a list, NAME.KEY for a field of an object.
import type { ParamSpec } from '../resource-interface/definition.ts'
import { usageError } from './arguments.ts'

export type GivenParam = { readonly name: string; readonly value: string }

export function parseParam(command: string, text: string): GivenParam {
  const mark = text.indexOf('=')
  if (mark > 0) return { name: text.slice(0, mark), value: text.slice(mark + 1) }
  throw usageError(command, `${JSON.stringify(text)} is no NAME=VALUE`)
}

/** By name, in the form that the declared types ask for; whether that is a good value is for the library to say. */
export function paramValues(
  given: readonly GivenParam[],
  declared: readonly Pick<ParamSpec, 'name' | 'type'>[],
): Readonly<Record<string, unknown>> {
  const lists = new Map<string, string[]>()
  const objects = new Map<string, [string, string][]>()
  for (const { name, value } of given) {
    const object = declared.find(spec => spec.type === 'object' && name.startsWith(`${spec.name}.`))
    if (object === undefined) lists.set(name, [...(lists.get(name) ?? []), value])
    else {
      const field: [string, string] = [name.slice(object.name.length + 1), value]
      objects.set(object.name, [...(objects.get(object.name) ?? []), field])
    }
  }
  const isList = (name: string) => declared.some(spec => spec.name === name && spec.type === 'array')
  return Object.fromEntries([
    ...[...lists].map(([name, texts]) => [name, texts.length > 1 || isList(name) ? texts : texts[0]]),
    ...[...objects].map(([name, fields]) => [name, Object.fromEntries(fields)]),
  ])
}
