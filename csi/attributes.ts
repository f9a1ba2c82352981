// The volume's attributes: what a Pod may ask of a volume. Spec: csi.md, "Volume attributes".
import { ConnectorsError } from '../connector/errors.ts'
import { isFields } from '../connector/fields.ts'
import { fileNameProblem } from '../connector/file-name.ts'
import { type ObjectKey, objectKey } from '../connector/object.ts'
import type { VolumeInput } from '../connector/render.ts'
import { parseDuration } from '../runtime/duration.ts'

export type VolumeAttributes = Pick<VolumeInput, 'configurationNames' | 'excludedFiles' | 'parameters'> & {
  /** In the order of the volume; at least one. */
  readonly connectors: readonly ObjectKey[]
  /** Undefined where the volume does not ask. */
  readonly tokenExpirationMs: number | undefined
}

const aliases: Readonly<Record<string, string>> = {
  connectorName: 'connector.name',
  connectorNamespace: 'connector.namespace',
}
const known = [
  'connectors',
  'connector.name',
  'connector.namespace',
  'configuration.names',
  'configuration.params',
  'token.expiration',
]
const kubeletPrefix = 'csi.storage.k8s.io/'

const maxValueBytes = 64 * 1024
const maxItems = 64
/** Each is checked, rendered and named in a token that clients must carry. */
const maxConnectors = 16
const maxJsonDepth = 16
const minExpirationMs = 600_000

type Given = ReadonlyMap<string, string>

/** `namespace` is the pod's. Throws INVALID for whatever is wrong with the attributes alone. */
export function parseAttributes(
  context: Readonly<Record<string, string>>,
  { namespace }: { readonly namespace: string },
): VolumeAttributes {
  const given = readKnown(context)
  return {
    connectors: parseConnectors(given, namespace),
    ...parseConfigurationNames(given),
    parameters: parseParameters(given),
    tokenExpirationMs: parseExpiration(given),
  }
}

/** The attributes by their own names; an empty one is not given. */
function readKnown(context: Readonly<Record<string, string>>): Given {
  const given = new Map<string, string>()
  for (const [key, raw] of Object.entries(context)) {
    if (key.startsWith(kubeletPrefix)) continue
    const name = Object.hasOwn(aliases, key) ? (aliases[key] ?? key) : key
    if (!known.includes(name)) {
      throw invalid(
        quote(key),
        `it is not known; known are ${[...known, ...Object.keys(aliases)].join(', ')}`,
      )
    }
    const size = Buffer.byteLength(raw)
    if (size > maxValueBytes) throw invalid(quote(key), `it has ${size} bytes, the limit is ${maxValueBytes}`)
    const value = raw.trim()
    if (value === '') continue
    const before = given.get(name)
    if (before !== undefined && before !== value) {
      throw invalid(quote(name), 'it is given twice, under its name and its alias, with different values')
    }
    given.set(name, value)
  }
  return given
}

function parseConnectors(given: Given, namespace: string): readonly ObjectKey[] {
  const listed = listOf(given, 'connectors', maxConnectors).map(text => parseConnectorKey(text, namespace))
  const repeated = listed.find((key, at) => listed.findIndex(other => sameKey(other, key)) < at)
  if (repeated !== undefined) throw invalid('"connectors"', `it names "${objectKey(repeated)}" twice`)
  const named = parseNamed(given, namespace)
  if (named === undefined && listed.length === 0) {
    throw new ConnectorsError(
      'INVALID',
      'ConnectorNotNamed',
      'Cannot publish a volume without Connectors: its attribute "connectors" must name at least one',
    )
  }
  if (named === undefined) return listed
  const agree = listed.length === 0 || (listed.length === 1 && sameKey(listed[0], named))
  if (!agree) throw invalid('"connector.name"', 'it and the attribute "connectors" name different Connectors')
  return [named]
}

function parseNamed(given: Given, namespace: string): ObjectKey | undefined {
  const name = given.get('connector.name')
  const own = given.get('connector.namespace')
  if (name === undefined) {
    if (own !== undefined) throw invalid('"connector.namespace"', 'it needs "connector.name" beside it')
    return undefined
  }
  checkName(name, '"connector.name"')
  if (own !== undefined) checkNamespace(own, '"connector.namespace"')
  return { namespace: own ?? namespace, name }
}

