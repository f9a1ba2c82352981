// What the controller has made, and somebody changes: resources.md, "Controller behaviour"; access.md, "scopes".
import { isDeepStrictEqual } from 'node:util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createGitClass,
  createGitConnector,
  type GitConnector,
  untilConnectorReady,
} from '../harness/connector.ts'
import { apply, getObject, kubectl, until } from '../harness/kubectl.ts'
import { systemNamespace } from '../harness/release.ts'
import { scenario } from '../harness/scenario.ts'
import { pod, podEnded, untilPodEvent } from '../harness/workload.ts'

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
  'is put right: a Service of its own that was given another type, pods, ports or addresses',
  scenario(async ({ namespace, gitServer }) => {
    const team = await namespace()
    const server = await gitServer()
    await server.createRepository('app')
    await createGitConnector({ name: 'repo', namespace: team, server })
    const read = async () => (await getObject('service', 'c-repo', team))['spec']
    const before = await read()
    const ports = [{ port: 80, targetPort: 8080 }]
    const selector = { app: 'evil' }
    for (const spec of [
      { type: 'ClusterIP', externalName: null, selector, ports },
      { type: 'ClusterIP', clusterIP: 'None', externalName: null, selector, ports },
      { type: 'LoadBalancer', externalName: null, selector, ports, externalIPs: ['192.0.2.1'] },
      { selector },
      { ports },
      { externalIPs: ['192.0.2.1'] },
    ]) {
      const patch = JSON.stringify({ spec })
      await kubectl(['patch', 'service/c-repo', `--namespace=${team}`, '--type=merge', `--patch=${patch}`])
      await until(async () => isDeepStrictEqual(await read(), before), {
        what: `all to be as it was, not ${patch}`,
      })
    }

    // Kubernetes heeds no endpoints beside an alias, so nobody has to take these away.
    const endpoints = [{ addresses: ['192.0.2.1'] }]
    const labels = { 'kubernetes.io/service-name': 'c-repo' }
    const slice = { addressType: 'IPv4', endpoints, ports: [{ port: 80 }] }
    await apply(
      [
        {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'evil', labels },
          ...slice,
        },
      ],
      team,
    )
    const script = `git ls-remote --exit-code ${server.url}/app.git`
    await apply([pod({ name: 'list', connectors: 'repo', script })], team)
    assert.is(await podEnded('list', team), 'Succeeded')
  }),
)

for (const [what, why, take] of [
  ['that was stripped of its owner', /its owner reference .* was removed/, stripService],
  ['that was there first', /somebody else has made it/, makeServiceFirst],
] as const) {
  kept(
    `is not touched where it is not ours, a Service ${what}: nothing is mounted, and deleting it heals`,
    scenario(async ({ namespace, gitServer }) => {
      const team = await namespace()
      const server = await gitServer()
      await server.createRepository('app')
      await take({ name: 'repo', namespace: team, server })
      const remedy = `delete Service "c-repo" in namespace "${team}"; the controller makes it again`
      const refused = await until(
        async () => {
          const { status } = await getObject('connector', 'repo', team)
          const [ready, service] = ['Ready', 'ProxyServiceReady'].map(type =>
            status?.conditions?.find((condition: { type: string }) => condition.type === type),
          )
          return ready?.status === 'False' && service?.reason === 'ProxyAddressConflict' && service
        },
        { what: 'the Connector to say so' },
      )
      assert.match(refused.message, why)
      assert.ok(refused.message.endsWith(remedy), refused.message)
      const events = () =>
        kubectl(['events', `--namespace=${team}`, '--for=connector/repo', '--types=Warning'])
      await until(async () => (await events()).includes('ProxyAddressConflict'), { what: 'an event' })

      const script = `git ls-remote --exit-code ${server.url}/app.git`
      await apply([pod({ name: 'list', connectors: 'repo', script })], team)
      const message = await untilPodEvent('list', team, 'FailedMount')
      assert.match(message, /code = FailedPrecondition .*"c-repo"/)
      assert.ok(message.includes(remedy), message)

      await kubectl(['delete', 'service', 'c-repo', `--namespace=${team}`])
      await untilConnectorReady('repo', team)
      assert.is(await podEnded('list', team), 'Succeeded', 'kubelet has tried again')
    }),
  )
}

kept(
  'follows the class: to a proxy of its own, and away where an address needs no Service',
  scenario(async ({ namespace, gitServer, onEnd }) => {
    const team = await namespace()
    const server = await gitServer()
    const className = team
    onEnd(() => kubectl(['delete', 'connectorclass', className, '--ignore-not-found']))
    onEnd(() => kubectl(['delete', 'service', team, `--namespace=${systemNamespace}`, '--ignore-not-found']))
    await createProxyService(team, systemNamespace)
    await createGitClass(className, {
      proxy: { ref: { kind: 'Service', name: team, namespace: systemNamespace } },
    })
    await createGitConnector({ name: 'repo', namespace: team, server, className })
    const { spec: made } = await getObject('service', 'c-repo', team)
    assert.is(made.externalName, `${team}.${systemNamespace}.svc.cluster.local`)

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

kept(
  'leads nowhere that the installation does not name: a proxy in another namespace',
  scenario(async ({ namespace, gitServer, onEnd }) => {
    const team = await namespace()
    const server = await gitServer()
    onEnd(() => kubectl(['delete', 'connectorclass', team, '--ignore-not-found']))
    await createProxyService('elsewhere', team)
    await createGitClass(team, { proxy: { ref: { kind: 'Service', name: 'elsewhere', namespace: team } } })
    await createGitConnector({ name: 'repo', namespace: team, server, className: team, ready: false })
    const message = await until(
      async () => {
        const { status } = await getObject('connector', 'repo', team)
        const found = status?.conditions?.find(({ type }: { type: string }) => type === 'ProxyServiceReady')
        return found?.reason === 'ProxyServiceNotFound' && found.message
      },
      { what: 'the Connector to say so' },
    )
    assert.match(message, /not among the chart's value admissionPolicies\.proxyNamespaces$/)
  }),
)

kept.run()

/** As somebody does who wants to catch what is sent to the proxy. */
async function stripService(connector: GitConnector): Promise<void> {
  await createGitConnector(connector)
  const spec = { type: 'ClusterIP', externalName: null, selector: { app: 'evil' }, ports: [{ port: 80 }] }
  const patch = JSON.stringify({ metadata: { ownerReferences: null }, spec })
  const where = ['service/c-repo', `--namespace=${connector.namespace}`]
  await kubectl(['patch', ...where, '--type=merge', `--patch=${patch}`])
}

async function makeServiceFirst(connector: GitConnector): Promise<void> {
  const spec = { selector: { app: 'mine' }, ports: [{ port: 80 }] }
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'c-repo' }, spec }
  await apply([service], connector.namespace)
  await createGitConnector({ ...connector, ready: false })
}

function createProxyService(name: string, namespace: string): Promise<void> {
  const spec = { type: 'ExternalName', externalName: proxy, ports: [{ port: 80 }] }
  return apply([{ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec }], namespace)
}
