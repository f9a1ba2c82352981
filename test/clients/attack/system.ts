// The running system that attacks go against: `connectors dev` as a process of its own, with accounts, Secrets,
// Connectors and seals made as its users make them.
import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ConnectorSpec } from '../../../connector/connector.ts'
import { objectKey } from '../../../connector/object.ts'
import { Sensitive } from '../../../connector/sensitive.ts'
import type { KubeClient } from '../../../kube/client/client.ts'
import * as kinds from '../../../kube/object/resources.ts'
import { sealToken } from '../../../seal/sealed-token.ts'
import {
  openingKey,
  parseSealingKeys,
  type SealingKey,
  sealingKeysField,
  sealingSecretName,
} from '../../../seal/sealing-keys.ts'
import { type DevInstance, withInstance } from '../../helpers/instance.ts'
import { waitFor } from '../../helpers/poll.ts'
import { base64, canaryPassword } from '../../helpers/proxy.ts'
import { withTempDir } from '../../helpers/temp-dir.ts'
import { Wire, type WireOptions } from './wire.ts'

export type Attacked = {
  readonly instance: DevInstance
  readonly client: KubeClient
  /** `host:port` of the proxy. */
  readonly host: string
  /** Of `team/ci`, who may use the Connectors of its namespace. */
  readonly token: string
  /** A namespace whose account `ci` may use its Connectors; returns a token of it. */
  addTeam(name: string): Promise<string>
  /** A token of another account of a namespace; it may use nothing until it is granted something. */
  addAccount(namespace: string, name: string): Promise<string>
  tokenOf(namespace: string, name: string, spec?: Readonly<Record<string, unknown>>): Promise<string>
  /** A Connector of class `tool` with the canary as its password; resolves when the proxy serves it by its name. */
  connect(name: string, address: string, options?: ConnectOptions): Promise<void>
  /** As the driver would seal it for a volume with these Connectors (`namespace/name`). */
  seal(token: string, connectors: readonly string[]): Promise<string>
  sealingKeys(): Promise<readonly SealingKey[]>
  /** Opens a connection to the proxy. */
  wire(options?: WireOptions): Promise<Wire>
  /** Where the API server is. */
  kubeconfig(): Promise<{ readonly url: string; readonly caPem: string }>
  /** The audit lines so far. */
  audits(): readonly AuditLine[]
}

export type AuditLine = Readonly<Record<string, unknown>> & { readonly status: number }

export type ConnectOptions = {
  readonly namespace?: string
  readonly spec?: Partial<ConnectorSpec>
  /** false: without a credential. */
  readonly hasSecret?: boolean
}

export const username = 'robot'

export function withAttacked(
  use: (system: Attacked) => Promise<void>,
  args: readonly string[] = [],
): Promise<void> {
  return withTempDir(dir => withInstance(dir, args, instance => run(instance, use)))
}

async function run(instance: DevInstance, use: (system: Attacked) => Promise<void>): Promise<void> {
  const { client } = instance
  const { host } = new URL(instance.run.proxy)
  const tokenOf: Attacked['tokenOf'] = async (namespace, name, spec = {}) => {
    const full = { audiences: ['connectors'], expirationSeconds: 3600, ...spec }
    return (await client.createToken({ namespace, name }, { spec: full })).token.reveal()
  }
  const addAccount: Attacked['addAccount'] = async (namespace, name) => {
    await client.create(kinds.serviceAccounts, { metadata: { namespace, name } })
    return tokenOf(namespace, name)
  }
  const addTeam: Attacked['addTeam'] = async name => {
    await createTeam(client, name)
    return addAccount(name, 'ci')
  }
  const sealingKeys: Attacked['sealingKeys'] = () => waitFor(() => readSealingKeys(client))
  const wire: Attacked['wire'] = options => Wire.open(host, options)
  await client.create(kinds.connectorClasses, toolClass)
  const token = await addTeam('team')
  await use({
    instance,
    client,
    host,
    token,
    addTeam,
    addAccount,
    tokenOf,
    connect: (name, address, options) => connect({ client, wire }, { name, address, ...options }),
    async seal(inner, connectors) {
      return sealWith((await sealingKeys()).at(-1) as SealingKey, inner, connectors)
    },
    sealingKeys,
    wire,
    kubeconfig: () => readEndpoint(instance.run.kubeconfig),
    audits: () => parseAudits(instance.stderr()),
  })
}

