// What single built-in kinds need beyond their schema.
import { parseJsonPath } from './json-path.ts'
import type { Admission } from './kinds.ts'
import { isSubdomain } from './names.ts'
import { type Fields, fieldsOf, isFields, type KubeObject, listOf } from './object.ts'
import { requireGrantable } from './rbac.ts'
import { ruleProblems } from './rule-problems.ts'
import { type Schema, schemaProblem } from './schema.ts'
import { type Cause, cause, forbidden } from './status.ts'

export function admitNamespace(draft: KubeObject): Cause[] {
  const { metadata } = draft
  metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
  draft['spec'] ??= {}
  draft['status'] ??= { phase: 'Active' }
  return []
}

const secretKeys = new Map<string, readonly string[]>(
  Object.entries({
    'kubernetes.io/ssh-auth': ['ssh-privatekey'],
    'kubernetes.io/tls': ['tls.crt', 'tls.key'],
    'kubernetes.io/dockercfg': ['.dockercfg'],
    'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  }),
)
const dataKey = /^[-._a-zA-Z0-9]{1,253}$/

export function admitSecret(draft: KubeObject, { previous }: Admission): Cause[] {
  const data = { ...fieldsOf(draft['data']) }
  for (const [key, value] of Object.entries(fieldsOf(draft['stringData']))) {
    data[key] = Buffer.from(String(value)).toString('base64')
  }
  delete draft['stringData']
  if (Object.keys(data).length > 0) draft['data'] = data
  const type = String(draft['type'])
  const causes = [
    ...dataKeyCauses('data', data),
    ...(secretKeys.get(type) ?? [])
      .filter(key => data[key] === undefined)
      .map(key => cause.required(`data[${key}]`)),
    ...immutableCauses(draft, previous, ['data']),
  ]
  if (
    type === 'kubernetes.io/basic-auth' &&
    data['username'] === undefined &&
    data['password'] === undefined
  ) {
    causes.push(cause.required('data[username]'), cause.required('data[password]'))
  }
  if (previous !== undefined && previous['type'] !== draft['type']) {
    causes.push(cause.invalid('type', draft['type'], 'field is immutable'))
  }
  return causes
}

export function admitConfigMap(draft: KubeObject, { previous }: Admission): Cause[] {
  return [
    ...dataKeyCauses('data', fieldsOf(draft['data'])),
    ...dataKeyCauses('binaryData', fieldsOf(draft['binaryData'])),
    ...immutableCauses(draft, previous, ['data', 'binaryData']),
  ]
}

function dataKeyCauses(field: string, data: Fields): Cause[] {
  const why =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
  return Object.keys(data)
    .filter(key => !dataKey.test(key))
    .map(key => cause.invalid(`${field}[${key}]`, key, why))
}

function immutableCauses(draft: KubeObject, previous: KubeObject | undefined, names: string[]): Cause[] {
  if (previous?.['immutable'] !== true) return []
  const why = 'field is immutable when `immutable` is set'
  const changed = names.filter(name => JSON.stringify(previous[name]) !== JSON.stringify(draft[name]))
  if (draft['immutable'] !== true) changed.push('immutable')
  return changed.map(name => cause.forbidden(name, why))
}

export function admitPod(draft: KubeObject, { previous, store }: Admission): Cause[] {
  const spec = { ...fieldsOf(draft['spec']) }
  draft['spec'] = spec
  draft['status'] ??= { phase: 'Pending' }
  if (listOf(spec['containers']).length === 0) return [cause.required('spec.containers')]
  spec['serviceAccountName'] ??= 'default'
  const namespace = draft.metadata.namespace ?? ''
  const account = String(spec['serviceAccountName'])
  if (previous === undefined && store.get('serviceaccounts', namespace, account) === undefined) {
    const why = `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`
    throw forbidden({ group: '', plural: 'pods' }, draft.metadata.name, why)
  }
  return []
}

export function admitService(draft: KubeObject): Cause[] {
  const spec = fieldsOf(draft['spec'])
  draft['status'] ??= { loadBalancer: {} }
  const ports = listOf<Fields>(spec['ports'])
  if (spec['type'] !== 'ExternalName') {
    spec['ports'] = ports.map(port => ({ targetPort: port['port'], ...port }))
    if (ports.length === 0 && spec['clusterIP'] !== 'None') return [cause.required('spec.ports')]
  } else if (typeof spec['externalName'] !== 'string' || !isSubdomain(spec['externalName'])) {
    return [
      cause.invalid(
        'spec.externalName',
        spec['externalName'] ?? '',
        'must be a lowercase RFC 1123 subdomain',
      ),
    ]
  }
  return portCauses(ports)
}

function portCauses(ports: readonly Fields[]): Cause[] {
  const causes: Cause[] = []
  const names = new Set<unknown>()
  for (const [index, { name, port }] of ports.entries()) {
    const at = `spec.ports[${index}]`
    if (name === undefined && ports.length > 1) causes.push(cause.required(`${at}.name`))
    if (name !== undefined && names.has(name)) {
      const message = `Duplicate value: ${JSON.stringify(name)}`
      causes.push({ reason: 'FieldValueDuplicate', message, field: `${at}.name` })
    }
    names.add(name)
    if (Number(port) < 1 || Number(port) > 65535) {
      causes.push(cause.invalid(`${at}.port`, port, 'must be between 1 and 65535, inclusive'))
    }
  }
  return causes
}

export function admitRole(draft: KubeObject, { user, store, previous }: Admission): Cause[] {
  if (draft['aggregationRule'] !== undefined) {
    return [cause.forbidden('aggregationRule', 'this server does not aggregate roles')]
  }
  draft['rules'] ??= []
  const causes: Cause[] = []
  for (const [index, rule] of listOf<Fields>(draft['rules']).entries()) {
    const at = `rules[${index}]`
    if (listOf(rule['verbs']).length === 0)
      causes.push(cause.required(`${at}.verbs`, 'verbs must contain at least one value'))
    if (listOf(rule['nonResourceURLs']).length > 0) continue
    if (listOf(rule['apiGroups']).length === 0) {
      causes.push(cause.required(`${at}.apiGroups`, 'resource rules must supply at least one api group'))
    }
    if (listOf(rule['resources']).length === 0) {
      causes.push(cause.required(`${at}.resources`, 'resource rules must supply at least one resource'))
    }
  }
  const unchanged =
    previous !== undefined && JSON.stringify(previous['rules']) === JSON.stringify(draft['rules'])
  if (causes.length === 0 && user !== undefined && !unchanged) requireGrantable(store, user, draft)
  return causes
}

export function admitBinding(draft: KubeObject, { user, store, previous }: Admission): Cause[] {
  const roleRef = fieldsOf(draft['roleRef'])
  const kinds = draft.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  if (!kinds.includes(String(roleRef['kind'])))
    return [cause.unsupported('roleRef.kind', roleRef['kind'], kinds)]
  if (previous !== undefined && JSON.stringify(previous['roleRef']) !== JSON.stringify(roleRef)) {
    return [cause.invalid('roleRef', roleRef, 'cannot change roleRef')]
  }
  const causes: Cause[] = []
  for (const [index, subject] of listOf<Fields>(draft['subjects']).entries()) {
    const kind = String(subject['kind'])
    if (kind === 'ServiceAccount') {
      if (subject['namespace'] === undefined) causes.push(cause.required(`subjects[${index}].namespace`))
    } else if (kind === 'User' || kind === 'Group') subject['apiGroup'] ??= 'rbac.authorization.k8s.io'
    else causes.push(cause.unsupported(`subjects[${index}].kind`, kind, ['ServiceAccount', 'User', 'Group']))
  }
  const unchanged =
    previous !== undefined && JSON.stringify(previous['subjects']) === JSON.stringify(draft['subjects'])
  if (causes.length === 0 && user !== undefined && !unchanged) requireGrantable(store, user, draft)
  return causes
}

/** The conditions are set at once: nothing else has to happen before the kind is served. */
export function admitDefinition(draft: KubeObject, { previous }: Admission): Cause[] {
  const spec = fieldsOf(draft['spec'])
  const names = fieldsOf(spec['names'])
  const kind = String(names['kind'])
  names['singular'] ??= kind.toLowerCase()
  names['listKind'] ??= `${kind}List`
  const versions = listOf<Fields>(spec['versions'])
  const expectedName = `${names['plural']}.${spec['group']}`
  const causes: Cause[] = []
  if (draft.metadata.name !== expectedName) {
    const why = `must be spec.names.plural+"."+spec.group`
    causes.push(cause.invalid('metadata.name', draft.metadata.name, why))
  }
  if (fieldsOf(spec['conversion'])['strategy'] !== 'None') {
    causes.push(cause.forbidden('spec.conversion', 'this server does not convert'))
  }
  if (versions.filter(version => version['storage'] === true).length !== 1) {
    causes.push(
      cause.invalid(
        'spec.versions',
        versions.length,
        'must have exactly one version marked as storage version',
      ),
    )
  }
  if (versions.filter(version => version['served'] === true).length > 1) {
    causes.push(cause.forbidden('spec.versions', 'this server serves one version of a kind'))
  }
  for (const [index, version] of versions.entries())
    causes.push(...versionCauses(version, `spec.versions[${index}]`))
  const immutable = previous === undefined ? {} : fieldsOf(previous['spec'])
  if (previous !== undefined && immutable['scope'] !== spec['scope']) {
    causes.push(cause.invalid('spec.scope', spec['scope'], 'field is immutable'))
  }
  draft['status'] = previous?.['status'] ?? establishedStatus(draft, names, versions)
  return causes
}

function versionCauses(version: Fields, at: string): Cause[] {
  const schema = fieldsOf(version['schema'])['openAPIV3Schema']
  const causes: Cause[] = []
  if (!isFields(schema)) causes.push(cause.required(`${at}.schema.openAPIV3Schema`, 'schemas are required'))
  else {
    if (schema['type'] !== 'object') {
      causes.push(
        cause.invalid(
          `${at}.schema.openAPIV3Schema.type`,
          schema['type'] ?? '',
          'must be object at the root',
        ),
      )
    }
    const field = `${at}.schema.openAPIV3Schema`
    causes.push(...structureCauses(schema, field), ...ruleProblems(schema, field))
    const problem = causes.length === 0 ? schemaProblem(schema as Schema) : undefined
    if (problem !== undefined) causes.push(cause.invalid(field, '', problem))
  }
  if (fieldsOf(version['subresources'])['scale'] !== undefined) {
    causes.push(cause.forbidden(`${at}.subresources.scale`, 'this server has no scale subresource'))
  }
  for (const [index, column] of listOf<Fields>(version['additionalPrinterColumns']).entries()) {
    try {
      parseJsonPath(String(column['jsonPath']))
    } catch (error) {
      const why = `is not a JSONPath that this server reads: ${(error as Error).message}`
      causes.push(cause.invalid(`${at}.additionalPrinterColumns[${index}].jsonPath`, column['jsonPath'], why))
    }
  }
  return causes
}

const unsupportedKeywords = ['$ref', '$defs', 'definitions', 'patternProperties']

function structureCauses(schema: Fields, at: string): Cause[] {
  const causes = unsupportedKeywords
    .filter(keyword => schema[keyword] !== undefined)
    .map(keyword => cause.forbidden(`${at}.${keyword}`, 'this server does not support it'))
  const typed =
    typeof schema['type'] === 'string' ||
    schema['x-kubernetes-int-or-string'] === true ||
    schema['x-kubernetes-preserve-unknown-fields'] === true
  if (!typed) causes.push(cause.required(`${at}.type`, 'must not be empty for specified object fields'))
  for (const [name, property] of Object.entries(fieldsOf(schema['properties']))) {
    causes.push(...structureCauses(fieldsOf(property), `${at}.properties[${name}]`))
  }
  for (const inner of ['items', 'additionalProperties']) {
    const nested = schema[inner]
    if (isFields(nested)) causes.push(...structureCauses(nested, `${at}.${inner}`))
  }
  return causes
}

function establishedStatus(draft: KubeObject, names: Fields, versions: Fields[]): Fields {
  const lastTransitionTime = draft.metadata.creationTimestamp
  const condition = (type: string, reason: string, message: string) => {
    return { type, status: 'True', lastTransitionTime, reason, message }
  }
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
    storedVersions: versions.filter(version => version['storage'] === true).map(version => version['name']),
  }
}
