// Services, as the controller.
import type { ApiRequest } from '../../harness/impersonate.ts'
import { type Attempt, group, remove, type Surroundings } from './attempt.ts'

export function serviceAttempts({ team, systemNamespace, uid, objects }: Surroundings): readonly Attempt[] {
  const path = `/api/v1/namespaces/${team}/services`
  const owner = { apiVersion: `${group}/v1alpha1`, kind: 'Connector', name: 'new', uid, controller: true }
  const proxy = `connectors-proxy-service.${systemNamespace}.svc.cluster.local`
  type Spec = { readonly owner?: object; readonly name?: object } & Record<string, unknown>
  const create = ({ owner: given = owner, name = { name: 'c-new' }, ...spec }: Spec): ApiRequest => ({
    method: 'POST',
    path,
    body: {
      metadata: { ...name, ownerReferences: [given] },
      spec: { type: 'ExternalName', externalName: proxy, ...spec },
    },
  })
  const ours = objects['service/c-repo'] as { metadata: object; spec: object }
  const foreign = objects['service/c-mine'] as { metadata: object; spec: object }
  const refused = 'connectors-services' as const
  const kubernetes = '/api/v1/namespaces/default/services/kubernetes'
  const ports = [{ port: 80 }]
  return [
    { what: 'create the Service of a Connector', request: create({}), outcome: 'allowed' },
    {
      what: 'set its Service back',
      request: {
        method: 'PUT',
        path: `${path}/c-repo`,
        body: { ...ours, metadata: { ...ours.metadata, labels: {} } },
      },
      outcome: 'allowed',
    },
    { what: 'delete its Service', request: remove(`${path}/c-repo`), outcome: 'allowed' },
    {
      what: 'replace the Service of the API server',
      request: { method: 'PUT', path: kubernetes, body: objects['service/kubernetes'] ?? {} },
      outcome: refused,
    },
    {
      what: 'delete the Service of the API server',
      request: remove(kubernetes),
      outcome: refused,
    },
    {
      what: 'create a Service of another name',
      request: create({ name: { name: 'new' } }),
      outcome: refused,
    },
    {
      what: 'create a Service of a generated name',
      request: create({ name: { generateName: 'c-' } }),
      outcome: refused,
    },
    {
      what: 'create a Service without an owner',
      request: create({ owner: { ...owner, kind: 'ConfigMap', apiVersion: 'v1' } }),
      outcome: refused,
    },
    {
      what: 'create a Service of a Connector of another group',
      request: create({ owner: { ...owner, apiVersion: `${group}.example.com/v1` } }),
      outcome: refused,
    },
    {
      what: 'create a Service of another Connector',
      request: create({ owner: { ...owner, name: 'other' } }),
      outcome: refused,
    },
    {
      what: 'create a Service with pods',
      request: create({ type: 'ClusterIP', externalName: undefined, selector: { a: 'b' }, ports }),
      outcome: refused,
    },
    { what: 'create a Service with a selector', request: create({ selector: { a: 'b' } }), outcome: refused },
    { what: 'create a Service with ports', request: create({ ports }), outcome: refused },
    {
      what: 'create a Service with external addresses',
      request: create({ externalIPs: ['192.0.2.1'] }),
      outcome: refused,
    },
    {
      what: 'lead a Service out of the cluster',
      request: create({ externalName: 'evil.example.com' }),
      outcome: refused,
    },
    {
      what: 'lead a Service to another namespace',
      request: create({ externalName: `web.${team}.svc.cluster.local` }),
      outcome: refused,
    },
    {
      what: 'lead a Service to what only looks alike',
      request: create({ externalName: `${proxy}.example.com` }),
      outcome: refused,
    },
    {
      what: 'lead its Service elsewhere',
      request: {
        method: 'PUT',
        path: `${path}/c-repo`,
        body: { ...ours, spec: { ...ours.spec, externalName: 'evil.example.com' } },
      },
      outcome: refused,
    },
    {
      what: "take somebody else's Service of such a name",
      request: {
        method: 'PUT',
        path: `${path}/c-mine`,
        body: {
          ...foreign,
          ...create({ name: { ...foreign.metadata }, owner: { ...owner, name: 'mine' } }).body,
        },
      },
      outcome: refused,
    },
    {
      what: "delete somebody else's Service of such a name",
      request: remove(`${path}/c-mine`),
      outcome: refused,
    },
    {
      what: 'patch a Service',
      request: { method: 'PATCH', path: `${path}/c-mine`, body: { spec: { selector: null } } },
      outcome: 'role',
    },
  ]
}
