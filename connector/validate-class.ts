// validate-class: everything about a ConnectorClass that can be decided from it alone. Spec: resources.md,
// "Admission" and compat.md, "Decided where the two differ" (Rego).
import type { ConnectorClass, HttpProbe } from './connector-class.ts'
import { hasFixedKeys, normalSecretType } from './credential.ts'
import { parsePredicate } from './expression.ts'
import { fileNameProblem } from './file-name.ts'
import { probeVariables } from './probe.ts'
import { checkTemplate } from './template.ts'
import type { Problem } from './validate.ts'

export function validateConnectorClass(connectorClass: ConnectorClass): readonly Problem[] {
  return [
    ...uniqueNames(connectorClass),
    ...authTypeProblems(connectorClass),
    ...probeProblems(connectorClass),
    ...configurationProblems(connectorClass),
  ]
}

/** Expressions in Rego without CEL beside them, by field: the class cannot be Ready with one. */
export function regoFields(connectorClass: ConnectorClass): readonly string[] {
  const { spec } = connectorClass
  const expressions = [
    ...(spec.auth?.types ?? []).map((type, index) => ({
      field: `spec.auth.types[${index}].generator`,
      expression: type.generator,
    })),
    { field: 'spec.proxy.authExtractor', expression: spec.proxy?.authExtractor },
  ]
  return expressions
    .filter(({ expression }) => expression?.rego !== undefined && expression.cel === undefined)
    .map(({ field }) => field)
}

function uniqueNames(connectorClass: ConnectorClass): readonly Problem[] {
  const { spec } = connectorClass
  const lists: [string, readonly string[]][] = [
    ['spec.addressExtensions', (spec.addressExtensions ?? []).map(item => item.name)],
    ['spec.params', (spec.params ?? []).map(item => item.name)],
    ['spec.auth.types', (spec.auth?.types ?? []).map(item => item.name)],
    ['spec.authProbes', (spec.authProbes ?? []).map(item => item.authName)],
    ['spec.configurations', (spec.configurations ?? []).map(item => item.name)],
  ]
  return lists.flatMap(([field, names]) =>
    names
      .map((name, index) => ({ field: `${field}[${index}]`, name, first: names.indexOf(name) === index }))
      .filter(entry => !entry.first)
      .map(entry => ({ field: entry.field, message: `repeats the name "${entry.name}"` })),
  )
}

function authTypeProblems(connectorClass: ConnectorClass): readonly Problem[] {
  const problems: Problem[] = []
  const types = connectorClass.spec.auth?.types ?? []
  for (const [index, type] of types.entries()) {
    if (type.secretType === undefined || hasFixedKeys(normalSecretType(type.secretType))) continue
    if ((type.params ?? []).length === 0) {
      const message = `must list the keys of a Secret of type "${type.secretType}"`
      problems.push({ field: `spec.auth.types[${index}].params`, message })
    }
  }
  for (const [index, probe] of (connectorClass.spec.authProbes ?? []).entries()) {
    if (!types.some(type => type.name === probe.authName)) {
      const message = `is "${probe.authName}", which is no auth type of the class`
      problems.push({ field: `spec.authProbes[${index}].authName`, message })
    }
  }
  return problems
}

function probeProblems(connectorClass: ConnectorClass): readonly Problem[] {
  const { livenessProbe, authProbes } = connectorClass.spec
  const problems = httpProbeProblems(livenessProbe?.http, 'spec.livenessProbe.http')
  return problems.concat(
    ...(authProbes ?? []).map((probe, index) =>
      httpProbeProblems(probe.probe.http, `spec.authProbes[${index}].probe.http`),
    ),
  )
}

function httpProbeProblems(probe: HttpProbe | undefined, field: string): Problem[] {
  if (probe === undefined) return []
  const headers = Array.isArray(probe.httpHeaders)
    ? probe.httpHeaders.map((header, index) => [`${field}.httpHeaders[${index}]`, header.value] as const)
    : Object.entries(probe.httpHeaders ?? {}).map(
        ([name, value]) => [`${field}.httpHeaders.${name}`, value] as const,
      )
  const templates = [[`${field}.path`, probe.path], [`${field}.host`, probe.host ?? ''], ...headers] as const
  const problems = templates.flatMap(([at, template]) => problemOf(at, () => checkTemplate(template, at)))
  const cel = probe.response?.cel
  if (cel !== undefined && cel.trim() !== '') {
    problems.push(
      ...problemOf(`${field}.response.cel`, () =>
        parsePredicate(cel, { field: `${field}.response.cel`, variables: probeVariables }),
      ),
    )
  }
  return problems
}

function configurationProblems(connectorClass: ConnectorClass): readonly Problem[] {
  const problems: Problem[] = []
  for (const [index, configuration] of (connectorClass.spec.configurations ?? []).entries()) {
    for (const [file, template] of Object.entries(configuration.data ?? {})) {
      const field = `spec.configurations[${index}].data["${file}"]`
      const why = fileNameProblem(file)
      if (why !== undefined) problems.push({ field, message: `cannot be a file's name: ${why}` })
      problems.push(...problemOf(field, () => checkTemplate(template, `${configuration.name}/${file}`)))
    }
  }
  return problems
}

function problemOf(field: string, check: () => unknown): Problem[] {
  try {
    check()
    return []
  } catch (error) {
    // A template's picture has lines of its own; a condition has one.
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1)
    return [{ field, message }]
  }
}
