// The grammar of names, as the API server and Tekton check it.

/** Tekton's limit for the names of its objects; Kubernetes allows more. */
export const longestName = 63
const randomLength = 5

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const labelOnly = new RegExp(`^${label}$`)
const subdomain = new RegExp(`^${label}(\\.${label})*$`)
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

export function isLabel(name: string): boolean {
  return name.length <= 63 && labelOnly.test(name)
}

export function isSubdomain(name: string): boolean {
  return name.length <= 253 && subdomain.test(name)
}

export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/')
  return labelName.test(key.slice(slash + 1)) && (slash < 0 || isSubdomain(key.slice(0, slash)))
}

export function isLabelValue(value: string): boolean {
  return labelValue.test(value)
}

/** What the API server may append its random part to. */
export function generateNameFrom(name: string): string {
  return `${name.slice(0, longestName - randomLength - 1).replace(/[-.]+$/, '')}-`
}
