// The built-in kinds, one row each: what they are called, what they hold, how they print.
import {
  admitBinding,
  admitConfigMap,
  admitDefinition,
  admitNamespace,
  admitPod,
  admitRole,
  admitSecret,
  admitService,
} from './admission.ts'
import { cellAt } from './json-path.ts'
import { type Column, type Kind, nameColumn, objectVerbs, withMetadata } from './kinds.ts'
import { type Fields, fieldsOf, type KubeObject, listOf } from './object.ts'
import type { Schema } from './schema.ts'

const text = (description = ''): Schema => ({ type: 'string', description })
const integer = (description = ''): Schema => ({ type: 'integer', format: 'int32', description })
const flag = (description = ''): Schema => ({ type: 'boolean', description })
const time = (description = ''): Schema => ({
  type: 'string',
  format: 'date-time',
  nullable: true,
  description,
})
const list = (items: Schema, description = ''): Schema => ({ type: 'array', items, description })
const byKey = (key: string, items: Schema, description = ''): Schema => ({
  ...list(items, description),
  'x-kubernetes-patch-merge-key': key,
})
const map = (values: Schema, description = ''): Schema => ({
  type: 'object',
  additionalProperties: values,
  description,
})
const fields = (properties: { [name: string]: Schema }, description = ''): Schema => ({
  type: 'object',
  properties,
  description,
})
/** Kept as it is: the server has no use for what is inside. */
const free = (description = '', properties: { [name: string]: Schema } = {}): Schema => ({
  type: 'object',
  properties,
  description,
  'x-kubernetes-preserve-unknown-fields': true,
})
const required = (schema: Schema, ...names: string[]): Schema => ({ ...schema, required: names })
const withDefault = (schema: Schema, value: unknown): Schema => ({ ...schema, default: value })

const column = (name: string, cell: Column['cell'], priority = 0): Column => ({
  name,
  type: 'string',
  priority,
  cell,
})
const age = column('Age', cellAt('.metadata.creationTimestamp', 'date'))
const createdAt: Column = {
  name: 'Created At',
  type: 'date',
  cell: object => object.metadata.creationTimestamp,
}
const at = (name: string, path: string, priority = 0) => column(name, cellAt(path, 'string'), priority)
const countOf = (...names: string[]) => {
  return (object: KubeObject) =>
    names.reduce((sum, name) => sum + Object.keys(fieldsOf(object[name])).length, 0)
}
const ago = (...paths: string[]) => {
  const cells = paths.map(path => cellAt(path, 'date'))
  return (object: KubeObject, nowMs: number) =>
    cells.map(cell => cell(object, nowMs)).find(value => value !== null) ?? '<unknown>'
}

interface Row extends Partial<Kind> {
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
  readonly schema: Schema
}

function builtin(row: Row): Kind {
  return {
    group: '',
    version: 'v1',
    singular: row.kind.toLowerCase(),
    listKind: `${row.kind}List`,
    shortNames: [],
    categories: [],
    verbs: objectVerbs,
    hasStatus: false,
    custom: false,
    counted: false,
    nameRule: 'subdomain',
    selectable: [],
    answersDeleted: false,
    ...row,
    columns: [nameColumn, ...(row.columns ?? [age])],
    schema: withMetadata(row.schema),
  }
}

const reference = fields({
  apiVersion: text(),
  kind: text(),
  name: text(),
  namespace: text(),
  uid: text(),
  resourceVersion: text(),
  fieldPath: text(),
})
const localReference = fields({ name: text() })
const condition = free('', { type: text(), status: text(), reason: text(), message: text() })

