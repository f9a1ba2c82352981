// Every rule about a Connector's conditions, as a table: what is observed, and what is said about it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Connector } from '../../../connector/connector.ts'
import type { ConnectorClass } from '../../../connector/connector-class.ts'
import type { Secret } from '../../../connector/object.ts'
import type { CheckResult } from '../../../controller/check-results.ts'
import { type ConnectorDecision, decideConnector } from '../../../controller/connector/decide.ts'
import type { ObservedConnector } from '../../../controller/connector/observe.ts'
import { basicClass, basicSecret, canary } from '../objects.ts'

const options = {
  proxy: { clusterDomain: 'cluster.local', systemNamespace: 'connectors-system' },
  now: '2026-01-02T03:04:05Z',
}
const connector: Connector = {
  metadata: { name: 'tool', namespace: 'team', uid: 'u1', generation: 1 },
  spec: {
    connectorClassName: 'basic',
    address: 'https://tool.example.com',
    auth: { name: 'basicAuth', secretRef: { name: 'tool' } },
  },
}
const readyClass: ConnectorClass = {
  ...basicClass(),
  metadata: { name: 'basic', uid: 'c1', generation: 1 },
  status: {
    conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }],
    proxy: { httpAddress: { url: 'http://connectors-proxy-service.connectors-system.svc' } },
  },
}
const secret: Secret = { ...basicSecret('tool'), metadata: { name: 'tool', uid: 's1', resourceVersion: '7' } }
const fingerprint = 'u1/1 c1/1 s1/7'
const good = { status: 'True', reason: 'ProbeSucceeded', message: '' } as const
const answered: CheckResult = { fingerprint, outcome: good, at: '2026-01-02T03:04:00Z' }
const observed: ObservedConnector = {
  connector,
  connectorClass: readyClass,
  secret,
  service: undefined,
  probes: new Map([
    ['liveness', answered],
    ['auth', answered],
  ]),
}

type Change = {
  readonly spec?: Partial<Connector['spec']>
  readonly status?: Connector['status']
  readonly classSpec?: Partial<ConnectorClass['spec']>
  readonly classStatus?: ConnectorClass['status']
} & Partial<ObservedConnector>

function decide({ spec, status, classSpec, classStatus, ...rest }: Change): ConnectorDecision {
  const changed = { ...connector, spec: { ...connector.spec, ...spec }, ...(status && { status }) }
  const connectorClass = {
    ...readyClass,
    spec: { ...readyClass.spec, ...classSpec },
    ...(classStatus && { status: classStatus }),
  }
  return decideConnector({ ...observed, connector: changed, connectorClass, ...rest }, options)
}

function conditionsOf({ status }: ConnectorDecision): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  )
}

const noProxy = { conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }] } as const
const probe = { http: { path: '/' } }
const failed = (reason: string): CheckResult => ({
  ...answered,
  outcome: { status: 'False', reason, message: 'm' } as const,
})
const service = (uid: string) => ({
  metadata: { name: 'c-tool', ownerReferences: [{ apiVersion: 'v1', kind: 'Connector', name: 'tool', uid }] },
  spec: { type: 'ExternalName', externalName: 'old' },
})

