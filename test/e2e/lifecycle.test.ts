// Install, uninstall and install again, in a cluster that has no release yet. It leaves the release installed.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { launcher, runCommand } from '../helpers/command.ts'
import { createGitConnector, untilConnectorReady } from './harness/connector.ts'
import { type Listed, listEverything } from './harness/inventory.ts'
import { apply, kubectl, listObjects, tryKubectl, until } from './harness/kubectl.ts'
import {
  componentPods,
  installRelease,
  isReady,
  systemNamespace,
  templateRelease,
  uninstallRelease,
  upgradeRelease,
} from './harness/release.ts'
import { measure, scenario } from './harness/scenario.ts'
import { pod, podEnded } from './harness/workload.ts'

const lifecycle = suite('the release')

lifecycle(
  'renders objects that the API server takes, in a server-side dry run',
  scenario(async ({ namespace }) => {
    // A dry run makes no namespace to put things in.
    const standIn = await namespace()
    const manifests = (await templateRelease(['--set=serviceMonitor.enabled=false'])).replaceAll(
      `namespace: "${systemNamespace}"`,
      `namespace: ${standIn}`,
    )
    const applied = await kubectl(['apply', '--dry-run=server', '--filename=-'], { input: manifests })
    assert.match(applied, /daemonset.apps\/connectors-csi created \(server dry run\)/)
    const warnings = await tryKubectl(['apply', '--dry-run=server', '--filename=-', '--warnings-as-errors'], {
      input: manifests,
    })
    assert.is(warnings.status, 0, warnings.stderr)
  }),
)

lifecycle(
  'is Ready when helm install returns, leaves only CRDs and what users made when it is uninstalled, and comes back',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    const before = await listEverything()

    await measure('helm install until all is Ready', () => installRelease())
    for (const [name, count] of [
      ['connectors-controller-manager', 2],
      ['connectors-proxy', 2],
      ['connectors-csi', (await listObjects('nodes')).length],
    ] as const) {
      const pods = await componentPods(name)
      assert.is(pods.length, count, name)
      assert.ok(pods.every(isReady), `${name} is Ready`)
    }

    await createGitConnector({ name: 'repo', namespace: team, server })
    await apply([listing('first')], team)
    assert.is(await podEnded('first', team), 'Succeeded')
    await kubectl(['delete', 'pod', 'first', `--namespace=${team}`])

    await measure('helm uninstall', uninstallRelease)
    await kubectl(['delete', 'namespace', systemNamespace, '--ignore-not-found'])
    const left = await until(
      async () => {
        const added = (await listEverything()).filter(found => !before.some(known => isSame(known, found)))
        return added.every(isExpected) ? { added } : Promise.reject(new Error(added.map(describe).join(', ')))
      },
      { what: 'nothing to be left but CRDs and what users made', timeoutMs: 60_000 },
    )
    assert.equal(
      left.added
        .filter(({ namespace }) => namespace === team)
        .map(describe)
        .sort(),
      [`Connector ${team}/repo`, `Secret ${team}/repo-credential`],
    )
    const drivers = (await listObjects('csinodes')).flatMap(node => node['spec'].drivers ?? [])
    assert.not(drivers.some(({ name }) => name === 'connectors-csi'))

    await installRelease()
    await untilConnectorReady('repo', team)
    await apply([listing('second')], team)
    assert.is(await podEnded('second', team), 'Succeeded')

    function isExpected(found: Listed): boolean {
      // The API server makes an APIService for each version that definitions name.
      if (['CustomResourceDefinition', 'APIService'].includes(found.kind)) {
        return found.name.endsWith('.connectors.alauda.io')
      }
      return found.namespace === team && ['Connector', 'Secret'].includes(found.kind)
    }
    function listing(name: string) {
      return pod({ name, connectors: 'repo', script: `git ls-remote --exit-code ${server.url}/app.git main` })
    }
  }),
)

lifecycle(
  'is Ready when helm upgrade returns, the driver on the last node too',
  scenario(async () => {
    const annotation = { e2e: new Date().toISOString() }
    await measure('helm upgrade until all is Ready', () =>
      upgradeRelease(['--wait', '--timeout=2m', `--set=csi.podAnnotations.e2e=${annotation.e2e}`]),
    )
    const pods = (await componentPods('connectors-csi')).filter(({ metadata }) => !metadata.deletionTimestamp)
    assert.is(pods.length, (await listObjects('nodes')).length)
    for (const found of pods) {
      assert.is(found.metadata.annotations?.['e2e'], annotation.e2e)
      assert.ok(isReady(found), found.metadata.name)
    }
  }),
)

lifecycle(
  'leaves no rights behind where it could not be cleaned up, and the command line does what was not done',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await createGitConnector({ name: 'repo', namespace: team, server })
    // The Job goes where the controller would go, which stays where it is.
    await upgradeRelease([
      '--set=controller.nodeSelector.e2e=nowhere',
      '--set=cleanup.timeoutSeconds=3',
      '--set=csi.waitForRollout=false',
    ])
    await assertRejects(uninstallRelease(), /failed/i)
    const left = async () =>
      (await listEverything()).filter(({ name }) => name.startsWith('connectors-cleanup')).map(describe)
    const added = (await left()).filter(found => !/^(Job|Pod) /.test(found))
    assert.equal(added, [])
    assert.ok((await kubectl(['get', 'services', `--namespace=${team}`])).includes('c-repo'))

    const kubeconfig = process.env['KUBECONFIG'] ?? ''
    const { status, stderr } = await runCommand(launcher, ['cleanup', `--kubeconfig=${kubeconfig}`])
    assert.is(status, 0, stderr)
    assert.not.ok((await kubectl(['get', 'services', `--namespace=${team}`])).includes('c-repo'))
    assert.equal(await listObjects('connectorclasses'), [])
    await kubectl(['delete', 'job', 'connectors-cleanup', `--namespace=${systemNamespace}`])
    await installRelease()
  }),
)

lifecycle.run()

async function assertRejects(promise: Promise<unknown>, message: RegExp): Promise<void> {
  const failure = await promise.then(
    () => undefined,
    (error: Error) => error,
  )
  assert.match(failure?.message ?? 'it did not fail', message)
}

function describe({ kind, namespace, name }: Listed): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}

function isSame(one: Listed, other: Listed): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name
}
