// Everything that is in the cluster, to tell what an uninstall leaves behind.
import { kubectl } from './kubectl.ts'

export type Listed = { readonly kind: string; readonly namespace: string; readonly name: string }

/** What clusters make and remove by themselves all the time. */
const volatile = /^(events|events\.events\.k8s\.io|leases\.coordination\.k8s\.io|componentstatuses)$/

export async function listEverything(): Promise<readonly Listed[]> {
  const resources = (await kubectl(['api-resources', '--verbs=list', '--output=name', '--cached=false']))
    .split('\n')
    .filter(resource => resource !== '' && !volatile.test(resource) && !resource.includes('metrics.k8s.io'))
  const columns = '--output=custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name'
  const all = await kubectl([
    'get',
    resources.join(','),
    '--all-namespaces',
    '--ignore-not-found',
    columns,
    '--no-headers',
  ])
  const leases = await kubectl([
    'get',
    'leases',
    '--all-namespaces',
    '--ignore-not-found',
    columns,
    '--no-headers',
  ])
  return [...all.split('\n'), ...leases.split('\n').filter(line => line.includes('connectors'))]
    .map(line => line.trim().split(/\s+/))
    .flatMap(([kind = '', namespace = '', name = '']) =>
      name === '' ? [] : [{ kind, namespace: namespace === '<none>' ? '' : namespace, name }],
    )
}