function parseConnectorKey(text: string, namespace: string): ObjectKey {
  const [first = '', second, ...rest] = text.split('/')
  if (rest.length > 0) throw invalid('"connectors"', `${quote(text)} is neither a name nor namespace/name`)
  if (second === undefined) {
    checkName(first, '"connectors"')
    return { namespace, name: first }
  }
  checkNamespace(first, '"connectors"')
  checkName(second, '"connectors"')
  return { namespace: first, name: second }
}

function sameKey(left: ObjectKey | undefined, right: ObjectKey): boolean {
  return left !== undefined && objectKey(left) === objectKey(right)
}

function parseConfigurationNames(
  given: Given,
): Pick<VolumeAttributes, 'configurationNames' | 'excludedFiles'> {
  const configurationNames: string[] = []
  const excludedFiles = new Set<string>()
  for (const item of listOf(given, 'configuration.names')) {
    const excludes = item.startsWith('!')
    const name = excludes ? item.slice(1).trim() : item
    const why = fileNameProblem(name)
    if (why !== undefined) throw invalid('"configuration.names"', `${quote(item)} is no name: ${why}`)
    if (excludes) excludedFiles.add(name)
    else configurationNames.push(name)
  }
  return { configurationNames, excludedFiles }
}

/** The items of a comma list, each once. */
function listOf(given: Given, attribute: string, most = maxItems): readonly string[] {
  const text = given.get(attribute)
  if (text === undefined) return []
  const items = text.split(',').map(item => item.trim())
  if (items.length > most) {
    throw invalid(quote(attribute), `it lists ${items.length} items, the limit is ${most}`)
  }
  for (const [at, item] of items.entries()) {
    if (item === '') throw invalid(quote(attribute), 'it has an empty item between commas')
    if (items.indexOf(item) < at) throw invalid(quote(attribute), `it names ${quote(item)} twice`)
  }
  return items
}

function parseParameters(given: Given): VolumeAttributes['parameters'] {
  const parameters: Record<string, Readonly<Record<string, unknown>>> = Object.create(null)
  const text = given.get('configuration.params')
  if (text === undefined) return parameters
  const refuse = (why: string) => invalid('"configuration.params"', why)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The parser's words quote the text, and what users put into parameters is theirs.
    throw refuse('it is not JSON')
  }
  if (!isFields(parsed)) throw refuse('it must be a JSON object keyed by configuration name')
  if (depthOver(parsed, maxJsonDepth)) throw refuse(`it is nested deeper than ${maxJsonDepth} levels`)
  for (const [name, values] of Object.entries(parsed)) {
    if (!isFields(values)) throw refuse(`its member ${quote(name)} must be a JSON object of parameters`)
    parameters[name] = values
  }
  return parameters
}

function parseExpiration(given: Given): number | undefined {
  const text = given.get('token.expiration')
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms === undefined) throw invalid('"token.expiration"', `${quote(text)} is no duration like 30m or 1h`)
  if (ms < minExpirationMs) throw invalid('"token.expiration"', `${quote(text)} is less than 10m`)
  return ms
}

function checkName(name: string, attribute: string): void {
  if (name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)) {
    return
  }
  throw invalid(attribute, `${quote(name)} is no name of a Connector`)
}

function checkNamespace(name: string, attribute: string): void {
  if (name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return
  throw invalid(attribute, `${quote(name)} is no name of a namespace`)
}

/** Level by level: a document made to be deep must not use up the stack. */
function depthOver(value: unknown, max: number): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > max) return true
    level = level.flatMap(item => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return false
}

/** As JSON, which leaves no control character in a message, and cut. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
}

function invalid(attribute: string, why: string): ConnectorsError {
  return new ConnectorsError(
    'INVALID',
    'VolumeAttributesInvalid',
    `Cannot use volume attribute ${attribute}: ${why}`,
  )
}
