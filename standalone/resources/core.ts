// The kinds of the core group.
import { admitConfigMap, admitNamespace, admitPod, admitSecret, admitService } from '../admission.ts'
import { nameColumn } from '../kinds.ts'
import { type Fields, fieldsOf, type KubeObject, listOf } from '../object.ts'
import type { Schema } from '../schema.ts'
import {
  age,
  ago,
  at,
  byKey,
  column,
  condition,
  countOf,
  fields,
  flag,
  free,
  integer,
  list,
  localReference,
  map,
  type Row,
  reference,
  required,
  text,
  time,
  withDefault,
} from './words.ts'

export const coreKinds: readonly Row[] = [
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
