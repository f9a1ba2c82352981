// The Service that stands for a Connector, and its address.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decideConnector } from '../../../controller/connector/decide.ts'
import type { Service } from '../../../kube/object/objects.ts'
import {
  type Change,
  decide,
  noProxy,
  observed,
  options,
  owner,
  readyClass,
  service,
  withMeta,
} from './observed.ts'

const address = suite('controller/connector/decide: address')
const url = (change: Change) => decide(change).status.proxy?.httpAddress?.url
const classUrl = (text: string) => ({ ...readyClass.status, proxy: { httpAddress: { url: text } } })

address('is that of the Service, with its port where it is not 80', () => {
  assert.is(url({}), 'http://c-tool.team.svc.cluster.local')
  assert.is(
    url({ classStatus: classUrl('http://p.ns.svc:8080') }),
    'http://c-tool.team.svc.cluster.local:8080',
  )
})
address('has the path form where the class says so', () => {
  const annotations = { 'connectors.cpaas.io/proxy-resolver': 'path' }
  const connectorClass = { ...readyClass, metadata: { ...readyClass.metadata, annotations } }
  assert.is(url({ connectorClass }), 'http://c-tool.team.svc.cluster.local/namespaces/team/connectors/tool')
})
address('is on the exposed URL where there is one', () => {
  const proxy = { ...options.proxy, exposedUrl: 'http://127.0.0.1:8080' }
  const { status } = decideConnector(observed, { ...options, proxy })
  assert.is(status.proxy?.httpAddress?.url, 'http://127.0.0.1:8080/namespaces/team/connectors/tool')
})
address('is an uri as it stands, without a Service', () => {
  const uri = 'https://proxy.example.com/x'
  const decision = decide({
    classSpec: { proxy: { uri } },
    classStatus: classUrl(uri),
    service: service('u1'),
  })
  assert.is(decision.status.proxy?.httpAddress?.url, uri)
  assert.is(decision.service?.verb, 'delete')
})
address('brings a Service into being, puts it right, and leaves it alone', () => {
  const { service: created } = decide({})
  assert.is(created?.verb, 'create')
  assert.is(decide({ service: service('u1', { externalName: 'old' }) }).service?.verb, 'replace')
  const same = { ...created?.service, metadata: { ...created?.service.metadata, name: 'c-tool' } } as never
  assert.is(decide({ service: same }).service, undefined)
  assert.is(decide({ service: service('u1') }).service, undefined)
  assert.is(decide({ service: service('other') }).service, undefined)
})
address('stays while the class is gone', () => {
  const status = { proxy: { httpAddress: { url: 'http://c-tool.team.svc.cluster.local' } } }
  assert.is(url({ connectorClass: undefined, status }), 'http://c-tool.team.svc.cluster.local')
})
address.run()

const redirected = suite('controller/connector/decide: its own Service is put right where somebody changed')
const redirections: Readonly<Record<string, Service>> = {
  'its type': service('u1', { type: 'ClusterIP' }),
  'where it leads': service('u1', { externalName: 'evil.example.com' }),
  'its selector': service('u1', { selector: { app: 'evil' } }),
  'its ports': service('u1', { ports: [{ port: 80 }] }),
  'its external addresses': service('u1', { externalIPs: ['192.0.2.1'] }),
  'its address': service('u1', { clusterIP: '10.96.0.1' }),
  'the address of its load balancer': service('u1', { loadBalancerIP: '192.0.2.1' }),
  'the class of its load balancer': service('u1', { loadBalancerClass: 'evil.example.com/lb' }),
  'its label': withMeta(service('u1'), { labels: {} }),
  'who controls it': withMeta(service('u1'), {
    ownerReferences: [{ ...owner, uid: 'u1', controller: false }],
  }),
  'the name of its owner': withMeta(service('u1'), {
    ownerReferences: [{ ...owner, uid: 'u1', name: 'other' }],
  }),
}
for (const [what, changed] of Object.entries(redirections)) {
  redirected(what, () => {
    for (const change of [{}, { spec: { address: 'nowhere' } }, { classStatus: noProxy }]) {
      const { service: action } = decide({ service: changed, ...change })
      assert.is(action?.verb, 'replace')
      const { metadata, spec } = action?.service as Service
      const right = service('u1')
      assert.equal(metadata, right.metadata)
      assert.equal(spec as object, { type: 'ExternalName', externalName: right.spec?.externalName })
    }
  })
}
redirected('nothing, where a controller of another kind owns it as well', () => {
  const other = { ...owner, apiVersion: 'apps/v1', kind: 'Deployment', uid: 'd1', controller: false }
  const ownerReferences = [other, { ...owner, uid: 'u1' }]
  assert.is(decide({ service: withMeta(service('u1'), { ownerReferences }) }).service, undefined)
})
redirected.run()

const conflicts = suite(
  'controller/connector/decide: a conflict names the cause and what helps, for a Service',
)
const foreign: readonly (readonly [cause: RegExp, service: Service])[] = [
  [/somebody else has made it/, { metadata: { name: 'c-tool' }, spec: { ports: [{ port: 80 }] } }],
  [/its owner reference .* was removed/, withMeta(service('u1'), { ownerReferences: [] })],
  [/it belongs to another Connector \(UID gone\)/, service('gone')],
  [
    /it belongs to another Connector/,
    withMeta(service('u1'), { ownerReferences: [{ ...owner, apiVersion: 'example.com/v1', uid: 'u1' }] }),
  ],
]
const remedy = 'delete Service "c-tool" in namespace "team"; the controller makes it again'
for (const [cause, found] of foreign) {
  conflicts(cause.source, () => {
    const { status, events, service: action } = decide({ service: found })
    const { message = '' } = status.conditions?.find(({ type }) => type === 'ProxyServiceReady') ?? {}
    assert.match(
      message,
      /^Cannot use Service "c-tool" in namespace "team" as the address of Connector "tool": /,
    )
    assert.match(message, cause)
    assert.ok(message.endsWith(`; ${remedy}`), message)
    assert.is(action, undefined)
    assert.is(status.proxy, undefined)
    assert.equal(events, [{ type: 'Warning', reason: 'ProxyAddressConflict', message }])
  })
}
conflicts('that is told once, also where the Connector is not ready for another reason', () => {
  const change = { service: service('other'), secret: undefined }
  const { status, events } = decide(change)
  assert.equal(
    events.map(({ reason }) => reason),
    ['SecretNotFound', 'ProxyAddressConflict'],
  )
  assert.equal(decide({ ...change, status }).events, [])
  const healed = decide({ ...change, status, service: undefined })
  assert.equal(decide({ ...change, status: healed.status }).events.length, 1)
})
conflicts.run()
