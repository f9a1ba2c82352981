// Every rule about a Connector's conditions, as a table: what is observed, and what is said about it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckResult } from '../../../controller/checks/results.ts'
import { canary } from '../objects.ts'
import {
  answered,
  type Change,
  conditionsOf,
  decide,
  fingerprint,
  noProxy,
  readyClass,
  secret,
  service,
} from './observed.ts'

const probe = { http: { path: '/' } }
const failed = (reason: string): CheckResult => ({
  ...answered,
  outcome: { status: 'False', reason, message: 'm' } as const,
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
  [
    "somebody else's Service for a Connector that does not fit its class",
    { service: service('other'), spec: { address: 'nowhere' } },
    { ConnectorClassReady: 'False ConnectorInvalid', ProxyServiceReady: 'False ProxyAddressConflict' },
  ],
  [
    "somebody else's Service while the proxy is not resolved",
    { service: service('other'), classStatus: noProxy },
    { ProxyServiceReady: 'False ProxyAddressConflict' },
  ],
  [
    "somebody else's Service where none is needed",
    { service: service('other'), classSpec: { proxy: {} } },
    { ProxyServiceReady: 'True NonProxy', Ready: 'True Ready' },
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
