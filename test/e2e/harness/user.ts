// Users with few rights, as people are who do not administer a cluster.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apply, kubectl, type Manifest } from './kubectl.ts'
import type { Scenario } from './scenario.ts'

type User = {
  readonly dir: string
  readonly team: string
  readonly name: string
  readonly onEnd: Scenario['onEnd']
}

/** A ServiceAccount of the namespace with these rights in the whole cluster, and the path of its kubeconfig. */
export async function userOf({ dir, team, name, onEnd }: User, rules: readonly object[]): Promise<string> {
  const roleName = `${team}-${name}`
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: roleName } }
  const account: Manifest = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: team } }
  onEnd(() =>
    kubectl(['delete', `clusterrole/${roleName}`, `clusterrolebinding/${roleName}`, '--ignore-not-found']),
  )
  await apply([
    account,
    { ...rbac, kind: 'ClusterRole', rules },
    {
      ...rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
      subjects: [{ kind: 'ServiceAccount', name, namespace: team }],
    },
  ])
  const token = (await kubectl(['create', 'token', name, `--namespace=${team}`])).trim()
  const config = JSON.parse(
    await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '--output=json']),
  )
  const path = join(dir, `${name}.json`)
  await writeFile(
    path,
    JSON.stringify({ ...config, users: [{ name: config.users[0].name, user: { token } }] }),
    {
      mode: 0o600,
    },
  )
  return path
}
