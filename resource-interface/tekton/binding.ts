// Whether Tekton takes an object for a WorkspaceBinding: it refuses fields that it does not know.
import type { Problem } from '../problem.ts'
import { isAbsent, isFields } from '../reader.ts'
import { checkShape, type Shape } from './shape.ts'

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
export function checkBinding(value: unknown, field: string): readonly Problem[] {
  const problems = checkShape(value, binding, field)
  if (!isFields(value)) return problems
  const used = Object.keys(sources).filter(source => !isAbsent(value[source]))
  const names = Object.keys(sources).join(', ')
  if (used.length === 0) problems.push({ field, reason: 'Required', message: `must have one of ${names}` })
  if (used.length > 1) {
    problems.push({ field, reason: 'Invalid', message: `must have one source, not ${used.join(' and ')}` })
  }
  return problems
}
