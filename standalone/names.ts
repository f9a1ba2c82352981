// The rules for metadata: names, labels, annotations, owners.
import type { Kind } from './kinds.ts'
import type { KubeObject } from './object.ts'
import { type Cause, cause } from './status.ts'

const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainPattern = `${labelPattern}(\\.${labelPattern})*`
const labelRule = new RegExp(`^${labelPattern}$`)
const subdomainRule = new RegExp(`^${subdomainPattern}$`)
const qualifiedRule = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const subdomainText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainPattern}')`
const labelText = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${labelPattern}')`
const annotationLimitBytes = 256 << 10

export function isSubdomain(name: string): boolean {
  return name.length <= 253 && subdomainRule.test(name)
}

function nameProblem(rule: Kind['nameRule'], name: string): string | undefined {
  if (rule === 'segment') {
    if (name === '.' || name === '..') return `may not be '${name}'`
    return /[/%]/.test(name) ? "may not contain '/' or '%'" : undefined
  }
  const limit = rule === 'label' ? 63 : 253
  if (name.length > limit) return `must be no more than ${limit} bytes`
  if (rule === 'label') return labelRule.test(name) ? undefined : labelText
  return subdomainRule.test(name) ? undefined : subdomainText
}

export function metadataCauses(kind: Kind, { metadata }: KubeObject): Cause[] {
  const causes: Cause[] = []
  const { name, labels = {}, annotations = {} } = metadata
  const problem = nameProblem(kind.nameRule, name)
  if (problem !== undefined) causes.push(cause.invalid('metadata.name', name, problem))
  for (const [key, value] of Object.entries(labels)) {
    causes.push(...qualifiedNameCauses('metadata.labels', key))
    if (value !== '' && (value.length > 63 || !qualifiedRule.test(value))) {
      const why = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`
      const tooLong = 'must be no more than 63 bytes'
      causes.push(cause.invalid('metadata.labels', value, value.length > 63 ? tooLong : why))
    }
  }
  let bytes = 0
  for (const [key, value] of Object.entries(annotations)) {
    causes.push(...qualifiedNameCauses('metadata.annotations', key.toLowerCase()))
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (bytes > annotationLimitBytes) {
    const message = `Too long: may not be more than ${annotationLimitBytes} bytes`
    causes.push({ reason: 'FieldValueTooLong', message, field: 'metadata.annotations' })
  }
  return causes
}

function qualifiedNameCauses(field: string, key: string): Cause[] {
  const slash = key.indexOf('/')
  const prefix = slash === -1 ? undefined : key.slice(0, slash)
  const name = key.slice(slash + 1)
  if (prefix !== undefined && !isSubdomain(prefix)) {
    return [cause.invalid(field, key, `prefix part ${prefix === '' ? 'must be non-empty' : subdomainText}`)]
  }
  if (name.length > 63) return [cause.invalid(field, key, 'name part must be no more than 63 bytes')]
  if (qualifiedRule.test(name)) return []
  const why = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`
  return [cause.invalid(field, key, why)]
}

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'

/** A free name for a generateName, of the length and letters that Kubernetes uses. */
export function generateName(prefix: string): string {
  const random = crypto.getRandomValues(new Uint8Array(5))
  const suffix = [...random].map(byte => suffixLetters[byte % suffixLetters.length]).join('')
  return `${prefix.slice(0, 58)}${suffix}`
}
