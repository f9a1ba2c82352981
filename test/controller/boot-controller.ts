// The real controller, as a ServiceAccount of its own, against the embedded control plane: with a class, the Service
// of its proxy, and a tool.
import { writeFile } from 'node:fs/promises'
import type { Condition } from '../../connector/condition.ts'
import type { Connector } from '../../connector/connector.ts'
import { parseControllerConfig } from '../../controller/config.ts'
import { startController } from '../../controller/main.ts'
import { createKubeClient, type KubeClient } from '../../kube/client/client.ts'
import { loadKubeConfig } from '../../kube/config/config.ts'
import { connectors, namespaces, serviceAccounts } from '../../kube/object/resources.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createLog } from '../../runtime/log.ts'
import { type BootedControlPlane, withControlPlane } from '../helpers/control-plane.ts'
import { waitFor } from '../helpers/poll.ts'
import { withTempDir } from '../helpers/temp-dir.ts'
import { createTeam, permissions } from './objects.ts'
import { type Tool, withTool } from './tool.ts'

export type World = {
  /** The administrator's. */
  readonly client: KubeClient
  readonly plane: BootedControlPlane
  readonly tool: Tool
  readonly metricsUrl: string
  /** What the controller logged. */
  readonly lines: readonly string[]
  /** `verb resource[/subresource] namespace/name` of each write that the controller asked for so far. */
  writes(): readonly string[]
  conditions(name: string): Promise<Readonly<Record<string, Condition>>>
  /** Waits until Ready has this reason. */
  ready(name: string, reason: string): Promise<Connector>
  /** Ends the controller and starts it again. */
  restart(): Promise<void>
}

export type WorldOptions = {
  readonly argv?: readonly string[]
  /** Called before the controller starts. */
  readonly prepare?: (world: { readonly client: KubeClient; readonly tool: Tool }) => Promise<void>
}

const account = { namespace: 'connectors-system', name: 'connectors-controller' }
const clock = systemClock

export async function withController(
  options: WorldOptions,
  use: (world: World) => Promise<void>,
): Promise<void> {
  await withControlPlane(plane =>
    withTool(async tool => {
      const client = await clientOf(plane.kubeconfig)
      try {
        await client.create(namespaces, { metadata: { name: 'team' } })
        await createTeam(client, tool)
        await options.prepare?.({ client, tool })
        await runController({ plane, tool, client }, options.argv ?? [], use)
      } finally {
        client.close()
      }
    }),
  )
}

async function runController(
  { plane, tool, client }: Pick<World, 'plane' | 'tool' | 'client'>,
  argv: readonly string[],
  use: (world: World) => Promise<void>,
): Promise<void> {
  const own = await clientOf(await accountKubeconfig(plane, client, account))
  const lines: string[] = []
  const basics = [
    '--metrics-address=127.0.0.1:0',
    '--allow-loopback',
    `--connect-to=connectors-proxy-service.connectors-system.svc:80=127.0.0.1:${new URL(plane.url).port}`,
  ]
  const log = createLog({ component: 'controller', level: 'info', clock, write: line => lines.push(line) })
  const config = parseControllerConfig({ argv: [...basics, ...argv], env: {} })
  const start = async () => {
    const stop = new AbortController()
    const controller = await startController(config, { client: own, clock, log, signal: stop.signal })
    return {
      metricsUrl: controller.metricsUrl,
      end: () => {
        stop.abort()
        return controller.ended
      },
    }
  }
  let running = await start()
  try {
    await use({
      client,
      plane,
      tool,
      lines,
      metricsUrl: running.metricsUrl,
      writes: () => writesOf(plane),
      async conditions(name) {
        const { status } = await client.get(connectors, { namespace: 'team', name })
        return Object.fromEntries((status?.conditions ?? []).map(condition => [condition.type, condition]))
      },
      ready: (name, reason) => waitForReady(client, name, reason),
      async restart() {
        await running.end()
        running = await start()
      },
    })
  } finally {
    await running.end()
    own.close()
  }
}

function writesOf(plane: BootedControlPlane): readonly string[] {
  const user = `system:serviceaccount:${account.namespace}:${account.name}`
  return plane.requests
    .filter(request => request.user === user && !['get', 'list', 'watch'].includes(request.verb))
    .map(({ verb, resource, subresource, namespace, name }) => {
      return `${verb} ${resource}${subresource && `/${subresource}`} ${namespace}/${name}`
    })
}

async function waitForReady(client: KubeClient, name: string, reason: string): Promise<Connector> {
  return waitFor(
    async () => {
      const connector = await client.get(connectors, { namespace: 'team', name })
      const ready = connector.status?.conditions?.find(({ type }) => type === 'Ready')
      if (ready?.reason !== reason) throw new Error(JSON.stringify(connector.status ?? 'no status'))
      return connector
    },
    { what: `Connector "${name}" to be ${reason}` },
  )
}

export async function clientOf(kubeconfig: string): Promise<KubeClient> {
  return withTempDir(async dir => {
    await writeFile(`${dir}/config`, kubeconfig)
    const config = await loadKubeConfig({ kubeconfig: `${dir}/config`, clock })
    return createKubeClient({ config, userAgent: 'test', clock })
  })
}

/** The controller gets the rights that it needs and no other: a test fails where it asks for more. */
export async function accountKubeconfig(
  plane: BootedControlPlane,
  admin: KubeClient,
  account: { readonly namespace: string; readonly name: string },
): Promise<string> {
  await admin.create(serviceAccounts, { metadata: account })
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: account.name },
  }
  await plane.call('POST', `${rbac}/clusterroles`, { body: { ...role, rules: permissions } })
  await plane.call('POST', `${rbac}/clusterrolebindings`, {
    body: {
      ...role,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: account.name },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    },
  })
  const { token } = await admin.createToken(account, { spec: { audiences: [], expirationSeconds: 3600 } })
  return plane.kubeconfigFor(account.name, token.reveal())
}
