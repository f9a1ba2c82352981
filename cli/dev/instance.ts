// An instance: the embedded control plane with the real components on it, in one process.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConnectorsError } from '../../connector/errors.ts'
import { parseControllerConfig } from '../../controller/config.ts'
import { startController } from '../../controller/main.ts'
import { parseCsiConfig } from '../../csi/config.ts'
import { createCsiClient } from '../../csi/grpc/client.ts'
import { startCsiDriver } from '../../csi/main.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import { readManifests } from '../../kube/object/manifests.ts'
import { createEventRecorder } from '../../kube/work/event-recorder.ts'
import { parseProxyConfig } from '../../proxy/config.ts'
import { startProxy } from '../../proxy/main.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog, type Log, type LogLevel } from '../../runtime/log.ts'
import { makePrivateFolder, replaceFile } from '../../runtime/private-file.ts'
import { startControlPlane } from '../../standalone/main.ts'
import { applyManifest } from './apply-manifest.ts'
import { runKubelet } from './kubelet.ts'
import { kubeletDir, type RunFile } from './run-file.ts'

export type InstanceOptions = {
  readonly dataDir: string
  /** Whether objects outlive the process. */
  readonly isDurable: boolean
  readonly listen: string
  /** 0 is a free one. */
  readonly ports: { readonly api: number | undefined; readonly proxy: number }
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  readonly loadsBuiltins: boolean
  readonly logLevel: LogLevel
  /** Take whole lines. */
  readonly writeLog: (line: string) => void
  readonly writeAudit: (line: string) => void
}

export type Instance = {
  readonly client: KubeClient
  readonly run: RunFile
  /** Stops everything, the last started first. */
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { dataDir, kubeconfig, listen } = options
  const closers: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const log = componentLogs(options)
    const controlPlane = await orPortInUse(
      startControlPlane({
        dataDir: options.isDurable ? join(dataDir, 'control-plane') : undefined,
        listen,
        port: options.ports.api,
        onError: error => log('control-plane').error('the control plane failed', { error }),
      }),
      { what: 'control plane', port: options.ports.api },
    )
    closers.push(() => controlPlane.close())
    await writeKubeconfig(kubeconfig, controlPlane.kubeconfig)
    const client = await clientOf(kubeconfig, 'connectors-dev')
    closers.push(() => client.close())

    await applyFolder(client, join(root, 'cli/dev/cluster.yaml'))
    if (options.loadsBuiltins) {
      await applyFolder(client, join(root, 'classes'))
      await applyFolder(client, join(root, 'resource-interface/definitions'))
    }

    const part = await startComponents(options, { client, log, closers })
    return { client, run: { pid: process.pid, kubeconfig, ...part }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function writeKubeconfig(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, file => file.writeFile(text))
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code
    throw new ConnectorsError(
      'INVALID',
      'KubeconfigInvalid',
      `Cannot write "${path}" as kubeconfig: ${why}`,
      {
        cause: error,
      },
    )
  }
}

type Logs = (component: string) => Log

type ComponentOptions = {
  readonly client: KubeClient
  readonly log: Logs
  readonly closers: (() => Promise<void> | void)[]
}

async function startComponents(
  { dataDir, listen, ports, writeAudit }: InstanceOptions,
  { client, log, closers }: ComponentOptions,
): Promise<Pick<RunFile, 'proxy' | 'csiSocket' | 'metrics'>> {
  const host = listen.includes(':') ? `[${listen}]` : listen
  const anyPort = `--metrics-address=${host}:0`
  const env = {}
  const clock = systemClock
  const start = async <T extends { readonly ended: Promise<void> }>(
    begin: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const end = new AbortController()
    const running = await begin(end.signal)
    closers.push(async () => {
      end.abort()
      await running.ended
    })
    return running
  }

  const proxyConfig = parseProxyConfig({
    argv: [`--listen=${host}:${ports.proxy}`, anyPort, '--allow-loopback', '--drain-timeout=5s'],
    env,
  })
  const proxy = await start(signal =>
    orPortInUse(startProxy(proxyConfig, { client, clock, log: log('proxy'), audit: writeAudit, signal }), {
      what: 'proxy',
      port: ports.proxy,
    }),
  )

  const proxyAt = new URL(proxy.url).host
  const controllerConfig = parseControllerConfig({
    argv: [
      `--proxy-exposed-url=${proxy.url}`,
      // The name that the classes give the proxy is known in a cluster alone.
      `--connect-to=connectors-proxy-service.connectors-system.svc:80=${proxyAt}`,
      // Who tries things out does not wait five minutes to see that a server is back.
      '--probe-interval=10s',
      '--allow-loopback',
      anyPort,
    ],
    env,
  })
  const controller = await start(signal =>
    startController(controllerConfig, { client, clock, log: log('controller'), signal }),
  )

  const csiSocket = join(dataDir, 'csi.sock')
  const kubelet = kubeletDir(dataDir)
  await makePrivateFolder(kubelet)
  const csiConfig = parseCsiConfig({
    argv: [`--endpoint=${csiSocket}`, `--kubelet-dir=${kubelet}`, '--node-name=dev', anyPort],
    env,
  })
  await start(signal => startCsiDriver(csiConfig, { client, clock, log: log('csi'), signal }))
  await start(async signal => ({ ended: runVolumes({ client, csiSocket, directory: kubelet, log, signal }) }))
  return { proxy: proxy.url, csiSocket, metrics: controller.metricsUrl }
}

const republishMs = 60_000

async function runVolumes(options: {
  readonly client: KubeClient
  readonly csiSocket: string
  readonly directory: string
  readonly log: Logs
  readonly signal: AbortSignal
}): Promise<void> {
  const { client, directory, log, signal } = options
  const clock = systemClock
  const csi = createCsiClient(options.csiSocket)
  const events = createEventRecorder({ client, clock, component: 'kubelet', instance: 'dev' })
  const recording = events.run({ signal })
  const onError = (error: unknown) => log('kubelet').warn('a volume is not there', { error })
  await runKubelet({ client, csi, events, clock, directory, republishMs, onError }, { signal })
  await recording
  csi.close()
}

function componentLogs({ logLevel, writeLog }: InstanceOptions): Logs {
  return component =>
    createLog({ component: `connectors-${component}`, level: logLevel, clock: systemClock, write: writeLog })
}

async function clientOf(kubeconfig: string, userAgent: string): Promise<KubeClient> {
  const config = await loadKubeConfig({ kubeconfig, clock: systemClock })
  return createKubeClient({ config, userAgent, clock: systemClock })
}

async function applyFolder(client: KubeClient, path: string): Promise<void> {
  for (const manifest of await readManifests(path)) await applyManifest(client, manifest)
}

async function orPortInUse<T>(
  starting: Promise<T>,
  { what, port }: { readonly what: string; readonly port: number | undefined },
): Promise<T> {
  try {
    return await starting
  } catch (error) {
    const { code, cause } = error as NodeJS.ErrnoException
    const failure = (cause as NodeJS.ErrnoException | undefined)?.code ?? code
    if (failure !== 'EADDRINUSE') throw error
    throw new ConnectorsError(
      'UNAVAILABLE',
      'PortInUse',
      `Cannot start the ${what} on port ${port}: the port is in use; name another one, or none for any`,
    )
  }
}
