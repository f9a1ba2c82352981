// What the controller has made, and somebody changes: resources.md, "Controller behaviour"; access.md, "scopes".
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGitClass, createGitConnector } from '../harness/connector.ts'
import { apply, getObject, kubectl, until } from '../harness/kubectl.ts'
import { systemNamespace } from '../harness/release.ts'
import { scenario } from '../harness/scenario.ts'
import { pod, podEnded } from '../harness/workload.ts'

const proxy = `connectors-proxy-service.${systemNamespace}.svc.cluster.local`

const kept = suite('what the controller has made')

kept(
  'is put right: a Service that leads elsewhere, a Role that grants more, a RoleBinding to somebody else',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const read = async () => {
      const service = await getObject('service', 'c-repo', team)
      const role = await getObject('role', 'connectors-scope', team)
      const binding = await getObject('rolebinding', 'connectors-scope', team)
      return { service: service['spec'].externalName, rules: role['rules'], subjects: binding['subjects'] }
    }
    const before = await read()
    assert.is(before.service, proxy)

    const change = (object: string, patch: object) =>
      kubectl(['patch', object, `--namespace=${team}`, '--type=merge', `--patch=${JSON.stringify(patch)}`])
    await change('service/c-repo', { spec: { externalName: 'evil.example.com' } })
    await change('role/connectors-scope', {
      rules: [{ apiGroups: ['connectors.alauda.io'], resources: ['*'], verbs: ['*'] }],
    })
    await change('rolebinding/connectors-scope', {
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
    })
    await until(async () => JSON.stringify(await read()) === JSON.stringify(before), {
      what: 'everything to be as it was',
      timeoutMs: 30_000,
    })
    const script = `git ls-remote --exit-code ${server.url}/app.git`
    await apply([pod({ name: 'list', connectors: 'repo', script })], team)
    assert.is(await podEnded('list', team), 'Succeeded')
  }),
)

kept(
  'follows the class: to a proxy of its own, and away where an address needs no Service',
  scenario(async ({ namespace, gitServer, onEnd }) => {
    const team = await namespace()
    const server = await gitServer()
    const className = team
    onEnd(() => kubectl(['delete', 'connectorclass', className, '--ignore-not-found']))
    const spec = { type: 'ExternalName', externalName: proxy, ports: [{ port: 80 }] }
    await apply([{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'own-proxy' }, spec }], team)
    await createGitClass(className, {
      proxy: { ref: { kind: 'Service', name: 'own-proxy', namespace: team } },
    })
    await createGitConnector({ name: 'repo', namespace: team, server, className })
    const { spec: made } = await getObject('service', 'c-repo', team)
    assert.is(made.externalName, `own-proxy.${team}.svc.cluster.local`)

    const uri = `http://${proxy}/all`
    await createGitClass(className, { proxy: { uri } })
    const status = await until(
      async () => {
        const { status } = await getObject('connector', 'repo', team)
        const services = await kubectl(['get', 'services', `--namespace=${team}`, '--output=name'])
        return !services.includes('c-repo') && status.proxy.httpAddress.url === uri && status
      },
      { what: 'the Connector to take the address of its class' },
    )
    assert.is(status.proxy.httpAddress.url, uri)
  }),
)

kept.run()
