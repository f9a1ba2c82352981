// Where Tekton allows which variables: its own expressions, so that what passes here passes there.
import type { ValueType } from '../definition.ts'
import { isFields } from '../reader.ts'
import { fieldOf, listOf } from './json.ts'
import type { RunProblem } from './run-problem.ts'

/** A param as the steps of a task see it. */
export type VisibleParam = {
  readonly name: string
  readonly type: ValueType
  /** Keys of an object; undefined when nobody declares them. */
  readonly properties?: ReadonlySet<string>
}

type Place = 'plain' | 'list'
type Text = readonly [field: string, text: string, place: Place]

const stepFields = ['name', 'image', 'workingDir', 'script', 'onError'] as const
const mountFields = ['name', 'mountPath', 'subPath'] as const

/** Every text of a step in which Tekton looks for variables. */
export function textsOfStep(step: unknown, field: string): readonly Text[] {
  const one = (record: unknown, key: string, place: string): Text[] => {
    const text = fieldOf(record, key)
    return typeof text === 'string' ? [[`${place}.${key}`, text, 'plain']] : []
  }
  return [
    ...stepFields.flatMap(key => one(step, key, field)),
    ...(['command', 'args'] as const).flatMap(key =>
      listOf(fieldOf(step, key)).flatMap((text, index): Text[] =>
        typeof text === 'string' ? [[`${field}.${key}[${index}]`, text, 'list']] : [],
      ),
    ),
    ...listOf(fieldOf(step, 'env')).flatMap((entry, index) => one(entry, 'value', `${field}.env[${index}]`)),
    ...listOf(fieldOf(step, 'volumeMounts')).flatMap((mount, index) =>
      mountFields.flatMap(key => one(mount, key, `${field}.volumeMounts[${index}]`)),
    ),
  ]
}

/** Lists may be used whole only where a list is wanted, and alone there. */
export function checkArrayUse(texts: readonly Text[], params: readonly VisibleParam[]): RunProblem[] {
  const arrays = new Set(params.filter(({ type }) => type === 'array').map(({ name }) => name))
  return texts.flatMap(([field, text, place]) => {
    const found = variablesIn(text, 'params')
    const used = found.filter(({ name }) => arrays.has(name.replace(/\[\*\]$/, '')))
    if (used.length === 0 || (place === 'list' && found[0]?.whole === text)) return []
    return [problem(field, 'must not hold a whole list, but for an argument that is nothing else')]
  })
}

/** Every param that is used is there, and so is every key. */
export function checkDeclaredUse(texts: readonly Text[], params: readonly VisibleParam[]): RunProblem[] {
  const names = new Set(params.map(({ name }) => name))
  const objects = params.filter(({ type }) => type === 'object')
  return texts.flatMap(([field, text]) => [
    ...checkKnown(text, 'params', { names, field }),
    ...objects.flatMap(({ name, properties = new Set() }) => [
      ...checkKnown(text, `params.${name}`, { names: properties, field }),
      ...(usesWhole(text, name) ? [problem(field, `must not hold the object "${name}" as a whole`)] : []),
    ]),
  ])
}

/** The value that a task of a Pipeline is given for a param. */
export function checkHandedOn(value: unknown, field: string, params: readonly VisibleParam[]): RunProblem[] {
  if (typeof value === 'string' && /^\$\(params\.[_a-zA-Z0-9.-]+\[\*\]\)$/.test(value)) {
    return checkKnown(value, 'params', { names: new Set(params.map(({ name }) => name)), field })
  }
  const place = Array.isArray(value) ? 'list' : 'plain'
  const items = Array.isArray(value) ? value : isFields(value) ? Object.values(value) : [value]
  const texts = items.flatMap((item): Text[] => (typeof item === 'string' ? [[field, item, place]] : []))
  return [...checkDeclaredUse(texts, params), ...checkArrayUse(texts, params)]
}

export function checkKnown(
  text: string,
  prefix: string,
  { names, field }: { readonly names: ReadonlySet<string>; readonly field: string },
): RunProblem[] {
  return variablesIn(text, prefix).flatMap(({ name, parts, whole }) => {
    if (parts > 2) return [problem(field, `holds ${whole}, which has too many parts`)]
    const isKnown = names.has(name.replace(/\[[0-9]*\*?\]/g, ''))
    return isKnown ? [] : [problem(field, `holds ${whole}, which is not declared`)]
  })
}

function usesWhole(text: string, name: string): boolean {
  return variablesIn(text, 'params').some(({ full }) => full.replace(/\[\*\]$/, '') === name)
}

type Variable = {
  readonly whole: string
  readonly full: string
  /** Up to the first dot. */
  readonly name: string
  readonly parts: number
}

function variablesIn(text: string, prefix: string): Variable[] {
  if (!text.includes(`$(${prefix}`)) return []
  const escaped = prefix.replaceAll('.', '\\.')
  const pattern = new RegExp(
    `\\$\\(${escaped}(?:\\.([^)\\n]*)|\\["([^)\\n]*)"\\]|\\['([^)\\n]*)'\\])\\)`,
    'g',
  )
  return [...text.matchAll(pattern)].map(([whole, dotted, double, single]) => {
    if (dotted === undefined)
      return { whole, full: double ?? single ?? '', name: double ?? single ?? '', parts: 1 }
    const parts = dotted.split('.')
    return { whole, full: dotted, name: parts[0] ?? '', parts: parts.length }
  })
}

function problem(field: string, message: string): RunProblem {
  return { field, reason: 'UnknownReference', message }
}
