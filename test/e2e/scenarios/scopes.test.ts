// Who may use a Connector out of the box: access.md, "Out of the box: scopes".
import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitConnector } from '../harness/connector.ts'
import type { GitServer } from '../harness/git-server.ts'
import { apply, getObject, kubectl } from '../harness/kubectl.ts'
import { type Scenario, scenario } from '../harness/scenario.ts'
import { pod, podEnded, untilPodEvent } from '../harness/workload.ts'

const scopes = suite('scopes')

scopes(
  'let the namespace of a Connector use it',
  scenario(async context => {
    const { team, server } = await connectorIn(context, {})
    await apply([listing(server, 'repo')], team)
    assert.is(await podEnded('list', team), 'Succeeded')
  }),
)

scopes(
  'refuse a pod of another namespace before it starts, with a message that says what to ask for',
  scenario(async context => {
    const { team, server } = await connectorIn(context, {})
    const other = await context.namespace()
    await apply([listing(server, `${team}/repo`)], other)
    const message = await untilPodEvent('list', other, 'FailedMount')
    assert.match(message, /PermissionDenied/)
    for (const part of [`system:serviceaccount:${other}:default`, `${team}/repo`, 'connectors/proxy']) {
      assert.ok(message.includes(part), `the message names ${part}: ${message}`)
    }
    assert.is((await getObject('pod', 'list', other))['status'].phase, 'Pending')

    // What the message asks for is what helps: the pod starts by itself.
    await kubectl(['create', 'role', 'use-repo', ...useRepo, `--namespace=${team}`])
    const binding = [
      'create',
      'rolebinding',
      'use-repo',
      '--role=use-repo',
      `--serviceaccount=${other}:default`,
    ]
    await kubectl([...binding, `--namespace=${team}`])
    assert.is(await podEnded('list', other), 'Succeeded')
  }),
)

scopes(
  'let every namespace use a Connector in kube-public',
  scenario(async ({ namespace, gitServer, onEnd }) => {
    const server = await gitServer()
    await server.createRepository('app')
    const name = `e2e-${randomBytes(4).toString('hex')}`
    onEnd(() =>
      kubectl([
        'delete',
        `connector/${name}`,
        `secret/${name}-credential`,
        '--namespace=kube-public',
        '--ignore-not-found',
      ]),
    )
    await createGitConnector({ name, namespace: 'kube-public', server })
    const team = await namespace()
    await apply([listing(server, `kube-public/${name}`)], team)
    assert.is(await podEnded('list', team), 'Succeeded')
  }),
)

scopes(
  'let the namespaces of a project use a Connector of its inner namespace, and no others',
  scenario(async context => {
    const project = `project-${randomBytes(4).toString('hex')}`
    const { team, server } = await connectorIn(context, { 'cpaas.io/inner-namespace': project })
    const member = await context.namespace({ labels: { 'cpaas.io/project': project } })
    const stranger = await context.namespace({ labels: { 'cpaas.io/project': `${project}-2` } })
    for (const namespace of [member, stranger]) await apply([listing(server, `${team}/repo`)], namespace)
    assert.is(await podEnded('list', member), 'Succeeded')
    assert.match(await untilPodEvent('list', stranger, 'FailedMount'), /PermissionDenied/)

    // A label is enough: the controller sees it and grants.
    await kubectl(['label', 'namespace', stranger, `cpaas.io/project=${project}`, '--overwrite'])
    assert.is(await podEnded('list', stranger), 'Succeeded')
  }),
)

scopes.run()

const useRepo = [
  '--verb=get',
  '--resource=connectors.connectors.alauda.io,connectors.connectors.alauda.io/proxy',
  '--resource-name=repo',
]

async function connectorIn(
  { namespace, gitServer }: Scenario,
  labels: Readonly<Record<string, string>>,
): Promise<{ readonly team: string; readonly server: GitServer }> {
  const team = await namespace({ labels })
  const server = await gitServer()
  await server.createRepository('app')
  await createGitConnector({ name: 'repo', namespace: team, server })
  return { team, server }
}

function listing(server: GitServer, connectors: string) {
  return pod({ name: 'list', connectors, script: `git ls-remote --exit-code ${server.url}/app.git main` })
}
