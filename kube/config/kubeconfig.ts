// A kubeconfig: the parts of it that we support, the rest refused by name.
import { dirname, resolve } from 'node:path'
import { ConnectorsError } from '../../connector/errors.ts'
import { type Fields, isFields } from '../../connector/fields.ts'
import { Sensitive } from '../../connector/sensitive.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { KubeConfig, KubeConfigSource } from './config.ts'
import { checkClientCertificate, parseAuthority, parseServer, readText } from './config-input.ts'
import {
  anonymous,
  type Credentials,
  isToken,
  tokenCredentials,
  tokenFileCredentials,
} from './credentials.ts'

/** `paths`: one path or several joined with `:`; the first that names a thing wins. */
export async function readKubeconfig(paths: string, source: KubeConfigSource): Promise<KubeConfig> {
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
  const userName = text(context.fields, 'user')
  // A server that asks for no account, such as `kubectl proxy`.
  const nobody = { fields: {}, directory: '' }
  const user = userName ? entry(files, 'users', 'user', userName, paths) : nobody

  if (text(cluster.fields, 'proxy-url')) throw unsupported(paths, 'proxy-url')
  if (cluster.fields['insecure-skip-tls-verify'] === true) {
    throw new ConnectorsError(
      'INVALID',
      'KubeConfigInsecure',
      `Cannot use kubeconfig "${paths}" as a source of trust: it sets insecure-skip-tls-verify`,
    )
  }
  const ca = await dataOrFile(cluster, 'certificate-authority')
  const serverName = text(cluster.fields, 'tls-server-name')
  return {
    server: parseServer(text(cluster.fields, 'server') ?? ''),
    ...(ca === undefined ? {} : { ca: parseAuthority(ca, `kubeconfig "${paths}"`) }),
    ...(serverName === undefined ? {} : { serverName }),
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
  if (token && !isToken(token)) throw invalid(paths, 'user.token does not hold one token')
  const byToken = tokenFile
    ? tokenFileCredentials(resolve(user.directory, tokenFile), { clock })
    : token
      ? tokenCredentials(new Sensitive(token))
      : anonymous
  if (cert === undefined || key === undefined) return byToken
  checkClientCertificate({ cert, key }, `kubeconfig "${paths}"`)
  return { clientCertificate: { cert, key: new Sensitive(key) }, authorization: byToken.authorization }
}

async function dataOrFile(section: Section, field: string): Promise<string | undefined> {
  const data = text(section.fields, `${field}-data`)
  if (data) return Buffer.from(data, 'base64').toString('utf8')
  const file = text(section.fields, field)
  return file ? readText(resolve(section.directory, file)) : undefined
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