const core: Row[] = [
  {
    kind: 'Namespace',
    plural: 'namespaces',
    shortNames: ['ns'],
    namespaced: false,
    hasStatus: true,
    nameRule: 'label',
    answersDeleted: true,
    selectable: ['status.phase'],
    columns: [at('Status', '.status.phase'), age],
    admit: admitNamespace,
    schema: {
      description: 'A scope for names and permissions',
      properties: {
        spec: fields({ finalizers: list(text()) }),
        status: fields({ phase: text('Active or Terminating'), conditions: byKey('type', condition) }),
      },
    },
  },
  {
    kind: 'Secret',
    plural: 'secrets',
    namespaced: true,
    selectable: ['type'],
    columns: [at('Type', '.type'), column('Data', countOf('data')), age],
    admit: admitSecret,
    schema: {
      description: 'A small amount of sensitive data',
      properties: {
        type: withDefault(text('What keys the data has; never changes'), 'Opaque'),
        data: map({ type: 'string', format: 'byte' }, 'The values, in base64'),
        stringData: map(text(), 'Values as they are; written into data, never read back'),
        immutable: flag('When true, the data cannot be changed any more'),
      },
    },
  },
  {
    kind: 'ConfigMap',
    plural: 'configmaps',
    shortNames: ['cm'],
    namespaced: true,
    columns: [column('Data', countOf('data', 'binaryData')), age],
    admit: admitConfigMap,
    schema: {
      description: 'Data that is no secret',
      properties: {
        data: map(text(), 'The values'),
        binaryData: map({ type: 'string', format: 'byte' }, 'Values that are no text, in base64'),
        immutable: flag('When true, the data cannot be changed any more'),
      },
    },
  },
  {
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
    namespaced: true,
    answersDeleted: true,
    columns: [column('Secrets', object => listOf(object['secrets']).length), age],
    schema: {
      description: 'An identity for what runs in pods',
      properties: {
        secrets: byKey('name', reference, 'Secrets that its pods may use'),
        imagePullSecrets: byKey('name', localReference, 'Secrets to pull images with'),
        automountServiceAccountToken: flag('Whether pods get a token by default'),
      },
    },
  },
  {
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    namespaced: true,
    hasStatus: true,
    nameRule: 'label',
    answersDeleted: true,
    selectable: ['spec.clusterIP', 'spec.type'],
    columns: [
      at('Type', '.spec.type'),
      column('Cluster-IP', service => fieldsOf(service['spec'])['clusterIP'] ?? '<none>'),
      column('External-IP', service => fieldsOf(service['spec'])['externalName'] ?? '<none>'),
      column('Port(s)', portsOf),
      age,
      column('Selector', service => pairsOf(fieldsOf(service['spec'])['selector']), 1),
    ],
    admit: admitService,
    schema: {
      description: 'A name for the pods (or for the other name) that serve something',
      properties: {
        spec: free('', {
          type: withDefault(
            { ...text(), enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] },
            'ClusterIP',
          ),
          externalName: text('The name that an ExternalName Service stands for'),
          clusterIP: text('The address of the Service'),
          selector: map(text(), 'The labels of the pods that serve'),
          sessionAffinity: withDefault(text(), 'None'),
          ports: byKey(
            'port',
            required(
              fields({
                name: text(),
                port: integer('The port of the Service'),
                protocol: withDefault(text(), 'TCP'),
                targetPort: { 'x-kubernetes-int-or-string': true },
                nodePort: integer(),
                appProtocol: text(),
              }),
              'port',
            ),
          ),
        }),
        status: free(),
      },
    },
  },
  {
    kind: 'Event',
    plural: 'events',
    shortNames: ['ev'],
    namespaced: true,
    lifetimeMs: 3_600_000,
    selectable: [
      ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
        name => `involvedObject.${name}`,
      ),
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
    columns: [
      column('Last Seen', ago('.lastTimestamp', '.eventTime', '.firstTimestamp')),
      at('Type', '.type'),
      at('Reason', '.reason'),
      column('Object', event => {
        const { kind, name } = fieldsOf(event['involvedObject'])
        return `${String(kind ?? '').toLowerCase()}/${name}`
      }),
      at('Subobject', '.involvedObject.fieldPath', 1),
      at('Source', '.source.component', 1),
      at('Message', '.message'),
      column('First Seen', ago('.firstTimestamp', '.eventTime'), 1),
      column('Count', event => String(event['count'] ?? 1), 1),
      { ...nameColumn, priority: 1 },
    ],
    schema: {
      description: 'Something that happened to an object',
      required: ['involvedObject'],
      properties: {
        involvedObject: { ...reference, description: 'The object' },
        related: reference,
        reason: text('Why, in one word'),
        message: text('What, for people'),
        type: text('Normal or Warning'),
        source: fields({ component: text(), host: text() }, 'Who says so'),
        action: text(),
        count: integer('How often it happened'),
        firstTimestamp: time(),
        lastTimestamp: time(),
        eventTime: time(),
        reportingComponent: withDefault(text(), ''),
        reportingInstance: withDefault(text(), ''),
        series: fields({ count: integer(), lastObservedTime: time() }),
      },
    },
  },
  {
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    namespaced: true,
    hasStatus: true,
    answersDeleted: true,
    selectable: [
      'spec.nodeName',
      'spec.serviceAccountName',
      'spec.restartPolicy',
      'status.phase',
      'status.podIP',
    ],
    columns: [
      column('Ready', readyContainers),
      at('Status', '.status.phase'),
      column('Restarts', () => '0'),
      age,
      column('IP', pod => fieldsOf(pod['status'])['podIP'] ?? '<none>', 1),
      column('Node', pod => fieldsOf(pod['spec'])['nodeName'] ?? '<none>', 1),
    ],
    admit: admitPod,
    schema: {
      description: 'Containers that would run together; this server runs none',
      properties: {
        spec: required(
          free('', {
            containers: byKey('name', containerSchema()),
            initContainers: byKey('name', containerSchema()),
            volumes: byKey('name', required(free('', { name: text() }), 'name')),
            imagePullSecrets: byKey('name', localReference),
            serviceAccountName: text(),
            nodeName: text(),
            restartPolicy: withDefault(text(), 'Always'),
          }),
          'containers',
        ),
        status: free('', {
          phase: text('Pending, Running, Succeeded, Failed or Unknown'),
          conditions: byKey('type', condition),
        }),
      },
    },
  },
]

