// Where the API server is and how we prove who we are: a kubeconfig, or what kubelet mounts into a pod.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConnectorsError } from '../connector/errors.ts'
import { Sensitive } from '../connector/sensitive.ts'
import type { Clock } from '../runtime/clock.ts'
import {
  anonymous,
  type Credentials,
  certificateCredentials,
  tokenCredentials,
  tokenFileCredentials,
} from './credentials.ts'

export interface KubeConfig {
  readonly server: URL
  /** PEM; absent means the system's certificates. */
  readonly ca?: string
  /** The name to verify in the server's certificate, where it is not the host's. */
  readonly serverName?: string
  readonly insecureSkipTlsVerify: boolean
  readonly credentials: Credentials
  readonly namespace: string
}

export interface KubeConfigSource {
  /** A path, or several joined with `:`; read before the pod's own account is considered. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, when there are any. */
  readonly inCluster?:
    | { readonly host: string; readonly port: string; readonly directory?: string }
    | undefined
  /** Accept a kubeconfig that turns certificate checks off. */
  readonly allowInsecure?: boolean | undefined
  readonly clock: Clock
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

export async function loadKubeConfig(source: KubeConfigSource): Promise<KubeConfig> {
  if (source.kubeconfig !== undefined && source.kubeconfig !== '') {
    return readKubeconfig(source.kubeconfig, source)
  }
  if (source.inCluster !== undefined) return readInCluster(source.inCluster, source.clock)
  throw new ConnectorsError(
    'PRECONDITION',
    'KubeConfigMissing',
    'Cannot find the Kubernetes API server: neither a kubeconfig nor a pod service account is given',
  )
}

async function readInCluster(
  pod: NonNullable<KubeConfigSource['inCluster']>,
  clock: Clock,
): Promise<KubeConfig> {
  const directory = pod.directory ?? serviceAccountDirectory
  const host = pod.host.includes(':') ? `[${pod.host}]` : pod.host
  return {
    server: parseServer(`https://${host}:${pod.port}`),
    ca: await readText(`${directory}/ca.crt`),
    insecureSkipTlsVerify: false,
    credentials: tokenFileCredentials(`${directory}/token`, { clock }),
    namespace: (await readText(`${directory}/namespace`)).trim() || 'default',
  }
}

type Fields = Readonly<Record<string, unknown>>

async function readKubeconfig(paths: string, source: KubeConfigSource): Promise<KubeConfig> {
  const files = await Promise.all(
    paths
      .split(':')
      .filter(path => path !== '')
      .map(readKubeconfigFile),
  )
  const name = source.context || files.map(file => text(file.fields, 'current-context')).find(Boolean)
  if (!name) throw invalid(paths, 'no current-context is set')
  const context = entry(files, 'contexts', 'context', name, paths)
  const cluster = entry(files, 'clusters', 'cluster', text(context.fields, 'cluster') ?? '', paths)
  const user = entry(files, 'users', 'user', text(context.fields, 'user') ?? '', paths)

  if (text(cluster.fields, 'proxy-url')) throw unsupported(paths, 'proxy-url')
  const insecure = cluster.fields['insecure-skip-tls-verify'] === true
  if (insecure && source.allowInsecure !== true) {
    throw new ConnectorsError(
      'INVALID',
      'KubeConfigInsecure',
      `Cannot use kubeconfig "${paths}" as a source of trust: insecure-skip-tls-verify is set and was not allowed`,
    )
  }
  const ca = await dataOrFile(cluster, 'certificate-authority')
  const serverName = text(cluster.fields, 'tls-server-name')
  return {
    server: parseServer(text(cluster.fields, 'server') ?? ''),
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    insecureSkipTlsVerify: insecure,
    credentials: await userCredentials(user, paths, source.clock),
    namespace: text(context.fields, 'namespace') || 'default',
  }
}

interface Section {
  readonly fields: Fields
  /** Relative file names count from here. */
  readonly directory: string
}

async function readKubeconfigFile(path: string): Promise<Section> {
  const content = await readText(path)
  // Loaded here alone: a pod has no kubeconfig, and the parser weighs 14 MiB.
  const { parse } = await import('yaml')
  let parsed: unknown
  try {
    parsed = parse(content)
  } catch {
    // The parser's message quotes the line, and a kubeconfig's lines hold keys and tokens.
    throw invalid(path, 'it is not YAML')
  }
  if (!isFields(parsed)) throw invalid(path, 'it is not a mapping')
  return { fields: parsed, directory: dirname(resolve(path)) }
}

function entry(files: readonly Section[], list: string, key: string, name: string, paths: string): Section {
  for (const file of files) {
    const items = file.fields[list]
    if (!Array.isArray(items)) continue
    const found = items.find(item => isFields(item) && item['name'] === name)
    if (found !== undefined) {
      return { fields: isFields(found[key]) ? found[key] : {}, directory: file.directory }
    }
  }
  throw invalid(paths, `it has no ${key} named "${name}"`)
}

const refusedUserFields = ['exec', 'auth-provider', 'username', 'password', 'as', 'as-uid', 'as-groups']

async function userCredentials(user: Section, paths: string, clock: Clock): Promise<Credentials> {
  const refused = refusedUserFields.find(field => user.fields[field] !== undefined)
  if (refused !== undefined) throw unsupported(paths, `user.${refused}`)
  const cert = await dataOrFile(user, 'client-certificate')
  const key = await dataOrFile(user, 'client-key')
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid(paths, 'client-certificate and client-key belong together')
  }
  const token = text(user.fields, 'token')
  const tokenFile = text(user.fields, 'tokenFile')
  const byToken = tokenFile
    ? tokenFileCredentials(resolve(user.directory, tokenFile), { clock })
    : token
      ? tokenCredentials(new Sensitive(token))
      : anonymous
  if (cert === undefined || key === undefined) return byToken
  return { ...certificateCredentials(cert, new Sensitive(key)), authorization: byToken.authorization }
}

