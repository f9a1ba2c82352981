// What a decision about a Connector is made from, with total defaults: all is well, and no Service is there yet.
import type { Connector } from '../../../connector/connector.ts'
import type { ConnectorClass } from '../../../connector/connector-class.ts'
import type { Secret } from '../../../connector/object.ts'
import type { CheckResult } from '../../../controller/checks/results.ts'
import { type ConnectorDecision, decideConnector } from '../../../controller/connector/decide.ts'
import type { ObservedConnector } from '../../../controller/connector/observe.ts'
import type { Service } from '../../../kube/object/objects.ts'
import { basicClass, basicSecret } from '../objects.ts'

export const options = {
  proxy: { clusterDomain: 'cluster.local', systemNamespace: 'connectors-system' },
  now: '2026-01-02T03:04:05Z',
}
export const connector: Connector = {
  metadata: { name: 'tool', namespace: 'team', uid: 'u1', generation: 1 },
  spec: {
    connectorClassName: 'basic',
    address: 'https://tool.example.com',
    auth: { name: 'basicAuth', secretRef: { name: 'tool' } },
  },
}
export const readyClass: ConnectorClass = {
  ...basicClass(),
  metadata: { name: 'basic', uid: 'c1', generation: 1 },
  status: {
    conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }],
    proxy: { httpAddress: { url: 'http://connectors-proxy-service.connectors-system.svc' } },
  },
}
export const secret: Secret = {
  ...basicSecret('tool'),
  metadata: { name: 'tool', uid: 's1', resourceVersion: '7' },
}
export const fingerprint = 'u1/1 c1/1 s1/7'
export const good = { status: 'True', reason: 'ProbeSucceeded', message: '' } as const
export const answered: CheckResult = { fingerprint, outcome: good, at: '2026-01-02T03:04:00Z' }
export const observed: ObservedConnector = {
  connector,
  connectorClass: readyClass,
  secret,
  service: undefined,
  serviceRefusal: undefined,
  probes: new Map([
    ['liveness', answered],
    ['auth', answered],
  ]),
}

export type Change = {
  readonly spec?: Partial<Connector['spec']>
  readonly status?: Connector['status']
  readonly classSpec?: Partial<ConnectorClass['spec']>
  readonly classStatus?: ConnectorClass['status']
} & Partial<ObservedConnector>

export function decide({ spec, status, classSpec, classStatus, ...rest }: Change): ConnectorDecision {
  const changed = { ...connector, spec: { ...connector.spec, ...spec }, ...(status && { status }) }
  const connectorClass = {
    ...readyClass,
    spec: { ...readyClass.spec, ...classSpec },
    ...(classStatus && { status: classStatus }),
  }
  return decideConnector({ ...observed, connector: changed, connectorClass, ...rest }, options)
}

export function conditionsOf({ status }: ConnectorDecision): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  )
}

export const noProxy = {
  conditions: [{ type: 'Ready', status: 'True', reason: 'Ready', message: '' }],
} as const
export const owner = {
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'Connector',
  name: 'tool',
  controller: true,
  blockOwnerDeletion: false,
}
export const service = (uid: string, spec: object = {}): Service => ({
  metadata: {
    name: 'c-tool',
    labels: { 'connectors.alauda.io/connector': 'tool' },
    ownerReferences: [{ ...owner, uid }],
  },
  spec: {
    type: 'ExternalName',
    externalName: 'connectors-proxy-service.connectors-system.svc.cluster.local',
    sessionAffinity: 'None',
    ...spec,
  },
})
export const withMeta = (found: Service, metadata: object): Service => ({
  ...found,
  metadata: { ...found.metadata, ...metadata },
})
