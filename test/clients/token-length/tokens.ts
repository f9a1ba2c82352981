// The joint tokens of a volume as real ones are: sealed, and as long as names and tokens of a cluster make them.
import { createPublicKey } from 'node:crypto'
import { type ObjectKey, objectKey } from '../../../connector/object.ts'
import { Sensitive } from '../../../connector/sensitive.ts'
import { longestJointToken } from '../../../csi/seal.ts'
import * as kinds from '../../../kube/object/resources.ts'
import { sealToken } from '../../../seal/sealed-token.ts'
import {
  createSealingKey,
  formatSealingKeys,
  openingKey,
  sealingKeysField,
  sealingSecretName,
  sealingSecretType,
} from '../../../seal/sealing-keys.ts'
import { waitFor } from '../../helpers/poll.ts'
import { type BootedProxy, base64 } from '../../helpers/proxy.ts'

export type JointTokens = {
  /** Of the proxy, for one of the Connectors. */
  readonly path: string
  /** The Connectors, as a proxy's user info names them. */
  readonly user: string
  readonly ofSixConnectors: string
  readonly longest: string
}

const namespace = 'payments-integration'
const account = 'pipeline-runner'
const pod = 'release-payments-build-and-publish-images-and-artifact-x7k2-pod'
const names = [
  'gitlab-payments-group-readonly',
  'harbor-payments-images-staging',
  'harbor-payments-images-release',
  'nexus-maven-releases-snapshots',
  'nexus-npm-packages-and-proxies',
  'sonarqube-payments-all-quality',
]
/** Of a token for a Tekton pod with such names on a cloud's node, signed with RS256 as by kubeadm's API servers. */
const serviceAccountTokenLength = 1256

/** Gives the proxy what the tokens are for, and resolves when it lets them through. */
export async function createJointTokens(proxy: BootedProxy): Promise<JointTokens> {
  const connectors = names.map(name => ({ namespace, name }))
  await createObjects(proxy, connectors)
  const { key, publicKey } = await createKey(proxy)
  const token = await proxy.tokenOf(namespace, account, {
    boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod },
  })
  const issuedAt = Math.floor(Date.now() / 1000)
  const options = { key: { kid: key, publicKey }, lifetime: { issuedAt, expiresAt: issuedAt + 3600 } }
  const seal = (text: string, keys: readonly ObjectKey[]) =>
    sealToken(new Sensitive(text), keys, options).reveal()
  const sealOfLength = (length: number) => {
    const fillerBytes = ciphertextBytes(seal(token, connectors), length)
    const name = 'x'.repeat(fillerBytes - `,"${namespace}/"`.length)
    return seal(token, [...connectors, { namespace, name }])
  }
  const [first = { namespace, name: '' }] = connectors
  const tokens = {
    path: `/namespaces/${namespace}/connectors/${first.name}`,
    user: connectors.map(objectKey).join(),
    ofSixConnectors: sealOfLength(seal('x'.repeat(serviceAccountTokenLength), connectors).length),
    longest: sealOfLength(longestJointToken),
  }
  const ask = () => proxy.get(`${tokens.path}/a`, { host: 'proxy', token: tokens.longest })
  await waitFor(async () => (await ask()).status === 200, { what: 'the proxy to take the token' })
  return tokens
}

/** To be added to the plain text of a sealed token, so that it gets this length. */
function ciphertextBytes(sealed: string, length: number): number {
  const [, , , ciphertext = ''] = sealed.split('.')
  const bytesIn = (base64Length: number) => Math.floor((base64Length * 3) / 4)
  return bytesIn(ciphertext.length + length - sealed.length) - bytesIn(ciphertext.length)
}

async function createKey({ client }: BootedProxy) {
  const key = createSealingKey(0)
  await client.create(kinds.secrets, {
    metadata: { namespace: 'connectors-system', name: sealingSecretName },
    type: sealingSecretType,
    data: { [sealingKeysField]: base64(formatSealingKeys([key])) },
  })
  return { key: key.kid, publicKey: createPublicKey(openingKey(key)) }
}

async function createObjects({ client, tool }: BootedProxy, connectors: readonly ObjectKey[]): Promise<void> {
  await client.create(kinds.namespaces, { metadata: { name: namespace } })
  await client.create(kinds.serviceAccounts, { metadata: { namespace, name: account } })
  await client.create(kinds.pods, {
    metadata: { namespace, name: pod },
    spec: {
      serviceAccountName: account,
      nodeName: 'ip-10-24-113-207.eu-central-1.compute.internal',
      containers: [{ name: 'step-build', image: 'build' }],
    },
  })
  const metadata = { namespace, name: 'users' }
  const resources = ['connectors', 'connectors/proxy']
  const rules = [{ apiGroups: ['connectors.alauda.io'], resources, verbs: ['get'] }]
  await client.create(kinds.roles, { metadata, rules })
  await client.create(kinds.roleBindings, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', namespace, name: account }],
  })
  for (const { name } of connectors) {
    const spec = { connectorClassName: 'tool', address: `http://${tool.host}` }
    await client.create(kinds.connectors, { metadata: { namespace, name }, spec })
    const status = { proxy: { httpAddress: { url: `http://c-${name}.${namespace}.svc` } } }
    await client.patchStatus(kinds.connectors, { namespace, name }, { patch: { status } })
  }
}
