// Which x-kubernetes-validations of a schema are refused: what is no rule, and what cannot be evaluated here as
// Kubernetes does.
import { type Fields, fieldsOf, isFields, listOf } from './object.ts'
import { compileRule, ruleKeyword } from './rules.ts'
import { type Cause, cause } from './status.ts'

/** Of a schema that is to be stored; `isCorrelated` is false within lists whose items have no identity. */
export function ruleProblems(schema: Fields, at: string, isCorrelated = true): Cause[] {
  const own = listOf<Fields>(schema[ruleKeyword]).flatMap((rule, index) =>
    problemsOf(rule, { schema, at: `${at}.${ruleKeyword}[${index}]`, isCorrelated }),
  )
  const ofProperties = Object.entries(fieldsOf(schema['properties'])).flatMap(([name, property]) =>
    ruleProblems(fieldsOf(property), `${at}.properties[${name}]`, isCorrelated),
  )
  const { items, additionalProperties } = schema
  const ofItems = isFields(items)
    ? ruleProblems(items, `${at}.items`, isCorrelated && schema['x-kubernetes-list-type'] === 'map')
    : []
  const ofOthers = isFields(additionalProperties)
    ? ruleProblems(additionalProperties, `${at}.additionalProperties`, isCorrelated)
    : []
  return [...own, ...ofProperties, ...ofItems, ...ofOthers]
}

const supported = ['rule', 'message', 'fieldPath', 'reason']
const reasons = ['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired', 'FieldValueDuplicate']
/** Fields whose names are no names of CEL are spelled so; Kubernetes' own functions and types are not here either. */
const escapedName = /__(?:dot|dash|slash|underscores)__|\b__[a-z]+__/

type Site = { readonly schema: Fields; readonly at: string; readonly isCorrelated: boolean }

function problemsOf(rule: Fields, { schema, at, isCorrelated }: Site): Cause[] {
  const causes = Object.keys(rule)
    .filter(key => !supported.includes(key))
    .map(key => cause.forbidden(`${at}.${key}`, 'this server does not support it'))
  const { rule: text, fieldPath, reason } = rule
  if (typeof text !== 'string' || text.trim() === '') return [...causes, cause.required(`${at}.rule`)]
  if (reason !== undefined && !reasons.includes(String(reason)))
    causes.push(cause.unsupported(`${at}.reason`, reason, reasons))
  if (fieldPath !== undefined && !refersToField(String(fieldPath), schema)) {
    const why = 'fieldPath must be a valid path: does not refer to a valid field'
    causes.push(cause.invalid(`${at}.fieldPath`, fieldPath, why))
  }
  if (escapedName.test(text) || hasFormat(schema, 'duration')) {
    causes.push(cause.forbidden(`${at}.rule`, 'this server has no escaped names and no durations in rules'))
  }
  try {
    const { isTransition } = compileRule(rule, text)
    if (isTransition && !isCorrelated) {
      const why = 'oldSelf cannot be used on the uncorrelatable portion of the schema'
      causes.push(cause.invalid(`${at}.rule`, text, why))
    }
  } catch (error) {
    causes.push(cause.invalid(`${at}.rule`, text, (error as Error).message))
  }
  return causes
}

/** `.spec.name`, by declared properties. */
function refersToField(path: string, schema: Fields): boolean {
  if (!/^(?:\.[A-Za-z_][\w-]*)+$/.test(path)) return false
  let at: unknown = schema
  for (const name of path.slice(1).split('.')) {
    const properties = fieldsOf(fieldsOf(at)['properties'])
    if (!Object.hasOwn(properties, name)) return false
    at = properties[name]
  }
  return true
}

function hasFormat(schema: Fields, format: string): boolean {
  const nested = [
    ...Object.values(fieldsOf(schema['properties'])),
    schema['items'],
    schema['additionalProperties'],
  ]
  return schema['format'] === format || nested.some(one => isFields(one) && hasFormat(one, format))
}
