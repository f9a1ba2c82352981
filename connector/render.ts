// render: what a volume holds. The files of the named configurations of each class, and the built-in files.
// Spec: csi.md, "Publish" step 5; templates.md, "What configuration templates see".
import { proxyServiceName } from './address.ts'
import type { Connector } from './connector.ts'
import type { Configuration, ConnectorClass } from './connector-class.ts'
import { ConnectorsError } from './errors.ts'
import { fileNameProblem } from './file-name.ts'
import { objectKey } from './object.ts'
import { withDefaults } from './param.ts'
import type { Sensitive } from './sensitive.ts'
import { renderTemplate } from './template.ts'

export type VolumeInput = {
  /** In the order in which the volume names them; at least one. */
  readonly connectors: readonly VolumeConnector[]
  /** In the order in which the volume names them; none: built-in files only. */
  readonly configurationNames: readonly string[]
  readonly excludedFiles: ReadonlySet<string>
  /** Configuration name to runtime parameters. */
  readonly parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly context: VolumeContext
}

export type VolumeConnector = {
  readonly connector: Connector
  readonly connectorClass: ConnectorClass
  /** For this Connector alone. */
  readonly token: Sensitive
}

export type VolumeContext = {
  /** For all Connectors of the volume, as templates see it. */
  readonly token: Sensitive
  /** The same in the built-in file. */
  readonly fileToken: Sensitive
  readonly namespace: string
  readonly serviceAccount: string
  readonly pod: string
}

export type VolumeFiles = {
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Named configurations that no class of the volume has, while others exist. */
  readonly missingConfigurations: readonly string[]
  /** Files in which the token of all Connectors may go to the host of one of them: `npmrc/.npmrc`. */
  readonly exposedFiles: readonly string[]
}

/** A volume holds at most this, all files together. */
export const maxVolumeBytes = 1024 * 1024

export function renderVolume(input: VolumeInput): VolumeFiles {
  const groups = classGroups(input.connectors)
  const missingConfigurations = findMissing(input.configurationNames, groups)
  checkParameters(input, groups)

  const files = builtInFiles(input)
  const exposedFiles: string[] = []
  for (const name of input.configurationNames) {
    for (const group of groups) {
      const configuration = configurationOf(group.connectorClass, name)
      if (configuration === undefined) continue
      const isExposing = input.connectors.length > 1 && group.connectors.some(hasOwnHost)
      for (const { file, bytes, usesJointToken } of renderConfiguration(configuration, group, input)) {
        files.set(file, bytes)
        if (isExposing && usesJointToken) exposedFiles.push(`${name}/${file}`)
      }
    }
  }
  for (const file of input.excludedFiles) files.delete(file)
  checkSize(files)
  return { files, missingConfigurations, exposedFiles }
}

type ClassGroup = { readonly connectorClass: ConnectorClass; readonly connectors: readonly VolumeConnector[] }

/** One group a class, ordered by the last Connector of each: of two classes that render one file, the later wins. */
function classGroups(connectors: readonly VolumeConnector[]): readonly ClassGroup[] {
  const groups = new Map<string, { connectorClass: ConnectorClass; connectors: VolumeConnector[] }>()
  for (const connector of connectors) {
    const { connectorClass } = connector
    const name = connectorClass.metadata.name
    const group = groups.get(name) ?? { connectorClass, connectors: [] }
    group.connectors.push(connector)
    groups.delete(name)
    groups.set(name, group)
  }
  return [...groups.values()]
}

/**
 * Whether clients reach it by a name in its namespace. Whoever may edit the Services there could catch a token for
 * another Connector: of several, a file for a Connector's own host must use the Connector's own token.
 */
function hasOwnHost({ connector }: VolumeConnector): boolean {
  return new URL(publishedProxyAddress(connector)).hostname.startsWith(
    `${proxyServiceName(connector.metadata.name)}.`,
  )
}

function configurationOf(connectorClass: ConnectorClass, name: string): Configuration | undefined {
  return connectorClass.spec.configurations?.find(configuration => configuration.name === name)
}

function findMissing(names: readonly string[], groups: readonly ClassGroup[]): readonly string[] {
  const missing = names.filter(name => !groups.some(group => configurationOf(group.connectorClass, name)))
  if (names.length === 0 || missing.length < names.length) return missing
  const known = new Set(
    groups.flatMap(group => (group.connectorClass.spec.configurations ?? []).map(item => item.name)),
  )
  throw new ConnectorsError(
    'INVALID',
    'ConfigurationNotFound',
    `Cannot render configuration "${listed(names)}": its class has ${listed([...known].sort()) || 'none'}`,
  )
}