const cases: readonly (readonly [
  name: string,
  change: Change,
  expected: Readonly<Record<string, string>>,
])[] = [
  [
    'all is well',
    {},
    {
      ConnectorClassReady: 'True Ready',
      SecretReady: 'True SecretFound',
      LivenessReady: 'True ProbeSucceeded',
      AuthReady: 'True ProbeSucceeded',
      ProxyServiceReady: 'True AddressAllocated',
      Ready: 'True Ready',
    },
  ],
  [
    'no class of the name',
    { connectorClass: undefined },
    {
      ConnectorClassReady: 'False ConnectorClassNotFound',
      SecretReady: 'Unknown ConnectorClassNotFound',
      LivenessReady: 'Unknown ConnectorClassNotFound',
      AuthReady: 'Unknown ConnectorClassNotFound',
      ProxyServiceReady: 'Unknown ConnectorClassNotFound',
      Ready: 'False ConnectorClassNotFound',
    },
  ],
  [
    'an address with another scheme',
    { spec: { address: 'ftp://x' } },
    {
      ConnectorClassReady: 'False ConnectorInvalid',
      AuthReady: 'Unknown ConnectorInvalid',
      Ready: 'False ConnectorInvalid',
    },
  ],
  [
    'an unknown auth type',
    { spec: { auth: { name: 'x' } } },
    { ConnectorClassReady: 'False ConnectorInvalid' },
  ],
  [
    'a class that was not checked yet',
    { classStatus: { proxy: readyClass.status?.proxy ?? {} } },
    {
      ConnectorClassReady: 'Unknown ConnectorClassNotReady',
      LivenessReady: 'True ProbeSucceeded',
      Ready: 'Unknown ConnectorClassNotReady',
    },
  ],
  [
    'a class that is not ready',
    { classStatus: { conditions: [{ type: 'Ready', status: 'False', reason: 'X', message: 'y' }] } },
    { ConnectorClassReady: 'False ConnectorClassNotReady', Ready: 'False ConnectorClassNotReady' },
  ],
  [
    'no Secret of the name',
    { secret: undefined },
    {
      SecretReady: 'False SecretNotFound',
      AuthReady: 'Unknown SecretNotFound',
      Ready: 'False SecretNotFound',
    },
  ],
  [
    'a Secret of another type',
    { secret: { ...secret, type: 'Opaque' } },
    { SecretReady: 'False SecretTypeMismatch', AuthReady: 'Unknown SecretTypeMismatch' },
  ],
  [
    'a Secret without a key',
    { secret: { ...secret, data: { username: 'eA==' } } },
    { SecretReady: 'False SecretKeyMissing', AuthReady: 'Unknown SecretKeyMissing' },
  ],
  [
    'no Secret where one may be left out',
    { spec: { auth: { name: 'basicAuth' } }, secret: undefined },
    { SecretReady: 'True SecretOptional', AuthReady: 'Unknown Probing' },
  ],
  [
    'no Secret where one is needed',
    {
      classSpec: { auth: { types: [{ name: 'basicAuth', secretType: 'kubernetes.io/basic-auth' }] } },
      spec: { auth: { name: 'basicAuth' } },
    },
    {
      ConnectorClassReady: 'True Ready',
      SecretReady: 'False SecretRequired',
      AuthReady: 'Unknown SecretRequired',
      Ready: 'False SecretRequired',
    },
  ],
  [
    'no liveness probe',
    { classSpec: { livenessProbe: undefined as never } },
    { LivenessReady: 'True NonLivenessProbe' },
  ],
  [
    'no auth probe',
    { classSpec: { authProbes: [] } },
    { AuthReady: 'True NonAuthProbe', Ready: 'True Ready' },
  ],
  [
    'an auth probe that asks nothing',
    { classSpec: { authProbes: [{ authName: 'basicAuth', probe: { http: { path: '{{ "" }}' } } }] } },
    { AuthReady: 'True NonAuthProbe' },
  ],
  [
    'a probe of the class API',
    { classSpec: { livenessProbe: { api: { path: '/x' } } } },
    { LivenessReady: 'False ProbeInvalid' },
  ],
  [
    'a probe whose template fails',
    { classSpec: { livenessProbe: { http: { path: '{{ fail "x" }}' } } } },
    { LivenessReady: 'False ProbeInvalid', Ready: 'False ProbeInvalid' },
  ],
  [
    'a wrong password',
    {
      probes: new Map([
        ['liveness', answered],
        ['auth', failed('AuthenticationFailed')],
      ]),
    },
    { AuthReady: 'False AuthenticationFailed', Ready: 'False AuthenticationFailed' },
  ],
  [
    'no answers yet',
    { probes: new Map() },
    { LivenessReady: 'Unknown Probing', AuthReady: 'Unknown Probing', Ready: 'Unknown Probing' },
  ],
  [
    'answers to other questions',
    {
      probes: new Map([
        ['liveness', { ...answered, fingerprint: 'x' }],
        ['auth', { ...answered, fingerprint: 'x' }],
      ]),
    },
    { LivenessReady: 'Unknown Probing', AuthReady: 'Unknown Probing' },
  ],
  [
    'a server that is down and a wrong Secret',
    {
      secret: undefined,
      probes: new Map([
        ['liveness', { ...failed('ConnectionFailed'), fingerprint: 'u1/1 c1/1 undefined/undefined' }],
      ]),
    },
    {
      SecretReady: 'False SecretNotFound',
      LivenessReady: 'False ConnectionFailed',
      Ready: 'False SecretNotFound',
    },
  ],
  ['no proxy', { classSpec: { proxy: {} } }, { ProxyServiceReady: 'True NonProxy', Ready: 'True Ready' }],
  [
    'a proxy that is not resolved yet',
    { classStatus: noProxy },
    { ProxyServiceReady: 'Unknown ConnectorClassNotReady' },
  ],
  [
    'a proxy whose Service is missing',
    {
      classStatus: {
        conditions: [{ type: 'ProxyReady', status: 'False', reason: 'ServiceNotFound', message: 'm' }],
      },
    },
    { ProxyServiceReady: 'False ProxyServiceNotFound' },
  ],
  [
    "somebody else's Service",
    { service: service('other') },
    { ProxyServiceReady: 'False ProxyAddressConflict', Ready: 'False ProxyAddressConflict' },
  ],
]