function containerSchema(): Schema {
  return required(
    free('', {
      name: text(),
      image: text(),
      env: byKey('name', required(free('', { name: text() }), 'name')),
      ports: byKey('containerPort', free('', { containerPort: integer() })),
      volumeMounts: byKey(
        'mountPath',
        required(free('', { name: text(), mountPath: text() }), 'name', 'mountPath'),
      ),
    }),
    'name',
  )
}

const rbacGroup = 'rbac.authorization.k8s.io'
const roleSchema = (description: string): Schema => ({
  description,
  properties: {
    rules: list(
      required(
        fields({
          verbs: list(text()),
          apiGroups: list(text()),
          resources: list(text()),
          resourceNames: list(text()),
          nonResourceURLs: list(text()),
        }),
        'verbs',
      ),
      'What is allowed',
    ),
    aggregationRule: free('Roles whose rules would be added; not supported'),
  },
})
const bindingSchema = (description: string): Schema => ({
  description,
  required: ['roleRef'],
  properties: {
    subjects: list(
      required(fields({ kind: text(), apiGroup: text(), name: text(), namespace: text() }), 'kind', 'name'),
      'Who gets the role',
    ),
    roleRef: required(
      fields(
        { apiGroup: withDefault(text(), rbacGroup), kind: text(), name: text() },
        'The role; never changes',
      ),
      'kind',
      'name',
    ),
  },
})
const bindingColumns = [
  column('Role', binding => {
    const { kind, name } = fieldsOf(binding['roleRef'])
    return `${kind}/${name}`
  }),
  age,
  column('Users', subjectsOf('User'), 1),
  column('Groups', subjectsOf('Group'), 1),
  column('ServiceAccounts', subjectsOf('ServiceAccount'), 1),
]

const rbac: Row[] = [
  {
    kind: 'Role',
    plural: 'roles',
    namespaced: true,
    columns: [createdAt],
    admit: admitRole,
    schema: roleSchema('Permissions in one namespace'),
  },
  {
    kind: 'ClusterRole',
    plural: 'clusterroles',
    namespaced: false,
    columns: [createdAt],
    admit: admitRole,
    schema: roleSchema('Permissions in the cluster, or to be bound in a namespace'),
  },
  {
    kind: 'RoleBinding',
    plural: 'rolebindings',
    namespaced: true,
    columns: bindingColumns,
    admit: admitBinding,
    schema: bindingSchema('Gives a role to subjects, in one namespace'),
  },
  {
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    namespaced: false,
    columns: bindingColumns,
    admit: admitBinding,
    schema: bindingSchema('Gives a ClusterRole to subjects, everywhere'),
  },
].map(row => ({ ...row, group: rbacGroup, nameRule: 'segment' }))

