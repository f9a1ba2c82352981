// Label and field selectors.
import type { Kind } from './kinds.ts'
import { fieldsOf, type KubeObject } from './object.ts'
import { badRequest } from './status.ts'

export type Selector = (object: KubeObject) => boolean

type Labels = ReadonlyMap<string, string>
type Requirement = (labels: Labels) => boolean

/** Reads `a=b,c!=d,e,!f,g in (h,i),j notin (k)`. */
export function parseLabelSelector(text: string): Selector {
  const requirements: Requirement[] = []
  let rest = text.trim()
  while (rest !== '') {
    const match = requirementPattern.exec(rest)
    if (match === null) throw badRequest(`unable to parse requirement: ${JSON.stringify(rest)}`)
    requirements.push(requirementOf(match))
    rest = rest.slice(match[0].length)
    if (rest === '') break
    if (!rest.startsWith(',') || rest.length === 1) {
      throw badRequest(`unable to parse requirement: found '${rest}', expected: ',' or 'end of string'`)
    }
    rest = rest.slice(1).trimStart()
  }
  return ({ metadata }) => {
    const labels: Labels = new Map(Object.entries(metadata.labels ?? {}))
    return requirements.every(holds => holds(labels))
  }
}

const key = '[A-Za-z0-9][-A-Za-z0-9_./]*'
const value = '[-A-Za-z0-9_.]*'
const requirementPattern = new RegExp(
  `^\\s*(?:!\\s*(?<absent>${key})|(?<key>${key})(?:\\s+(?<set>in|notin)\\s*\\((?<values>[^()]*)\\)|\\s*(?<operator>==|=|!=|>|<)\\s*(?<value>${value}))?)\\s*`,
)

function requirementOf({ groups = {} }: RegExpExecArray): Requirement {
  const { absent, set, values = '', operator, value: wanted = '' } = groups
  if (absent !== undefined) return labels => !labels.has(absent)
  const name = groups['key'] ?? ''
  if (set !== undefined) {
    const listed = new Set<string | undefined>(values.split(',').map(one => one.trim()))
    return labels => listed.has(labels.get(name)) === (set === 'in')
  }
  switch (operator) {
    case undefined:
      return labels => labels.has(name)
    case '!=':
      return labels => labels.get(name) !== wanted
    case '>':
      return labels => Number(labels.get(name)) > Number(wanted)
    case '<':
      return labels => Number(labels.get(name)) < Number(wanted)
    default:
      return labels => labels.get(name) === wanted
  }
}

/** Reads `metadata.name=x,type!=y`; a kind says which fields it can be selected by. */
export function parseFieldSelector(text: string, kind: Kind): Selector {
  const terms = text.split(/(?<!\\),/).filter(term => term !== '')
  const requirements = terms.map(term => {
    const match = /^([^=!]+)(==|=|!=)(.*)$/s.exec(term)
    if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    const [, field = '', operator, raw = ''] = match
    const known = ['metadata.name', 'metadata.namespace', ...kind.selectable]
    if (!known.includes(field)) throw badRequest(`field label not supported: ${field}`)
    const wanted = raw.replaceAll(/\\([,=\\])/g, '$1')
    return (object: KubeObject) => (fieldAt(object, field) === wanted) === (operator !== '!=')
  })
  return object => requirements.every(holds => holds(object))
}

/** The one name that a field selector allows, or '' when it allows several. */
export function selectedName(query: URLSearchParams): string {
  const terms = (query.get('fieldSelector') ?? '').split(/(?<!\\),/)
  const [, name = ''] = terms.map(term => /^metadata\.name==?(.*)$/s.exec(term)).find(Boolean) ?? []
  return name
}

function fieldAt(object: KubeObject, field: string): string {
  if (field === 'source') return String(fieldsOf(object['source'])['component'] ?? '')
  const found = field.split('.').reduce<unknown>((value, name) => fieldsOf(value)[name], object)
  return found === undefined ? '' : String(found)
}