async function readEndpoint(path: string): Promise<{ readonly url: string; readonly caPem: string }> {
  const text = await readFile(path, 'utf8')
  const [, url = ''] = /server: "?([^"\s]+)/.exec(text) ?? []
  const [, ca = ''] = /certificate-authority-data: "?([^"\s]+)/.exec(text) ?? []
  return { url, caPem: Buffer.from(ca, 'base64').toString() }
}

/** For volumes that name these Connectors (`namespace/name`). */
export function sealWith(
  key: SealingKey,
  token: string,
  connectors: readonly string[],
  lifetime = { issuedAt: 0, expiresAt: Math.floor(Date.now() / 1000) + 3600 },
): string {
  const keys = connectors.map(text => {
    const [namespace = '', name = ''] = text.split('/')
    return { namespace, name }
  })
  const publicKey = createPublicKey(openingKey(key))
  return sealToken(new Sensitive(token), keys, { key: { kid: key.kid, publicKey }, lifetime }).reveal()
}

async function readSealingKeys(client: KubeClient): Promise<readonly SealingKey[] | undefined> {
  const secret = await client.find(kinds.secrets, { namespace: 'connectors-system', name: sealingSecretName })
  const text = secret?.data?.[sealingKeysField]
  return text === undefined ? undefined : parseSealingKeys(Buffer.from(text, 'base64').toString())
}

async function createTeam(client: KubeClient, namespace: string): Promise<void> {
  await client.create(kinds.namespaces, { metadata: { name: namespace } })
  await grantUse(client, { namespace, users: [`${namespace}/ci`] })
}

export type Grant = {
  readonly namespace: string
  /** Accounts, as `namespace/name`. */
  readonly users: readonly string[]
  readonly name?: string
  readonly verbs?: readonly string[]
}

/** Lets accounts use the Connectors of a namespace. */
export async function grantUse(
  client: KubeClient,
  { namespace, users, name = 'users', verbs = ['get'] }: Grant,
): Promise<void> {
  const metadata = { namespace, name }
  const rule = { apiGroups: ['connectors.alauda.io'], resources: ['connectors', 'connectors/proxy'] }
  await client.create(kinds.roles, { metadata, rules: [{ ...rule, verbs }] })
  await client.create(kinds.roleBindings, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: users.map(user => {
      const [namespace = '', name = ''] = user.split('/')
      return { kind: 'ServiceAccount', namespace, name }
    }),
  })
}

async function connect(
  { client, wire }: Pick<Attacked, 'client' | 'wire'>,
  {
    name,
    address,
    namespace = 'team',
    spec,
    hasSecret = true,
  }: ConnectOptions & { readonly name: string; readonly address: string },
): Promise<void> {
  const metadata = { namespace, name }
  if (hasSecret) {
    await client.create(kinds.secrets, {
      metadata,
      type: 'kubernetes.io/basic-auth',
      data: { username: base64(username), password: base64(canaryPassword) },
    })
  }
  const auth = hasSecret ? { auth: { name: 'basic', secretRef: { name } } } : {}
  await client.create(kinds.connectors, {
    metadata,
    spec: { connectorClassName: 'tool', address, ...auth, ...spec },
  })
  // Without a token: a host that is nobody's reads otherwise until the proxy knows the Connector.
  await waitFor(
    async () => {
      const found = await client.get(kinds.connectors, metadata)
      return found.status?.proxy?.httpAddress?.url !== undefined
    },
    { what: `an address of ${objectKey(metadata)} at the proxy` },
  )
  await waitFor(
    async () => {
      const connection = await wire({ from: '127.0.0.99' })
      const { status } = await connection.ask(`GET / HTTP/1.1\r\nHost: c-${name}.${namespace}\r\n\r\n`)
      connection.close()
      return status === 401
    },
    { what: `the proxy to know ${objectKey(metadata)}` },
  )
}

function parseAudits(text: string): readonly AuditLine[] {
  return text
    .split('\n')
    .filter(line => line.startsWith('{') && line.endsWith('}') && line.includes('"audit":"request"'))
    .map(line => JSON.parse(line) as AuditLine)
}

/** Any HTTP server, without probes. */
const toolClass = {
  metadata: { name: 'tool' },
  spec: {
    auth: {
      types: [
        { name: 'basic', secretType: 'kubernetes.io/basic-auth', optional: true },
        { name: 'bearer', secretType: 'connectors.cpaas.io/bearer-token', optional: true },
      ],
    },
    proxy: {
      ref: { kind: 'Service', name: 'connectors-proxy-service', namespace: 'connectors-system' },
    },
  },
}
