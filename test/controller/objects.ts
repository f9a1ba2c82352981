// The objects that the controller's tests start from.
import type { Connector } from '../../connector/connector.ts'
import type { ConnectorClass } from '../../connector/connector-class.ts'
import type { KubeClient } from '../../kube/client/client.ts'
import { connectorClasses, connectors, secrets, services } from '../../kube/object/resources.ts'
import type { Tool } from './tool.ts'

const all = ['get', 'list', 'watch']

/** What the controller may do. */
export const permissions = [
  { apiGroups: ['connectors.alauda.io'], resources: ['connectors'], verbs: [...all, 'patch'] },
  {
    apiGroups: ['connectors.alauda.io'],
    resources: ['connectorclasses', 'resourceinterfaces'],
    verbs: all,
  },
  {
    apiGroups: ['connectors.alauda.io'],
    resources: ['connectorclasses', 'resourceinterfaces'],
    verbs: ['create', 'patch'],
  },
  { apiGroups: ['connectors.alauda.io'], resources: ['connectors/proxy'], verbs: ['get'] },
  {
    apiGroups: ['connectors.alauda.io'],
    resources: ['connectors/status', 'connectorclasses/status'],
    verbs: ['update'],
  },
  { apiGroups: [''], resources: ['namespaces', 'secrets'], verbs: all },
  { apiGroups: [''], resources: ['services'], verbs: [...all, 'create', 'update', 'delete'] },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['secrets'], resourceNames: ['connectors-sealing-keys'], verbs: ['update'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['connectors-trust'],
    verbs: ['list', 'watch', 'patch'],
  },
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['connectors-config'],
    verbs: ['list', 'watch'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: ['connectors-controller-manager'],
    verbs: ['get', 'update'],
  },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['roles', 'rolebindings'],
    verbs: [...all, 'create', 'update', 'delete'],
  },
]

export const canary = 's3cret-canary-0815'

/** `/` is asked for liveness and `/secure` with the credential. */
export function basicClass(spec: Partial<ConnectorClass['spec']> = {}): ConnectorClass {
  return {
    metadata: { name: 'basic' },
    spec: {
      address: { type: 'string' },
      auth: { types: [{ name: 'basicAuth', secretType: 'kubernetes.io/basic-auth', optional: true }] },
      livenessProbe: { http: { path: '/' } },
      authProbes: [
        {
          authName: 'basicAuth',
          probe: {
            http: {
              path: '/secure',
              httpHeaders: [
                {
                  name: 'Authorization',
                  value:
                    '{{ with .Secret }}Basic {{ printf "%s:%s" .StringData.username .StringData.password | b64enc }}{{ end }}',
                },
              ],
            },
          },
        },
      ],
      proxy: { ref: { kind: 'Service', name: 'connectors-proxy-service', namespace: 'connectors-system' } },
      ...spec,
    },
  }
}

export function connector(name: string, spec: Partial<Connector['spec']>): Connector {
  return { metadata: { name, namespace: 'team' }, spec: { connectorClassName: 'basic', ...spec } }
}

/** With the Secret of its own name. */
export function withSecret(name: string, address: string): Connector {
  return connector(name, { address, auth: { name: 'basicAuth', secretRef: { name } } })
}

export function basicSecret(name: string, password = canary) {
  const data = { username: btoa('robot'), password: btoa(password) }
  return { metadata: { name, namespace: 'team' }, type: 'kubernetes.io/basic-auth', data }
}

/** A class, its proxy's Service, and the Connector `tool` with its Secret. */
export async function createTeam(client: KubeClient, tool: Tool): Promise<void> {
  await client.create(services, {
    metadata: { name: 'connectors-proxy-service', namespace: 'connectors-system' },
    spec: { ports: [{ name: 'http', port: 80 }] },
  })
  await client.create(connectorClasses, basicClass())
  await client.create(secrets, basicSecret('tool'))
  await client.create(connectors, withSecret('tool', tool.url))
}
