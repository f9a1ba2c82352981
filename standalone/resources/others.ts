// Leases, drivers, definitions, and the reviews, which are asked and not kept.
import { admitDefinition } from '../admission.ts'
import { type Fields, fieldsOf, listOf } from '../object.ts'
import {
  age,
  at,
  column,
  createdAt,
  fields,
  flag,
  free,
  integer,
  list,
  type Row,
  required,
  text,
  time,
  withDefault,
} from './words.ts'

export const otherKinds: readonly Row[] = [
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

export const reviewKinds: readonly Row[] = [
  review('authentication.k8s.io', 'TokenReview', false, 'Whose a token is'),
  review('authentication.k8s.io', 'SelfSubjectReview', false, 'Who asks'),
  review('authorization.k8s.io', 'SubjectAccessReview', false, 'Whether somebody may do something'),
  review('authorization.k8s.io', 'LocalSubjectAccessReview', true, 'The same, in one namespace'),
  review('authorization.k8s.io', 'SelfSubjectAccessReview', false, 'Whether the asker may do something'),
  review('authorization.k8s.io', 'SelfSubjectRulesReview', false, 'What the asker may do in a namespace'),
]
