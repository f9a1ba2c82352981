// The Helm release that the scenarios share.
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { runCommand } from '../../helpers/command.ts'
import { type KubeObject, kubectl, listObjects, until } from './kubectl.ts'

export const systemNamespace = 'connectors-system'
export const driverNamespace = 'kube-system'
const release = 'connectors'
const chart = join(import.meta.dirname, '../../../charts/connectors')

export async function helm(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand('helm', args)
  if (status !== 0)
    throw new Error(`helm ${args.join(' ')} ended with ${status}: ${stderr.trim() || stdout.trim()}`)
  return stdout
}

/** The image of this run, and the shortest tokens that Kubernetes makes, to see them replaced. */
function chartFlags(): string[] {
  const image = process.env['E2E_IMAGE']
  if (!image) throw new Error('Cannot install the release: E2E_IMAGE names no image; use npm run test:e2e')
  const [repository = '', tag = ''] = image.split(/:(?=[^:/]+$)/)
  return [
    `--set=image.repository=${repository}`,
    `--set=image.tag=${tag}`,
    '--set=csi.tokenExpirationSeconds=600',
  ]
}

export async function isInstalled(): Promise<boolean> {
  const filter = ['--filter', `^${release}$`, '--namespace', systemNamespace]
  return (await helm(['list', '--all', '--short', ...filter])).trim() !== ''
}

/** One command, as a user would give it: it returns when everything is Ready. */
export function installRelease(): Promise<string> {
  const where = [release, chart, '--namespace', systemNamespace, '--create-namespace']
  return helm(['install', ...where, ...chartFlags(), '--wait', '--timeout=2m'])
}

/** Returns at once: what comes of it is the caller's to see. */
export function upgradeRelease(extra: readonly string[]): Promise<string> {
  const where = [release, chart, '--namespace', systemNamespace]
  return helm(['upgrade', ...where, ...chartFlags(), ...extra])
}

/** For the cluster's version, which Helm does not ask for here. */
export async function templateRelease(extra: readonly string[]): Promise<string> {
  const { serverVersion } = JSON.parse(await kubectl(['version', '--output=json']))
  const where = ['--namespace', systemNamespace, '--kube-version', serverVersion.gitVersion]
  return helm(['template', release, chart, ...where, ...chartFlags(), ...extra])
}

/** Also the namespace, which is not Helm's to remove: it was made by `--create-namespace`. */
export async function uninstallRelease(): Promise<void> {
  await helm(['uninstall', release, '--namespace', systemNamespace, '--wait', '--timeout=2m'])
}

/** What Helm makes when the release is gone. */
export async function releaseHooks(): Promise<readonly KubeObject[]> {
  return parseAllDocuments(await helm(['get', 'hooks', release, '--namespace', systemNamespace]))
    .map(document => document.toJS() as KubeObject | null)
    .filter(object => object !== null)
}

/** The pods of one component: `connectors-controller-manager`, `connectors-proxy` or `connectors-csi`. */
export function componentPods(name: string): Promise<readonly KubeObject[]> {
  const namespace = name === 'connectors-csi' ? driverNamespace : systemNamespace
  return listObjects('pods', { namespace, selector: `app.kubernetes.io/name=${name}` })
}

export function isReady(pod: KubeObject): boolean {
  const conditions: readonly { type: string; status: string }[] = pod['status']?.conditions ?? []
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Waits until every pod of the component is Ready, after something has disturbed it. */
export function untilComponentReady(name: string): Promise<unknown> {
  return until(
    async () => {
      const pods = await componentPods(name)
      return pods.length > 0 && pods.every(isReady)
    },
    { what: `all pods of ${name} to be Ready`, timeoutMs: 120_000 },
  )
}
