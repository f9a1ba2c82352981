// Connectors as an administrator makes them, and the volumes by which workloads use them.
import type { GitServer } from './git-server.ts'
import { apply, getObject, kubectl } from './kubectl.ts'

export type GitConnector = {
  readonly name: string
  readonly namespace: string
  readonly server: GitServer
  /** Whether to wait until the controller has found it Ready. */
  readonly ready?: boolean
  /** Of a class that is made like `git`. */
  readonly className?: string
}

/** A Connector of the class `git`, and the Secret with the server's password. */
export async function createGitConnector({
  name,
  namespace,
  server,
  ready = true,
  className = 'git',
}: GitConnector): Promise<void> {
  const secretName = `${name}-credential`
  const { username, password } = server
  await apply(
    [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: secretName },
        type: 'kubernetes.io/basic-auth',
        stringData: { username, password },
      },
      {
        apiVersion: 'connectors.alauda.io/v1alpha1',
        kind: 'Connector',
        metadata: { name },
        spec: {
          connectorClassName: className,
          address: server.url,
          auth: { name: 'basicAuth', secretRef: { name: secretName } },
        },
      },
    ],
    namespace,
  )
  if (ready) await untilConnectorReady(name, namespace)
}

export async function untilConnectorReady(name: string, namespace: string): Promise<void> {
  await kubectl([
    'wait',
    `connector/${name}`,
    `--namespace=${namespace}`,
    '--for=condition=Ready',
    '--timeout=60s',
  ])
}

/** A class like `git`, but for these fields of its spec. Classes have no namespace: whoever makes one removes it. */
export async function createGitClass(
  name: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { apiVersion = '', kind, spec } = await getObject('connectorclass', 'git')
  await apply([{ apiVersion, kind, metadata: { name }, spec: { ...spec, ...changes } }])
}

/** The `csi` part of a volume or of a workspace. `connectors`: names, or `namespace/name`, separated by commas. */
export function connectorVolume(connectors: string, attributes: Readonly<Record<string, string>> = {}) {
  return {
    driver: 'connectors-csi',
    readOnly: true,
    volumeAttributes: { connectors, 'configuration.names': 'gitconfig', ...attributes },
  }
}