async function dataOrFile(section: Section, field: string): Promise<string | undefined> {
  const data = text(section.fields, `${field}-data`)
  if (data) return Buffer.from(data, 'base64').toString('utf8')
  const file = text(section.fields, field)
  return file ? readText(resolve(section.directory, file)) : undefined
}

function parseServer(server: string): URL {
  const url = URL.parse(server)
  const loopback = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
  // Plain HTTP would show the token to the network; a local `kubectl proxy` is the one use of it.
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && loopback))) {
    throw new ConnectorsError(
      'INVALID',
      'KubeConfigInvalid',
      `Cannot use "${url?.host ?? server}" as API server: an https URL is needed`,
    )
  }
  return url
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new ConnectorsError('PRECONDITION', 'KubeConfigUnreadable', `Cannot read file "${path}": ${code}`, {
      cause: error,
    })
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  return typeof value === 'string' ? value : undefined
}

function invalid(paths: string, current: string): ConnectorsError {
  return new ConnectorsError('INVALID', 'KubeConfigInvalid', `Cannot use kubeconfig "${paths}": ${current}`)
}

function unsupported(paths: string, field: string): ConnectorsError {
  return new ConnectorsError(
    'UNSUPPORTED',
    'KubeConfigUnsupported',
    `Cannot use kubeconfig "${paths}": ${field} is not supported, use a token, a tokenFile or a client certificate`,
  )
}

export interface KubeconfigContent {
  readonly server: string
  readonly ca: string
  readonly token: Sensitive
  readonly name: string
  readonly namespace: string
}

/** A kubeconfig of one context, as JSON, which every reader of kubeconfigs takes for the YAML that it is. */
export function kubeconfigText({ server, ca, token, name, namespace }: KubeconfigContent): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      { name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name, user: { token: token.reveal() } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