const findings = suite('controller/connector/decide: conditions for')
for (const [name, change, expected] of cases) {
  findings(name, () => {
    const found = conditionsOf(decide(change))
    for (const [type, condition] of Object.entries(expected)) assert.is(found[type], condition, type)
  })
}
findings.run()

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
  assert.is(decide({ service: service('u1') }).service?.verb, 'replace')
  const same = { ...created?.service, metadata: { ...created?.service.metadata, name: 'c-tool' } } as never
  assert.is(decide({ service: same }).service, undefined)
  assert.is(decide({ service: service('other') }).service, undefined)
})
address('stays while the class is gone', () => {
  const status = { proxy: { httpAddress: { url: 'http://c-tool.team.svc.cluster.local' } } }
  assert.is(url({ connectorClass: undefined, status }), 'http://c-tool.team.svc.cluster.local')
})
address.run()

const rest = suite('controller/connector/decide')
rest('finds nothing new in its own status, also before the first probe after a restart', () => {
  const { status } = decide({})
  assert.equal(decide({ status }).status, status)
  assert.equal(decide({ status, probes: new Map() }).status, status)
  const later = { ...answered, at: '2026-01-02T09:00:00Z' }
  assert.equal(
    decide({
      status,
      probes: new Map([
        ['liveness', later],
        ['auth', later],
      ]),
    }).status,
    status,
  )
  assert.equal(decide({ status }).events, [])
})
rest('plans nothing for a class that is gone, and both probes otherwise', () => {
  assert.equal(decide({ connectorClass: undefined }).probes, [])
  assert.equal(
    decide({}).probes.map(plan => [plan.name, plan.fingerprint, plan.shownUrl]),
    [
      ['liveness', fingerprint, 'https://tool.example.com/'],
      ['auth', fingerprint, 'https://tool.example.com/secure'],
    ],
  )
})
rest("shows nothing of the Secret in a probe's URL or failure", () => {
  const auth = (path: string) => ({
    classSpec: { authProbes: [{ authName: 'basicAuth', probe: { http: { path } } }] },
  })
  const [, leaking] = decide(auth('/{{ .Secret.StringData.password }}')).probes
  assert.is(leaking?.shownUrl, 'https://tool.example.com')
  const failing = decide(auth('{{ fail .Secret.StringData.password }}'))
  assert.is(conditionsOf(failing)['AuthReady'], 'False ProbeInvalid')
  assert.not.ok(JSON.stringify(failing).includes(canary))
})
rest("fills in the defaults of a probe's parameters", () => {
  const path = '/{{ range .Connector.Spec.Auth.Params }}{{ .Value.StringVal }}{{ end }}'
  const params = [{ name: 'repository', default: 'app' }]
  const { probes } = decide({
    classSpec: {
      livenessProbe: probe,
      authProbes: [{ authName: 'basicAuth', params, probe: { http: { path } } }],
    },
  })
  assert.is(probes[1]?.request.path, '/app')
})
rest('never repeats user information of an address', () => {
  const { status } = decide({ spec: { address: `https://robot:${canary}@tool.example.com?token=${canary}` } })
  assert.not.ok(JSON.stringify(status).includes(canary))
})
rest('tells of a new readiness once', () => {
  const first = decide({})
  assert.equal(
    first.events.map(({ reason }) => reason),
    ['Ready'],
  )
  const change = { status: first.status, secret: undefined }
  assert.equal(
    decide(change).events.map(({ type, reason }) => [type, reason]),
    [['Warning', 'SecretNotFound']],
  )
})
rest.run()
