// validate: everything about a Connector that can be decided from it and its class. The controller runs it on
// every change, admission can run the same. Spec: resources.md, "Connector.spec".
import { formatAddress, parseAddress } from './address.ts'
import type { Connector } from './connector.ts'
import type { AuthType, ConnectorClass } from './connector-class.ts'
import { authType } from './connector-class.ts'
import { ConnectorsError } from './errors.ts'
import type { Param, ParamSpec } from './param.ts'

/** What is wrong, at a field (`spec.auth.name`); the message names the bad value and what is allowed. */
export type Problem = { readonly field: string; readonly message: string }

export function validateConnector(connector: Connector, connectorClass: ConnectorClass): readonly Problem[] {
  const { spec } = connector
  return [
    ...addressProblems(spec.address, 'spec.address'),
    ...extensionProblems(connector, connectorClass),
    ...paramProblems(spec.params ?? [], connectorClass.spec.params ?? [], 'spec.params'),
    ...authProblems(connector, connectorClass),
  ]
}

function addressProblems(address: string | undefined, field: string): readonly Problem[] {
  if (address === undefined || address === '') return [{ field, message: 'is required: the URL of the tool' }]
  try {
    parseAddress(address, field)
    return []
  } catch (error) {
    if (error instanceof ConnectorsError) return [{ field, message: error.message }]
    throw error
  }
}

function extensionProblems(connector: Connector, connectorClass: ConnectorClass): readonly Problem[] {
  const field = 'spec.addressExtensions'
  const given = connector.spec.addressExtensions ?? []
  const declared = connectorClass.spec.addressExtensions ?? []
  const names = declared.map(spec => spec.name)
  const problems: Problem[] = [...duplicates(given, field)]
  for (const spec of declared) {
    if (spec.default === undefined && !given.some(extension => extension.name === spec.name)) {
      problems.push({ field, message: `must hold "${spec.name}", which the class requires` })
    }
  }
  for (const [index, extension] of given.entries()) {
    const at = `${field}[${index}]`
    if (!names.includes(extension.name)) {
      problems.push({ field: `${at}.name`, message: unknownName(extension.name, names) })
    }
    problems.push(...addressProblems(extension.value, `${at}.value`))
    if (sameAddress(extension.value, connector.spec.address)) {
      problems.push({ field: `${at}.value`, message: `must differ from spec.address "${extension.value}"` })
    }
  }
  return problems
}

function sameAddress(left: string | undefined, right: string | undefined): boolean {
  try {
    return formatAddress(parseAddress(left ?? '', '')) === formatAddress(parseAddress(right ?? '', ''))
  } catch {
    return false
  }
}

/** Given params against their declarations: unknown names, wrong types, values outside `enum`, missing ones. */
export function paramProblems(
  given: readonly Param[],
  declared: readonly ParamSpec[],
  field: string,
): readonly Problem[] {
  const names = declared.map(spec => spec.name)
  const problems: Problem[] = [...duplicates(given, field)]
  for (const [index, param] of given.entries()) {
    const at = `${field}[${index}]`
    const spec = declared.find(candidate => candidate.name === param.name)
    if (spec === undefined) {
      problems.push({ field: `${at}.name`, message: unknownName(param.name, names) })
      continue
    }
    const type = spec.type ?? 'string'
    if (paramTypeOf(param.value) !== type) {
      problems.push({ field: `${at}.value`, message: `must be of type ${type} for param "${param.name}"` })
    } else if (spec.enum !== undefined && spec.enum.length > 0 && !spec.enum.includes(String(param.value))) {
      const allowed = spec.enum.map(value => `"${value}"`).join(', ')
      problems.push({ field: `${at}.value`, message: `is "${String(param.value)}", allowed are ${allowed}` })
    }
  }
  for (const spec of declared) {
    if (spec.default === undefined && !given.some(param => param.name === spec.name)) {
      problems.push({ field, message: `must hold "${spec.name}", which the class requires` })
    }
  }
  return problems
}

function paramTypeOf(value: unknown): string {
  if (typeof value === 'string') return 'string'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'object' && value !== null ? 'object' : typeof value
}

function authProblems(connector: Connector, connectorClass: ConnectorClass): readonly Problem[] {
  const types = connectorClass.spec.auth?.types ?? []
  const names = types.map(type => type.name)
  const auth = connector.spec.auth
  if (auth === undefined) {
    if (types.length === 0 || types.every(type => type.optional === true)) return []
    return [{ field: 'spec.auth', message: `is required by the class; its types are ${names.join(', ')}` }]
  }
  if (auth.name === undefined || auth.name === '') {
    return [{ field: 'spec.auth.name', message: `is required; the class allows ${quoted(names)}` }]
  }
  const type = authType(connectorClass, auth.name)
  if (type === undefined) return [{ field: 'spec.auth.name', message: unknownName(auth.name, names) }]
  return [...secretRefProblems(connector, type), ...probeParamProblems(connector, connectorClass, type)]
}

function secretRefProblems(connector: Connector, type: AuthType): readonly Problem[] {
  const ref = connector.spec.auth?.secretRef
  if (ref === undefined) {
    if (type.optional === true) return []
    return [{ field: 'spec.auth.secretRef', message: `is required for auth type "${type.name}"` }]
  }
  const problems: Problem[] = []
  if (ref.name === undefined || ref.name === '') {
    problems.push({ field: 'spec.auth.secretRef.name', message: 'is required' })
  }
  const own = connector.metadata.namespace
  if (ref.namespace !== undefined && ref.namespace !== '' && ref.namespace !== own) {
    const message = `is "${ref.namespace}", but a Secret must be in the Connector's own namespace "${own}"`
    problems.push({ field: 'spec.auth.secretRef.namespace', message })
  }
  return problems
}

function probeParamProblems(
  connector: Connector,
  connectorClass: ConnectorClass,
  type: AuthType,
): readonly Problem[] {
  const probe = connectorClass.spec.authProbes?.find(candidate => candidate.authName === type.name)
  return paramProblems(connector.spec.auth?.params ?? [], probe?.params ?? [], 'spec.auth.params')
}

function duplicates(items: readonly { readonly name: string }[], field: string): readonly Problem[] {
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const [index, { name }] of items.entries()) {
    if (seen.has(name)) problems.push({ field: `${field}[${index}].name`, message: `repeats "${name}"` })
    seen.add(name)
  }
  return problems
}

function unknownName(name: string, allowed: readonly string[]): string {
  return `is "${name}", which the class does not declare; allowed are ${quoted(allowed)}`
}

function quoted(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map(name => `"${name}"`).join(', ')
}

/** The problems as one line. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(problem => `${problem.field} ${problem.message}`).join('; ')
}
