// The part of JSONPath that printer columns use: .field ['field'] [0] [*] [?(@.field=="text")].
import { humanDuration } from './duration.ts'
import { isFields, type KubeObject } from './object.ts'

type Step = (values: unknown[]) => unknown[]

/** Reads a path such as `.status.conditions[?(@.type=="Ready")].status`; throws on what it does not know. */
export function parseJsonPath(path: string): (object: unknown) => unknown[] {
  const steps: Step[] = []
  const pattern =
    /\.((?:\\.|[^\s.,*[\]$@{}()\\])+)|\['([^']*)'\]|\[(-?\d+)\]|(?:\.|\[)(\*)\]?|\[\?\(@\.([\w.-]+)\s*==\s*(?:"([^"]*)"|'([^']*)'|(true|false|-?\d+))\)\]/y
  const text = path.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '')
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new SyntaxError(`cannot read "${text.slice(at)}"`)
    const [, name, quoted, index, star, key, double, single, literal] = match
    if (name !== undefined) steps.push(field(name.replaceAll(/\\(.)/g, '$1')))
    else if (quoted !== undefined) steps.push(field(quoted))
    else if (index !== undefined) steps.push(values => values.flatMap(value => item(value, Number(index))))
    else if (star !== undefined) steps.push(values => values.flatMap(children))
    else if (key !== undefined) steps.push(where(key.split('.'), double ?? single ?? String(literal)))
  }
  return object => steps.reduce((values, step) => step(values), [object])
}

function field(name: string): Step {
  return values =>
    values.flatMap(value => (isFields(value) && Object.hasOwn(value, name) ? [value[name]] : []))
}

function item(value: unknown, index: number): unknown[] {
  const found = Array.isArray(value) ? value.at(index) : undefined
  return found === undefined ? [] : [found]
}

function children(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : []
}

function where(path: readonly string[], wanted: string): Step {
  const steps = path.map(field)
  const matches = (value: unknown) =>
    steps.reduce((values, step) => step(values), [value]).some(found => String(found) === wanted)
  return values => values.flatMap(value => children(value).filter(matches))
}

/** A table's cell: null where there is nothing, an age for a date. */
export function cellAt(path: string, type: string): (object: KubeObject, nowMs: number) => unknown {
  const read = parseJsonPath(path)
  return (object, nowMs) => {
    const [value] = read(object)
    if (value === undefined || value === null) return null
    if (type === 'date') return humanDuration(nowMs - Date.parse(String(value)))
    if (type === 'integer' || type === 'number' || type === 'boolean') return value
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
}
