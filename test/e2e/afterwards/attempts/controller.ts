// All that the controller may write, and some of what it may not.
import type { ApiRequest } from '../../harness/impersonate.ts'
import {
  type Attempt,
  byName,
  countEvent,
  event,
  foreignClass,
  group,
  remove,
  type Surroundings,
} from './attempt.ts'
import { grantAttempts } from './grants.ts'
import { serviceAttempts } from './services.ts'

export function controllerAttempts(at: Surroundings): readonly Attempt[] {
  return [...serviceAttempts(at), ...grantAttempts(at), ...builtins(at), ...sealingKeys(at), ...others(at)]
}

const applied = 'application/apply-patch+yaml'

function builtins({ objects }: Surroundings): readonly Attempt[] {
  const classes = `/apis/${group}/v1alpha1/connectorclasses`
  const apply = (name: string, spec: object = { address: { type: 'string' } }): ApiRequest => ({
    method: 'PATCH',
    path: `${classes}/${name}?fieldManager=connectors-controller&force=true`,
    contentType: applied,
    body: { apiVersion: `${group}/v1alpha1`, kind: 'ConnectorClass', ...byName(name), spec },
  })
  const mine = foreignClass(objects)
  const refused = 'connectors-builtins' as const
  return [
    { what: 'apply a built-in class', request: apply('git'), outcome: 'allowed' },
    {
      what: 'apply a built-in interface',
      request: {
        ...apply('npm'),
        path: apply('npm').path.replace('connectorclasses', 'resourceinterfaces'),
        body: { apiVersion: `${group}/v1alpha1`, kind: 'ResourceInterface', ...byName('npm') },
      },
      outcome: 'allowed',
    },
    { what: 'apply a class that was replaced', request: apply('oci'), outcome: refused },
    { what: 'apply a new class', request: apply('evil'), outcome: refused },
    { what: "apply somebody else's class", request: apply(mine), outcome: refused },
    {
      what: "patch somebody else's class",
      request: { method: 'PATCH', path: `${classes}/${mine}`, body: { spec: { proxy: null } } },
      outcome: refused,
    },
    {
      what: 'create a class',
      request: {
        method: 'POST',
        path: classes,
        body: { apiVersion: `${group}/v1alpha1`, kind: 'ConnectorClass', ...byName('evil'), spec: {} },
      },
      outcome: refused,
    },
    { what: 'delete a class', request: remove(`${classes}/git`), outcome: 'role' },
  ]
}

function sealingKeys({ team, systemNamespace, objects }: Surroundings): readonly Attempt[] {
  const secrets = `/api/v1/namespaces/${systemNamespace}/secrets`
  const configMaps = `/api/v1/namespaces/${systemNamespace}/configmaps`
  const keys = objects['secret/connectors-sealing-keys'] ?? {}
  const create = (path: string, name: string): ApiRequest => ({ method: 'POST', path, body: byName(name) })
  const patch = (name: string): ApiRequest => ({
    method: 'PATCH',
    path: `${configMaps}/${name}`,
    body: { metadata: { annotations: { e2e: 'true' } } },
  })
  return [
    { what: 'create its keys', request: create(secrets, 'connectors-sealing-keys'), outcome: 'allowed' },
    {
      what: 'replace its keys',
      request: { method: 'PUT', path: `${secrets}/connectors-sealing-keys`, body: keys },
      outcome: 'allowed',
    },
    { what: 'create another Secret', request: create(secrets, 'mine'), outcome: 'connectors-kept' },
    {
      what: 'replace another Secret',
      request: { method: 'PUT', path: `${secrets}/mine`, body: byName('mine') },
      outcome: 'role',
    },
    { what: 'delete its keys', request: remove(`${secrets}/connectors-sealing-keys`), outcome: 'role' },
    {
      what: 'create a Secret of that name elsewhere',
      request: create(`/api/v1/namespaces/${team}/secrets`, 'connectors-sealing-keys'),
      outcome: 'role',
    },
    { what: 'create its ConfigMap', request: create(configMaps, 'connectors-trust'), outcome: 'allowed' },
    { what: 'publish a key', request: patch('connectors-trust'), outcome: 'allowed' },
    { what: 'create another ConfigMap', request: create(configMaps, 'mine'), outcome: 'connectors-kept' },
    { what: 'patch another ConfigMap', request: patch('kube-root-ca.crt'), outcome: 'role' },
  ]
}

function others({ team, systemNamespace }: Surroundings): readonly Attempt[] {
  const connector = `/apis/${group}/v1alpha1/namespaces/${team}/connectors/repo`
  const patch = (body: object): ApiRequest => ({ method: 'PATCH', path: connector, body })
  const ofConnector = { apiVersion: `${group}/v1alpha1`, kind: 'Connector', name: 'repo', namespace: team }
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases`
  const admission = '/apis/admissionregistration.k8s.io/v1'
  return [
    {
      what: 'label a Connector with its class',
      request: patch({ metadata: { labels: { [`${group}/connectorclass`]: 'git' } } }),
      outcome: 'allowed',
    },
    {
      what: 'lead a Connector elsewhere',
      request: patch({ spec: { address: 'http://evil.example.com' } }),
      outcome: 'connectors-connectors',
    },
    {
      what: 'change the policy of a Connector',
      request: patch({ metadata: { annotations: { 'connectors.cpaas.io/policy': '' } } }),
      outcome: 'connectors-connectors',
    },
    {
      what: 'label a Connector otherwise',
      request: patch({ metadata: { labels: { team: 'evil' } } }),
      outcome: 'connectors-connectors',
    },
    {
      what: 'tell of a Connector',
      request: event(team, ofConnector, 'connectors-controller'),
      outcome: 'allowed',
    },
    { what: 'count an event', request: countEvent(team, 'connectors-controller'), outcome: 'allowed' },
    { what: "count kubelet's event", request: countEvent(team, 'kubelet'), outcome: 'connectors-events' },
    {
      what: 'tell of a pod',
      request: event(team, { ...ofConnector, apiVersion: 'v1', kind: 'Pod' }, 'connectors-controller'),
      outcome: 'connectors-events',
    },
    {
      what: "tell in the driver's name",
      request: event(team, ofConnector, 'connectors-csi'),
      outcome: 'connectors-events',
    },
    {
      what: 'create its Lease',
      request: {
        method: 'POST',
        path: leases,
        body: { metadata: { name: 'connectors-controller-manager' }, spec: {} },
      },
      outcome: 'allowed',
    },
    {
      what: 'create another Lease',
      request: { method: 'POST', path: leases, body: { metadata: { name: 'mine' }, spec: {} } },
      outcome: 'connectors-leases',
    },
    {
      what: 'delete a policy',
      request: remove(`${admission}/validatingadmissionpolicies/connectors-services`),
      outcome: 'role',
    },
    {
      what: "delete a policy's binding",
      request: remove(`${admission}/validatingadmissionpolicybindings/connectors-services`),
      outcome: 'role',
    },
    {
      what: 'create a webhook',
      request: {
        method: 'POST',
        path: `${admission}/mutatingwebhookconfigurations`,
        body: { ...byName('evil'), webhooks: [] },
      },
      outcome: 'role',
    },
  ]
}
