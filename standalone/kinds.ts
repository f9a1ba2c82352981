// Which kinds are served: the built-in table and what the stored CustomResourceDefinitions define.
import { cellAt } from './json-path.ts'
import { type Fields, fieldsOf, type KubeObject, listOf } from './object.ts'
import type { Schema } from './schema.ts'
import { type Cause, resourceName } from './status.ts'
import type { Store } from './store.ts'
import type { User } from './user.ts'

export interface Column {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly description?: string
  /** Above 0: only in wide tables. */
  readonly priority?: number
  readonly cell: (object: KubeObject, nowMs: number) => unknown
}

export interface Admission {
  readonly previous: KubeObject | undefined
  readonly store: Store
  /** Absent for what the server itself writes. */
  readonly user: User | undefined
}

export interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  /** Of the whole object, metadata included. */
  readonly schema: Schema
  readonly columns: readonly Column[]
  readonly hasStatus: boolean
  /** Defined by a CustomResourceDefinition: no strategic merge patches, updates need a resourceVersion. */
  readonly custom: boolean
  /** Whether metadata.generation counts the changes of what is asked for. */
  readonly counted: boolean
  readonly nameRule: 'subdomain' | 'label' | 'segment'
  /** What field selectors may name, besides metadata.name and metadata.namespace. */
  readonly selectable: readonly string[]
  /** A deletion answers with the object rather than with a Status. */
  readonly answersDeleted: boolean
  /** Objects that nobody writes for so long are dropped. */
  readonly lifetimeMs?: number
  /** What only this kind has: completes the draft, refuses it with causes or a StatusError. */
  readonly admit?: (draft: KubeObject, admission: Admission) => Cause[]
}

export const objectVerbs: readonly string[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]

export const definitionsResource = 'customresourcedefinitions.apiextensions.k8s.io'

/** Finds kinds; what a CustomResourceDefinition defines is served as soon as it is stored. */
export class Kinds {
  readonly #builtin: readonly Kind[]
  readonly #store: Store

  constructor(builtin: readonly Kind[], store: Store) {
    this.#builtin = builtin
    this.#store = store
  }

  all(): Kind[] {
    const custom = [...this.#store.list(definitionsResource)].map(kindFromDefinition)
    return [...this.#builtin, ...custom.filter(kind => kind !== undefined)]
  }

  find(group: string, version: string, plural: string): Kind | undefined {
    const kind = this.byResource(resourceName({ group, plural }))
    return kind?.version === version ? kind : undefined
  }

  /** By the name that the store uses, `plural.group`. */
  byResource(resource: string): Kind | undefined {
    const builtin = this.#builtin.find(kind => resourceName(kind) === resource)
    if (builtin !== undefined) return builtin
    const definition = this.#store.get(definitionsResource, '', resource)
    return definition === undefined ? undefined : kindFromDefinition(definition)
  }
}

const fromDefinition = new WeakMap<KubeObject, Kind | undefined>()

function kindFromDefinition(definition: KubeObject): Kind | undefined {
  if (!fromDefinition.has(definition)) fromDefinition.set(definition, readDefinition(definition))
  return fromDefinition.get(definition)
}

function readDefinition(definition: KubeObject): Kind | undefined {
  const spec = fieldsOf(definition['spec'])
  const names = fieldsOf(spec['names'])
  const version = listOf<Fields>(spec['versions']).find(one => one['served'] === true)
  if (version === undefined) return undefined
  const schema = fieldsOf(fieldsOf(version['schema'])['openAPIV3Schema']) as Schema
  const kind = String(names['kind'])
  return {
    group: String(spec['group']),
    version: String(version['name']),
    kind,
    plural: String(names['plural']),
    singular: String(names['singular'] ?? kind.toLowerCase()),
    listKind: String(names['listKind'] ?? `${kind}List`),
    shortNames: listOf<string>(names['shortNames']),
    categories: listOf<string>(names['categories']),
    namespaced: spec['scope'] === 'Namespaced',
    verbs: objectVerbs,
    schema: withMetadata(schema),
    columns: columnsOf(version),
    hasStatus: fieldsOf(version['subresources'])['status'] !== undefined,
    custom: true,
    counted: true,
    nameRule: 'subdomain',
    selectable: listOf<Fields>(version['selectableFields']).map(field => String(field['jsonPath']).slice(1)),
    answersDeleted: false,
  }
}

function columnsOf(version: Fields): Column[] {
  const declared = listOf<Fields>(version['additionalPrinterColumns'])
  const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }
  const columns = declared.length === 0 ? [age] : declared
  return [
    nameColumn,
    ...columns.map(column => {
      const { name, type, format, description, priority, jsonPath } = column as {
        [field: string]: string
      } & { priority?: number }
      return {
        name: String(name),
        type: String(type),
        format: format ?? '',
        description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
        priority: priority ?? 0,
        cell: cellAt(String(jsonPath), String(type)),
      }
    }),
  ]
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object',
  cell: object => object.metadata.name,
}

const text: Schema = { type: 'string' }
const texts: Schema = { type: 'object', additionalProperties: text }
const time: Schema = { type: 'string', format: 'date-time' }

const metadataSchema: Schema = {
  type: 'object',
  description: 'Standard object metadata',
  properties: {
    name: { ...text, description: 'Unique among the objects of a kind (and namespace)' },
    generateName: { ...text, description: 'A prefix: the server completes it to a free name' },
    namespace: { ...text, description: 'The namespace that the object is in' },
    uid: { ...text, description: 'Given by the server, never used twice' },
    resourceVersion: { ...text, description: 'Grows with each write; sent back, it refuses a stale one' },
    generation: { type: 'integer', format: 'int64', description: 'Counts the changes of what is asked for' },
    creationTimestamp: { ...time, nullable: true, description: 'When the object was created' },
    deletionTimestamp: { ...time, nullable: true, description: 'When the object is to be gone' },
    deletionGracePeriodSeconds: {
      type: 'integer',
      format: 'int64',
      description: 'How long the end may take',
    },
    selfLink: { ...text, description: 'No longer set' },
    labels: { ...texts, description: 'Keys and values to select objects by' },
    annotations: { ...texts, description: 'Keys and values that are not selected by' },
    finalizers: { type: 'array', items: text, description: 'Who must act before the object is gone' },
    managedFields: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      description: 'Who set which field; not kept by this server',
    },
    ownerReferences: {
      type: 'array',
      description: 'The objects that this one goes with',
      'x-kubernetes-patch-merge-key': 'uid',
      items: {
        type: 'object',
        required: ['apiVersion', 'kind', 'name', 'uid'],
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
  },
}

/** Every kind's schema has these three, whatever its own says of them. */
export function withMetadata(schema: Schema): Schema {
  return {
    ...schema,
    type: 'object',
    properties: {
      ...schema.properties,
      apiVersion: { ...text, description: 'The group and version of this representation' },
      kind: { ...text, description: 'The kind of the object' },
      metadata: metadataSchema,
    },
  }
}
