// Every rule about a class's conditions and addresses, as tables.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ConnectorClass, Destination } from '../../../connector/connector-class.ts'
import { ConnectorsError } from '../../../connector/errors.ts'
import type { CheckResult } from '../../../controller/checks/results.ts'
import { decideConnectorClass } from '../../../controller/connector-class/decide.ts'
import { resolveDestination } from '../../../controller/connector-class/destination.ts'
import { ruleChangeEvent } from '../../../controller/connector-class/rule-change.ts'
import type { Service } from '../../../kube/object/objects.ts'
import { basicClass } from '../objects.ts'

const systemNamespace = 'connectors-system'
const service = (...ports: { readonly name?: string; readonly port: number }[]): Service => ({
  metadata: { name: 'p', namespace: 'ns' },
  spec: { ports },
})
const http = service({ name: 'http', port: 80 })
const ref = { kind: 'Service', name: 'p', namespace: 'ns' }

type Row = readonly [destination: Destination, service: Service | undefined, expected: string]
const rows: readonly Row[] = [
  [{ ref }, http, 'http://p.ns.svc'],
  [{ ref }, service({ port: 8080 }), 'http://p.ns.svc:8080'],
  [{ ref }, service({ name: 'https', port: 8443 }), 'https://p.ns.svc:8443'],
  [{ ref }, service({ port: 443 }), 'https://p.ns.svc'],
  [{ ref }, service({ name: 'https', port: 443 }, { name: 'http', port: 80 }), 'http://p.ns.svc'],
  [{ ref: { name: 'p' } }, http, 'http://p.connectors-system.svc'],
  [{ ref, uri: 'v1/x/' }, http, 'http://p.ns.svc/v1/x'],
  [{ ref, uri: '/v1' }, service({ port: 8080 }), 'http://p.ns.svc:8080/v1'],
  [{ uri: 'https://api.example.com/base/' }, undefined, 'https://api.example.com/base'],
  [{ ref }, undefined, 'ServiceNotFound: Service p not found in namespace ns'],
  [{ ref }, service(), 'DestinationInvalid: Cannot use Service "p" as a destination: it has no port'],
  [
    { ref: { ...ref, kind: 'Deployment' } },
    http,
    'DestinationInvalid: Cannot use ref "p" as a destination: its kind is Deployment, it must be Service',
  ],
  [
    { ref, uri: 'https://x' },
    http,
    'DestinationInvalid: Cannot use uri "https://x" as a destination: beside a ref it must be a path',
  ],
  [
    { uri: '/v1' },
    undefined,
    'DestinationInvalid: Cannot use uri "/v1" as a destination: without a ref it must be an absolute http or https URL',
  ],
  [
    { uri: 'https://u:p@x' },
    undefined,
    'DestinationInvalid: Cannot use uri as a destination: it holds user information',
  ],
]

const addresses = suite('controller/connector-class/destination')
for (const [destination, found, expected] of rows) {
  addresses(`${JSON.stringify(destination)} is ${expected}`, () => {
    const resolve = () => {
      try {
        return resolveDestination({ destination, service: found, systemNamespace, preferredScheme: 'http' })
      } catch (error) {
        if (error instanceof ConnectorsError) return `${error.reason}: ${error.message}`
        throw error
      }
    }
    assert.is(resolve(), expected)
  })
}
addresses.run()

const reached: CheckResult = {
  fingerprint: 'http://p.ns.svc',
  outcome: { status: 'True', reason: 'Reachable', message: '' },
  at: '2026-01-02T03:04:05Z',
}
const refused: CheckResult = {
  ...reached,
  outcome: { status: 'False', reason: 'ConnectionFailed', message: 'm' },
}

type Change = {
  readonly spec?: Partial<ConnectorClass['spec']>
  readonly status?: ConnectorClass['status']
  readonly found?: Service | undefined
  readonly result?: CheckResult | undefined
}

function decide(change: Change) {
  const connectorClass = {
    ...basicClass({ proxy: { ref }, ...change.spec }),
    ...(change.status && { status: change.status }),
  }
  const proxy = {
    service: 'found' in change ? change.found : http,
    result: 'result' in change ? change.result : reached,
  }
  const links = { api: { service: undefined, result: undefined }, proxy }
  return decideConnectorClass({ connectorClass, links }, { systemNamespace, now: '2026-01-02T03:04:05Z' })
}

const rego = { rego: 'package proxy' }
const cases: readonly (readonly [name: string, change: Change, expected: readonly string[]])[] = [
  ['a proxy that answers', {}, ['APIReady True NonAPI', 'ProxyReady True Reachable', 'Ready True Ready']],
  [
    'no proxy',
    { spec: { proxy: {} } },
    ['APIReady True NonAPI', 'ProxyReady True NonProxy', 'Ready True Ready'],
  ],
  [
    'a proxy without its Service',
    { found: undefined },
    ['APIReady True NonAPI', 'ProxyReady False ServiceNotFound', 'Ready False ServiceNotFound'],
  ],
  [
    'a proxy that was not tried yet',
    { result: undefined },
    ['APIReady True NonAPI', 'ProxyReady Unknown Checking', 'Ready Unknown Checking'],
  ],
  [
    'a proxy that moved',
    { result: { ...reached, fingerprint: 'http://old' } },
    ['APIReady True NonAPI', 'ProxyReady Unknown Checking', 'Ready Unknown Checking'],
  ],
  [
    'a proxy that does not answer',
    { result: refused },
    ['APIReady True NonAPI', 'ProxyReady False ConnectionFailed', 'Ready False ConnectionFailed'],
  ],
  [
    'an API that was not tried yet',
    { spec: { api: { uri: 'https://a.example' } } },
    ['APIReady Unknown Checking', 'ProxyReady True Reachable', 'Ready Unknown Checking'],
  ],
  [
    'Rego alone',
    { spec: { proxy: { ref, authExtractor: rego } } },
    ['APIReady True NonAPI', 'ProxyReady True Reachable', 'Ready False RegoUnsupported'],
  ],
  [
    'Rego beside CEL',
    { spec: { proxy: { ref, authExtractor: { ...rego, cel: '"x"' } } } },
    ['APIReady True NonAPI', 'ProxyReady True Reachable', 'Ready True Ready'],
  ],
  [
    'a template that does not parse',
    { spec: { livenessProbe: { http: { path: '{{' } } } },
    ['APIReady True NonAPI', 'ProxyReady True Reachable', 'Ready False ConnectorClassInvalid'],
  ],
]

const findings = suite('controller/connector-class/decide: conditions for')
for (const [name, change, expected] of cases) {
  findings(name, () => {
    const { conditions = [] } = decide(change).status
    assert.equal(
      conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      expected,
    )
  })
}
findings('its own status, before the first test after a restart', () => {
  const { status, links } = decide({})
  assert.equal(links, [{ name: 'proxy', url: 'http://p.ns.svc' }])
  assert.is(status.proxy?.httpAddress?.url, 'http://p.ns.svc')
  assert.equal(decide({ status, result: undefined }).status, status)
})
findings.run()

const rules = suite('controller/connector-class/rule-change')
rules('tells a change of where credentials may go from any other', () => {
  const before = basicClass()
  const other = basicClass({ livenessProbe: { http: { path: '/other' } } })
  assert.is(ruleChangeEvent(before, other), undefined)
  const moved = basicClass({ proxy: { uri: 'https://elsewhere.example' }, api: { uri: 'https://a.example' } })
  assert.match(ruleChangeEvent(before, moved)?.message ?? '', /spec\.api, spec\.proxy$/)
})
rules.run()
