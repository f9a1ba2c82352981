// Whether Tekton takes an object for a WorkspaceBinding: it refuses fields that it does not know.
import { isRecord } from './json.ts'
import type { RunProblem } from './run-problem.ts'

type Shape =
  | 'text'
  | 'flag'
  | 'integer'
  | 'quantity'
  | 'textMap'
  | 'anything'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly required?: readonly string[] }

const quantity = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE])?$/

const keyToPath: Shape = { fields: { key: 'text', path: 'text', mode: 'integer' } }
const keyed = { items: { list: keyToPath }, optional: 'flag' } as const
const reference: Shape = { fields: { name: 'text', apiGroup: 'text', kind: 'text', namespace: 'text' } }
const selector: Shape = {
  fields: {
    matchLabels: 'textMap',
    matchExpressions: { list: { fields: { key: 'text', operator: 'text', values: { list: 'text' } } } },
  },
}
const quantities: Shape = { map: 'quantity' }
const downward: Shape = {
  list: {
    fields: {
      path: 'text',
      mode: 'integer',
      fieldRef: { fields: { apiVersion: 'text', fieldPath: 'text' } },
      resourceFieldRef: { fields: { containerName: 'text', resource: 'text', divisor: 'quantity' } },
    },
  },
}

/** Exactly one of these must be there. */
const sources: Readonly<Record<string, Shape>> = {
  volumeClaimTemplate: {
    fields: {
      apiVersion: 'text',
      kind: 'text',
      metadata: {
        fields: {
          name: 'text',
          generateName: 'text',
          namespace: 'text',
          labels: 'textMap',
          annotations: 'textMap',
          // What an API server writes into an object that somebody copied.
          creationTimestamp: 'anything',
        },
      },
      spec: {
        fields: {
          accessModes: { list: 'text' },
          selector,
          resources: { fields: { requests: quantities, limits: quantities } },
          volumeName: 'text',
          storageClassName: 'text',
          volumeMode: 'text',
          dataSource: reference,
          dataSourceRef: reference,
          volumeAttributesClassName: 'text',
        },
      },
      status: 'anything',
    },
  },
  persistentVolumeClaim: { fields: { claimName: 'text', readOnly: 'flag' }, required: ['claimName'] },
  emptyDir: { fields: { medium: 'text', sizeLimit: 'quantity' } },
  configMap: { fields: { name: 'text', defaultMode: 'integer', ...keyed }, required: ['name'] },
  secret: { fields: { secretName: 'text', defaultMode: 'integer', ...keyed }, required: ['secretName'] },
  projected: {
    fields: {
      defaultMode: 'integer',
      sources: {
        list: {
          fields: {
            secret: { fields: { name: 'text', ...keyed } },
            configMap: { fields: { name: 'text', ...keyed } },
            downwardAPI: { fields: { items: downward } },
            serviceAccountToken: { fields: { audience: 'text', expirationSeconds: 'integer', path: 'text' } },
            clusterTrustBundle: {
              fields: {
                name: 'text',
                signerName: 'text',
                labelSelector: selector,
                optional: 'flag',
                path: 'text',
              },
            },
          },
        },
      },
    },
    required: ['sources'],
  },
  csi: {
    fields: {
      driver: 'text',
      readOnly: 'flag',
      fsType: 'text',
      volumeAttributes: 'textMap',
      nodePublishSecretRef: { fields: { name: 'text' } },
    },
    required: ['driver'],
  },
}

const binding: Shape = { fields: { subPath: 'text', ...sources } }

/** A binding without its name, which the run gives it. */
export function checkBinding(value: unknown, field: string): readonly RunProblem[] {
  const problems = checkShape(value, binding, field)
  if (!isRecord(value)) return problems
  const used = Object.keys(sources).filter(source => isSet(value[source]))
  const names = Object.keys(sources).join(', ')
  if (used.length === 0) problems.push({ field, reason: 'Required', message: `must have one of ${names}` })
  if (used.length > 1) {
    problems.push({ field, reason: 'Invalid', message: `must have one source, not ${used.join(' and ')}` })
  }
  return problems
}

function checkShape(value: unknown, shape: Shape, field: string): RunProblem[] {
  const wrong = (what: string): RunProblem[] => [{ field, reason: 'InvalidType', message: `must be ${what}` }]
  switch (shape) {
    case 'anything':
      return []
    case 'text':
      return typeof value === 'string' ? [] : wrong('a string')
    case 'flag':
      return typeof value === 'boolean' ? [] : wrong('true or false')
    case 'integer':
      return Number.isInteger(value) ? [] : wrong('a whole number')
    case 'quantity':
      return (typeof value === 'string' || typeof value === 'number') && quantity.test(String(value))
        ? []
        : wrong('a quantity such as 1Gi')
    case 'textMap':
      return isRecord(value) && Object.values(value).every(item => typeof item === 'string')
        ? []
        : wrong('a map of strings')
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrong('a list')
    return value.flatMap((item, index) => checkShape(item, shape.list, `${field}[${index}]`))
  }
  if (!isRecord(value)) return wrong('an object')
  if ('map' in shape) {
    return Object.entries(value).flatMap(([key, item]) => checkShape(item, shape.map, `${field}[${key}]`))
  }
  const { fields, required = [] } = shape
  const problems = Object.entries(value).flatMap(([key, item]) => {
    const inner = Object.hasOwn(fields, key) ? fields[key] : undefined
    const place = `${field}.${key}`
    if (inner === undefined)
      return [{ field: place, reason: 'Invalid', message: 'is no field of a workspace binding' } as const]
    return isSet(item) ? checkShape(item, inner, place) : []
  })
  for (const key of required) {
    if (isEmpty(value[key]))
      problems.push({ field: `${field}.${key}`, reason: 'Required', message: 'must be set' })
  }
  return problems
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null
}

function isEmpty(value: unknown): boolean {
  return !isSet(value) || value === '' || (Array.isArray(value) && value.length === 0)
}
