// The CSI driver for one test: on the embedded control plane, a socket of its own, reached by its real client.
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import { type CsiConfig, parseCsiConfig } from '../../csi/config.ts'
import { type CsiClient, type CsiVolume, createCsiClient } from '../../csi/grpc/client.ts'
import { startCsiDriver } from '../../csi/main.ts'
import { unmountVolume } from '../../csi/volume/mount.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import {
  configMaps,
  connectorClasses,
  connectors,
  namespaces,
  pods,
  roleBindings,
  roles,
  serviceAccounts,
} from '../../kube/object/resources.ts'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { openSeal, parseSeal } from '../../seal/sealed-token.ts'
import {
  createSealingKey,
  formatPublicKey,
  openingKey,
  publicKeyField,
  type SealingKey,
  trustConfigMapName,
} from '../../seal/sealing-keys.ts'
import { type BootedControlPlane, withControlPlane } from './control-plane.ts'
import { waitFor } from './poll.ts'
import { withTempDir } from './temp-dir.ts'

export interface BootOptions {
  readonly flags?: readonly string[]
  /** Of the class `git`; by default one configuration `gitconfig` of one file. */
  readonly configurations?: ConnectorClass['spec']['configurations']
}

export interface BootedDriver {
  readonly plane: BootedControlPlane
  readonly client: KubeClient
  readonly csi: CsiClient
  readonly config: CsiConfig
  readonly metricsUrl: string
  /** All that the driver logged. */
  readonly logged: readonly string[]
  readonly podUid: string
  /** As kubelet would send it, for the pod `team/build`; its folder is made. */
  volume(attributes: Readonly<Record<string, string>>, changes?: VolumeChanges): CsiVolume
  /** With each sealed token as the one inside. */
  files(volume: CsiVolume): Promise<Readonly<Record<string, string>>>
  /** As they are. */
  rawFiles(volume: CsiVolume): Promise<Readonly<Record<string, string>>>
  /** What is in a sealed token: the token inside, and the Connectors. */
  opened(sealed: string): readonly string[] | undefined
  /** Publishes another key. */
  rotateKey(): Promise<void>
  restart(): Promise<void>
}

export interface VolumeChanges {
  readonly token?: string
  readonly readonly?: boolean
  readonly serviceAccount?: string
  /** Overrides, or with undefined leaves out. */
  readonly context?: Readonly<Record<string, string | undefined>>
}

export const token = 'header.canary-token-7c1f.signature'
export const proxyUrl = 'http://c-repo.team.svc.cluster.local'
// Informers retry in the background: a test does not wait for it.
const hasty: Clock = { ...systemClock, sleep: (ms, options) => systemClock.sleep(ms / 50, options) }

export function withDriver(
  use: (driver: BootedDriver) => Promise<void>,
  options: BootOptions = {},
): Promise<void> {
  return withControlPlane(plane => withTempDir(dir => run({ plane, dir, options, use })))
}

async function run({
  plane,
  dir,
  options,
  use,
}: {
  readonly plane: BootedControlPlane
  readonly dir: string
  readonly options: BootOptions
  readonly use: (driver: BootedDriver) => Promise<void>
}): Promise<void> {
  await chmod(dir, 0o755)
  await writeFile(join(dir, 'kubeconfig'), plane.kubeconfig)
  const kube = await loadKubeConfig({ kubeconfig: join(dir, 'kubeconfig'), clock: systemClock })
  const client = createKubeClient({ config: kube, userAgent: 'test/1', clock: systemClock })
  const podUid = await createObjects(client, options)
  const keys = await publishSealingKey(client)
  const kubeletDir = join(dir, 'kubelet')
  const volumesDir = join(kubeletDir, 'pods', podUid, 'volumes/kubernetes.io~csi')
  await mkdir(join(volumesDir, 'tools'), { recursive: true })
  const config = parseCsiConfig({
    argv: [
      `--endpoint=${join(dir, 'csi.sock')}`,
      `--kubelet-dir=${kubeletDir}`,
      '--node-name=node-1',
      '--metrics-address=127.0.0.1:0',
      '--mount=directory',
      ...(options.flags ?? []),
    ],
    env: {},
  })
  const logged: string[] = []
  const log = createLog({
    component: 'connectors-csi',
    level: 'info',
    clock: systemClock,
    write: line => logged.push(line),
  })
  const start = async () => {
    const stop = new AbortController()
    const driver = await startCsiDriver(config, { client, clock: hasty, log, signal: stop.signal })
    return { ...driver, stop }
  }
  let running = await start()
  const csi = createCsiClient(config.endpoint)
  try {
    await use({
      plane,
      client,
      csi,
      config,
      metricsUrl: running.metricsUrl,
      logged,
      podUid,
      volume: (attributes, changes) => volumeOf({ attributes, podUid, volumesDir, ...changes }),
      async files(volume) {
        const raw = await readVolume(volume.targetPath)
        return Object.fromEntries(Object.entries(raw).map(([name, text]) => [name, keys.unsealed(text)]))
      },
      rawFiles: volume => readVolume(volume.targetPath),
      opened: keys.opened,
      rotateKey: keys.rotate,
      async restart() {
        running.stop.abort()
        await running.ended
        running = await start()
      },
    })
  } finally {
    csi.close()
    running.stop.abort()
    await running.ended
    for (const name of await readdir(volumesDir))
      await unmountVolume(join(volumesDir, name, 'mount')).catch(() => {})
    client.close()
  }
}

