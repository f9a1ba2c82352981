// The objects that connect a Git server: what a user would write in a manifest.
import type { Connector } from '../../connector/connector.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { connectors, secrets } from '../../kube/object/resources.ts'
import { waitFor } from './poll.ts'

export type GitCredential = { readonly username: string; readonly password: string }

const key = { namespace: 'default', name: 'git' }

/** Makes Secret and Connector `default/git` for the server. */
export async function connectGit(
  client: KubeClient,
  {
    address,
    credential,
    repository = '',
  }: { address: string; credential: GitCredential; repository?: string },
): Promise<void> {
  await client.create(secrets, {
    metadata: key,
    type: 'kubernetes.io/basic-auth',
    data: { username: btoa(credential.username), password: btoa(credential.password) },
  })
  await client.create(connectors, {
    metadata: key,
    spec: {
      connectorClassName: 'git',
      address,
      auth: {
        name: 'basicAuth',
        secretRef: { name: key.name },
        params: [{ name: 'repository', value: repository }],
      },
    },
  })
}

/** Resolves with the Connector when its Ready condition has this reason. */
export function untilReady(client: KubeClient, reason: string, timeoutMs = 15_000): Promise<Connector> {
  return waitFor(
    async () => {
      const connector = await client.get(connectors, key)
      const ready = connector.status?.conditions?.find(condition => condition.type === 'Ready')
      return ready?.reason === reason ? connector : undefined
    },
    { timeoutMs, intervalMs: 50, what: `Ready with reason ${reason}` },
  )
}

export async function setPassword(client: KubeClient, password: string): Promise<void> {
  await client.patch(secrets, key, { patch: { data: { password: btoa(password) } } })
}