const others: Row[] = [
  {
    group: 'coordination.k8s.io',
    kind: 'Lease',
    plural: 'leases',
    namespaced: true,
    columns: [at('Holder', '.spec.holderIdentity'), age],
    schema: {
      description: 'Who holds something, and until when',
      properties: {
        spec: fields({
          holderIdentity: text('Who holds it'),
          leaseDurationSeconds: integer('For how long after the last renewal'),
          acquireTime: time(),
          renewTime: time(),
          leaseTransitions: integer('How often the holder changed'),
          preferredHolder: text(),
          strategy: text(),
        }),
      },
    },
  },
  {
    group: 'storage.k8s.io',
    kind: 'CSIDriver',
    plural: 'csidrivers',
    namespaced: false,
    columns: [
      at('AttachRequired', '.spec.attachRequired'),
      at('PodInfoOnMount', '.spec.podInfoOnMount'),
      at('StorageCapacity', '.spec.storageCapacity'),
      column('TokenRequests', driver => {
        const requests = listOf<Fields>(fieldsOf(driver['spec'])['tokenRequests'])
        return requests.map(request => request['audience']).join(',') || '<unset>'
      }),
      at('RequiresRepublish', '.spec.requiresRepublish'),
      column('Modes', driver => listOf(fieldsOf(driver['spec'])['volumeLifecycleModes']).join(',')),
      age,
    ],
    schema: {
      description: 'How kubelet treats a CSI driver',
      required: ['spec'],
      properties: {
        spec: fields({
          attachRequired: withDefault(flag(), true),
          podInfoOnMount: withDefault(flag(), false),
          volumeLifecycleModes: withDefault(list(text()), ['Persistent']),
          storageCapacity: withDefault(flag(), false),
          fsGroupPolicy: withDefault(text(), 'ReadWriteOnceWithFSType'),
          requiresRepublish: withDefault(flag(), false),
          seLinuxMount: withDefault(flag(), false),
          nodeAllocatableUpdatePeriodSeconds: integer(),
          tokenRequests: list(
            required(fields({ audience: text(), expirationSeconds: integer() }), 'audience'),
          ),
        }),
      },
    },
  },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
    hasStatus: true,
    counted: true,
    columns: [createdAt],
    admit: admitDefinition,
    schema: {
      description: 'Defines a kind',
      required: ['spec'],
      properties: {
        spec: required(
          fields({
            group: text('The API group of the kind'),
            names: required(
              fields({
                plural: text(),
                singular: text(),
                kind: text(),
                listKind: text(),
                shortNames: list(text()),
                categories: list(text()),
              }),
              'plural',
              'kind',
            ),
            scope: { ...text(), enum: ['Namespaced', 'Cluster'] },
            conversion: withDefault(free('', { strategy: text() }), { strategy: 'None' }),
            preserveUnknownFields: flag(),
            versions: list(
              required(
                fields({
                  name: text(),
                  served: flag(),
                  storage: flag(),
                  deprecated: flag(),
                  deprecationWarning: text(),
                  schema: fields({ openAPIV3Schema: free() }),
                  subresources: fields({ status: free(), scale: free() }),
                  selectableFields: list(fields({ jsonPath: text() })),
                  additionalPrinterColumns: list(
                    required(
                      fields({
                        name: text(),
                        type: text(),
                        format: text(),
                        description: text(),
                        priority: integer(),
                        jsonPath: text(),
                      }),
                      'name',
                      'type',
                      'jsonPath',
                    ),
                  ),
                }),
                'name',
                'served',
                'storage',
              ),
            ),
          }),
          'group',
          'names',
          'scope',
          'versions',
        ),
        status: free(),
      },
    },
  },
]

const review = (group: string, kind: string, namespaced: boolean, description: string): Row => ({
  group,
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced,
  verbs: ['create'],
  schema: { description, properties: { spec: free(), status: free() } },
})

const reviews: Row[] = [
  review('authentication.k8s.io', 'TokenReview', false, 'Whose a token is'),
  review('authentication.k8s.io', 'SelfSubjectReview', false, 'Who asks'),
  review('authorization.k8s.io', 'SubjectAccessReview', false, 'Whether somebody may do something'),
  review('authorization.k8s.io', 'LocalSubjectAccessReview', true, 'The same, in one namespace'),
  review('authorization.k8s.io', 'SelfSubjectAccessReview', false, 'Whether the asker may do something'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview', false, 'What the asker may do in a namespace'),
]

export const builtinKinds: readonly Kind[] = [...core, ...rbac, ...others, ...reviews].map(builtin)

function portsOf(service: KubeObject): string {
  const ports = listOf<Fields>(fieldsOf(service['spec'])['ports'])
  return ports.map(({ port, protocol }) => `${port}/${protocol}`).join(',') || '<none>'
}

function pairsOf(labels: unknown): string {
  const pairs = Object.entries(fieldsOf(labels)).map(([key, value]) => `${key}=${value}`)
  return pairs.join(',') || '<none>'
}

function readyContainers(pod: KubeObject): string {
  const statuses = listOf<Fields>(fieldsOf(pod['status'])['containerStatuses'])
  const ready = statuses.filter(status => status['ready'] === true).length
  return `${ready}/${listOf(fieldsOf(pod['spec'])['containers']).length}`
}

function subjectsOf(kind: string): Column['cell'] {
  return binding =>
    listOf<Fields>(binding['subjects'])
      .filter(subject => subject['kind'] === kind)
      .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : String(name)))
      .join(', ')
}
