// Our proxy as a contender: a process of this checkout or another one, on a control plane of its own.
import { createPublicKey } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyManifest } from '../../cli/dev/apply-manifest.ts'
import type { Sensitive } from '../../connector/sensitive.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import { parseManifests } from '../../kube/object/manifests.ts'
import { secrets, serviceAccounts } from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { sealToken } from '../../seal/sealed-token.ts'
import {
  createSealingKey,
  formatSealingKeys,
  openingKey,
  sealingKeysField,
  sealingSecretName,
  sealingSecretType,
} from '../../seal/sealing-keys.ts'
import { startControlPlane } from '../../standalone/main.ts'
import { type Contender, type Keep, secret } from './contender.ts'
import { startProgram } from './programs.ts'

export type OursOptions = {
  readonly dir: string
  readonly port: number
  readonly tool: string
  readonly files: string
  /** What it is called, and whose code it runs; by default ours, of this checkout. */
  readonly name?: string
  readonly checkout?: string
  /** With a token as a volume holds it. */
  readonly isSealed?: boolean
}

export type Ours = Contender & {
  /** A token of another account of the same namespace. */
  readonly tokenOf: (account: string) => Promise<Sensitive>
}

const thisCheckout = join(import.meta.dirname, '../..')

export async function startOurs(options: OursOptions, keep: Keep): Promise<Ours> {
  const { port, tool, files, name = 'ours', checkout = thisCheckout, isSealed = false } = options
  const dir = join(options.dir, name.replaceAll(' ', '-'))
  await mkdir(dir)
  const controlPlane = await startControlPlane()
  await keep(Promise.resolve({ end: () => controlPlane.close() }))
  const kubeconfig = join(dir, 'kubeconfig')
  await writeFile(kubeconfig, controlPlane.kubeconfig, { mode: 0o600 })
  const clock = systemClock
  const client = createKubeClient({
    config: await loadKubeConfig({ kubeconfig, clock }),
    userAgent: 'bench',
    clock,
  })
  await keep(Promise.resolve({ end: async () => client.close() }))
  for (const manifest of parseManifests(manifests({ tool, files }), 'bench'))
    await applyManifest(client, manifest)
  const tokenFor = async (account: string) => {
    const spec = { audiences: ['connectors'], expirationSeconds: 7200 }
    return (await client.createToken({ namespace: 'default', name: account }, { spec })).token
  }
  const token = await tokenFor('default')
  const presented = isSealed ? await sealed(client, token) : token
  const program = await keep(
    startProgram({
      name,
      command: [
        process.execPath,
        '--max-semi-space-size=2',
        join(checkout, 'bench/proxy/our-proxy.ts'),
        kubeconfig,
        String(port),
        join(dir, 'audit'),
      ],
      port,
      // As the launcher does.
      env: { NODE_COMPILE_CACHE: join(checkout, 'node_modules/.cache/connectors') },
    }),
  )
  const base = (connector: string) => `http://127.0.0.1:${port}/namespaces/default/connectors/${connector}`
  return {
    name,
    program,
    small: `${base('tool')}/`,
    download: `${base('files')}/big`,
    upload: `${base('tool')}/upload`,
    headers: [`Authorization: Bearer ${presented.reveal()}`],
    tokenOf: async account => {
      await client.create(serviceAccounts, { metadata: { namespace: 'default', name: account } })
      return tokenFor(account)
    },
  }
}

/** For both Connectors, with a key that the proxy finds as the controller would have made it. */
async function sealed(client: KubeClient, token: Sensitive): Promise<Sensitive> {
  const key = createSealingKey(Date.now())
  const metadata = { namespace: 'connectors-system', name: sealingSecretName }
  const data = { [sealingKeysField]: Buffer.from(formatSealingKeys([key])).toString('base64') }
  await client.create(secrets, { metadata, type: sealingSecretType, data })
  const nowS = Math.floor(Date.now() / 1000)
  const connectors = ['tool', 'files'].map(name => ({ namespace: 'default', name }))
  return sealToken(token, connectors, {
    key: { kid: key.kid, publicKey: createPublicKey(openingKey(key)) },
    lifetime: { issuedAt: nowS, expiresAt: nowS + 7200 },
  })
}

function manifests({ tool, files }: { readonly tool: string; readonly files: string }): string {
  const connector = (name: string, address: string) => ({
    apiVersion: 'connectors.alauda.io/v1alpha1',
    kind: 'Connector',
    metadata: { name },
    spec: { connectorClassName: 'bench', address, auth: { name: 'basicAuth', secretRef: { name: 'bench' } } },
  })
  const rules = [
    { apiGroups: ['connectors.alauda.io'], resources: ['connectors', 'connectors/proxy'], verbs: ['get'] },
  ]
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'bench' }
  const subjects = [
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:serviceaccounts:default' },
  ]
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bench' },
      type: 'kubernetes.io/basic-auth',
      stringData: secret,
    },
    {
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind: 'ConnectorClass',
      metadata: { name: 'bench' },
      spec: {
        auth: { types: [{ name: 'basicAuth', secretType: 'kubernetes.io/basic-auth' }] },
        proxy: { uri: 'http://127.0.0.1' },
      },
    },
    connector('tool', tool),
    connector('files', files),
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'bench' }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'bench' },
      roleRef: role,
      subjects,
    },
  ]
  return objects.map(object => JSON.stringify(object)).join('\n---\n')
}