/** A namespace with a Connector `repo` of class `git`, who may use it, and a pod. Gives back the pod's uid. */
async function createObjects(client: KubeClient, { configurations }: BootOptions): Promise<string> {
  const namespace = 'team'
  const group = 'rbac.authorization.k8s.io'
  await client.create(namespaces, { metadata: { name: namespace } })
  for (const name of ['builder', 'stranger'])
    await client.create(serviceAccounts, { metadata: { name, namespace } })
  await client.create(roles, {
    metadata: { name: 'use', namespace },
    rules: [
      { apiGroups: ['connectors.alauda.io'], resources: ['connectors', 'connectors/proxy'], verbs: ['get'] },
    ],
  })
  await client.create(roleBindings, {
    metadata: { name: 'use', namespace },
    roleRef: { apiGroup: group, kind: 'Role', name: 'use' },
    subjects: [{ kind: 'ServiceAccount', name: 'builder', namespace }],
  })
  await client.create(connectorClasses, {
    metadata: { name: 'git' },
    spec: {
      proxy: { ref: { kind: 'Service', name: 'connectors-proxy-service', namespace: systemNamespace } },
      configurations: configurations ?? [
        { name: 'gitconfig', data: { '.gitconfig': '{{ .connector.name }} {{ .context.token }}\n' } },
      ],
    },
  })
  await createConnector(client, 'repo')
  const pod = await client.create(pods, {
    metadata: { name: 'build', namespace },
    spec: { serviceAccountName: 'builder', containers: [{ name: 'main', image: 'example.com/image' }] },
  })
  return pod.metadata.uid ?? ''
}

const systemNamespace = 'connectors-system'
const sealedToken = /[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/g

/** As the controller does, and what the proxy can do with it. */
async function publishSealingKey(client: KubeClient) {
  const made: SealingKey[] = []
  const metadata = { name: trustConfigMapName, namespace: systemNamespace }
  const next = () => {
    const key = createSealingKey(0)
    made.push(key)
    return { [publicKeyField]: formatPublicKey(key) }
  }
  await client.create(configMaps, { metadata, data: next() })
  const opened = (text: string) => {
    const seal = parseSeal(text)
    const key = made.find(({ kid }) => kid === seal?.header.kid)
    const content = seal && key && openSeal(seal, openingKey(key))
    return content && [content.token.reveal(), ...content.connectors]
  }
  return {
    opened,
    unsealed: (text: string) => text.replace(sealedToken, sealed => opened(sealed)?.[0] ?? sealed),
    async rotate() {
      await client.patch(configMaps, metadata, { patch: { data: next() } })
    },
  }
}

export async function createConnector(
  client: KubeClient,
  name: string,
  isReady = true,
  connectorClassName = 'git',
): Promise<void> {
  const metadata = { name, namespace: 'team' }
  const spec = { connectorClassName, address: 'https://git.example.com' }
  await client.create(connectors, { metadata, spec })
  const condition = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason: isReady ? 'Ready' : 'AuthFailed',
  }
  await client.patchStatus(connectors, metadata, {
    patch: {
      status: {
        proxy: { httpAddress: { url: `http://c-${name}.team.svc.cluster.local` } },
        conditions: [{ ...condition, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    },
  })
}

function volumeOf(
  given: VolumeChanges & {
    readonly attributes: Readonly<Record<string, string>>
    readonly podUid: string
    readonly volumesDir: string
  },
): CsiVolume {
  const context = {
    ...given.attributes,
    'csi.storage.k8s.io/ephemeral': 'true',
    'csi.storage.k8s.io/pod.name': 'build',
    'csi.storage.k8s.io/pod.namespace': 'team',
    'csi.storage.k8s.io/pod.uid': given.podUid,
    'csi.storage.k8s.io/serviceAccount.name': given.serviceAccount ?? 'builder',
    'csi.storage.k8s.io/serviceAccount.tokens': tokensJson(given.token ?? token),
    ...given.context,
  }
  const defined = Object.entries(context).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    volumeId: `csi-${given.podUid}`,
    targetPath: join(given.volumesDir, 'tools/mount'),
    readonly: given.readonly ?? true,
    volumeContext: Object.fromEntries(defined),
  }
}

export function tokensJson(value: string): string {
  return JSON.stringify({ connectors: { token: value, expirationTimestamp: '2027-01-01T00:00:00Z' } })
}

async function readVolume(path: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(path)).filter(name => !name.startsWith('..'))
  return Object.fromEntries(
    await Promise.all(names.sort().map(async name => [name, await readFile(join(path, name), 'utf8')])),
  )
}

/** Waits until the driver's log has a line with the text. */
export function untilLogged({ logged }: Pick<BootedDriver, 'logged'>, text: string): Promise<string> {
  return waitFor(() => logged.find(line => line.includes(text)), { what: text })
}
