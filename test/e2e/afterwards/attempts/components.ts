// What the other accounts may write, and some of what they may not.
import type { ApiRequest } from '../../harness/impersonate.ts'
import {
  type Attempt,
  byName,
  countEvent,
  event,
  foreignClass,
  group,
  rbac,
  remove,
  type Surroundings,
} from './attempt.ts'

// The API server shows reviews to no policy.
const accessReview: ApiRequest = {
  method: 'POST',
  path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  body: { spec: { user: 'somebody', resourceAttributes: { group, resource: 'connectors', verb: 'get' } } },
}
const tokenReview: ApiRequest = {
  method: 'POST',
  path: '/apis/authentication.k8s.io/v1/tokenreviews',
  body: { spec: { token: 'a.b.c', audiences: ['connectors'] } },
}

export function proxyAttempts({ team }: Surroundings): readonly Attempt[] {
  const pod = { apiVersion: 'v1', kind: 'Pod', name: 'a', namespace: team }
  return [
    { what: 'ask about a token', request: tokenReview, outcome: 'allowed' },
    { what: 'ask about a permission', request: accessReview, outcome: 'allowed' },
    { what: 'write an event', request: event(team, pod, 'connectors-csi'), outcome: 'role' },
    {
      what: 'create a Service',
      request: { method: 'POST', path: `/api/v1/namespaces/${team}/services`, body: byName('c-new') },
      outcome: 'role',
    },
  ]
}

export function driverAttempts({ team }: Surroundings): readonly Attempt[] {
  const pod = { apiVersion: 'v1', kind: 'Pod', name: 'a', namespace: team }
  return [
    { what: 'tell of a pod', request: event(team, pod, 'connectors-csi'), outcome: 'allowed' },
    {
      what: 'tell of a Service',
      request: event(team, { ...pod, kind: 'Service' }, 'connectors-csi'),
      outcome: 'connectors-events',
    },
    { what: 'count an event', request: countEvent(team, 'connectors-csi'), outcome: 'allowed' },
    { what: "count kubelet's event", request: countEvent(team, 'kubelet'), outcome: 'connectors-events' },
    { what: "tell in kubelet's name", request: event(team, pod, 'kubelet'), outcome: 'connectors-events' },
    { what: 'ask about a permission', request: accessReview, outcome: 'allowed' },
    { what: 'ask about a token', request: tokenReview, outcome: 'role' },
  ]
}

/** While its Job runs. */
export function cleanupAttempts({ team, objects }: Surroundings): readonly Attempt[] {
  const inTeam = `/api/v1/namespaces/${team}/services`
  const grants = `${rbac}/namespaces/${team}`
  const classes = `/apis/${group}/v1alpha1/connectorclasses`
  const mine = foreignClass(objects)
  return [
    { what: "delete a Connector's Service", request: remove(`${inTeam}/c-repo`), outcome: 'allowed' },
    { what: 'delete a grant', request: remove(`${grants}/roles/connectors-scope`), outcome: 'allowed' },
    {
      what: 'delete a binding',
      request: remove(`${grants}/rolebindings/connectors-scope`),
      outcome: 'allowed',
    },
    { what: 'delete a built-in class', request: remove(`${classes}/git`), outcome: 'allowed' },
    {
      what: "delete somebody else's Service",
      request: remove(`${inTeam}/c-mine`),
      outcome: 'connectors-services',
    },
    {
      what: 'delete the Service of the API server',
      request: remove('/api/v1/namespaces/default/services/kubernetes'),
      outcome: 'connectors-services',
    },
    {
      what: 'delete a class that was replaced',
      request: remove(`${classes}/oci`),
      outcome: 'connectors-builtins',
    },
    {
      what: "delete somebody else's class",
      request: remove(`${classes}/${mine}`),
      outcome: 'connectors-builtins',
    },
    { what: "delete somebody else's Role", request: remove(`${grants}/roles/mine`), outcome: 'role' },
    {
      what: 'create a Service',
      request: { method: 'POST', path: inTeam, body: byName('c-new') },
      outcome: 'role',
    },
  ]
}