/** A message travels in a header of gRPC, which ends at some KiB. */
function listed(names: readonly string[]): string {
  const text = names.join(', ')
  return text.length > 1000 ? `${text.slice(0, 1000)}...` : text
}

function checkParameters(input: VolumeInput, groups: readonly ClassGroup[]): void {
  for (const name of Object.keys(input.parameters)) {
    if (!input.configurationNames.includes(name)) {
      throw new ConnectorsError(
        'INVALID',
        'ConfigurationParamsInvalid',
        `Cannot use parameters for configuration "${name}": the volume does not mount it`,
      )
    }
  }
  for (const name of input.configurationNames) {
    const declared = groups.flatMap(group => configurationOf(group.connectorClass, name)?.params ?? [])
    const given = input.parameters[name] ?? {}
    for (const spec of declared) {
      if (spec.default !== undefined || Object.hasOwn(given, spec.name)) continue
      throw new ConnectorsError(
        'INVALID',
        'ConfigurationParamMissing',
        `Cannot render configuration "${name}": its parameter "${spec.name}" has no default and must be given`,
      )
    }
  }
}

type RenderedFile = {
  readonly file: string
  readonly bytes: Uint8Array
  /** Whether the template looked at the token of all Connectors. */
  readonly usesJointToken: boolean
}

function* renderConfiguration(
  configuration: Configuration,
  group: ClassGroup,
  input: VolumeInput,
): Iterable<RenderedFile> {
  const usage = { isJoint: false }
  const data = configurationData(configuration, group, {
    input,
    onJointToken() {
      usage.isJoint = true
    },
  })
  for (const [file, template] of Object.entries(configuration.data ?? {})) {
    const why = fileNameProblem(file)
    if (why !== undefined) {
      throw new ConnectorsError(
        'PRECONDITION',
        'FileNameInvalid',
        `Cannot write file "${file}" of configuration "${configuration.name}": ${why}`,
      )
    }
    usage.isJoint = false
    const bytes = renderTemplate(template, { name: `${configuration.name}/${file}`, data })
    yield { file, bytes, usesJointToken: usage.isJoint }
  }
}

/** The dot of a configuration's templates. */
function configurationData(
  configuration: Configuration,
  group: ClassGroup,
  { input, onJointToken }: { readonly input: VolumeInput; readonly onJointToken: () => void },
): unknown {
  const { connectorClass } = group
  const connectors = group.connectors.map(connectorData)
  const defaults = Object.fromEntries(
    (configuration.params ?? [])
      .filter(spec => spec.default !== undefined)
      .map(spec => [spec.name, spec.default]),
  )
  const { context } = input
  return {
    connector: connectors[0],
    connectors,
    connectorclass: {
      metadata: connectorClass.metadata,
      proxyAddress: connectorClass.status?.proxy?.httpAddress?.url ?? '',
    },
    context: {
      get token() {
        onJointToken()
        return context.token.reveal()
      },
      namespace: context.namespace,
      serviceAccount: context.serviceAccount,
      pod: context.pod,
    },
    configurations: { ...defaults, ...input.parameters[configuration.name] },
  }
}

function connectorData({ connector, connectorClass, token }: VolumeConnector): unknown {
  const { name, namespace } = connector.metadata
  const params = withDefaults(connectorClass.spec.params ?? [], connector.spec.params ?? [])
  return {
    metadata: connector.metadata,
    spec: { ...connector.spec, params },
    status: { ...connector.status, proxyAddress: publishedProxyAddress(connector) },
    name,
    namespace,
    token: token.reveal(),
  }
}

/** The Connector's address at the proxy, without a trailing slash. */
export function publishedProxyAddress(connector: Connector): string {
  const url = connector.status?.proxy?.httpAddress?.url
  if (url === undefined || url === '') {
    throw new ConnectorsError(
      'PRECONDITION',
      'ProxyAddressMissing',
      `Cannot mount Connector "${objectKey(connector.metadata)}": it has no proxy address (yet)`,
    )
  }
  return url.replace(/\/+$/, '')
}

function builtInFiles(input: VolumeInput): Map<string, Uint8Array> {
  const last = input.connectors.at(-1)
  const files = new Map([['context.token', bytesOf(input.context.fileToken.reveal())]])
  if (last !== undefined) {
    files.set('connector.status.proxyAddress', bytesOf(publishedProxyAddress(last.connector)))
  }
  return files
}

function checkSize(files: ReadonlyMap<string, Uint8Array>): void {
  const total = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0)
  if (total <= maxVolumeBytes) return
  throw new ConnectorsError(
    'LIMIT',
    'VolumeTooLarge',
    `Cannot render a volume of ${total} bytes: the limit is ${maxVolumeBytes}`,
  )
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
