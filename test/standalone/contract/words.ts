// The words of the contract: calls, what is expected of the answers, and the kind that they are about.

export interface Step {
  /** `METHOD path`; `{name}` stands for a saved value, `{ns}` for the section's own namespace. */
  readonly call: string
  readonly body?: unknown
  readonly type?: string
  readonly accept?: string
  readonly status: number
  /** What the body must contain; a RegExp is matched, `absent` must not be there. */
  readonly has?: unknown
  /** What the lines of a watch must contain, in order. */
  readonly lines?: readonly unknown[]
  readonly warning?: RegExp
  /** Saved value -> where it is in the body, as `metadata.uid`. */
  readonly save?: { readonly [name: string]: string }
  /** Who calls: a saved token; the administrator when absent, nobody when ''. */
  readonly token?: string
  /** Not the answer of one moment: asked again until it fits (controllers of a cluster take a while). */
  readonly eventually?: boolean
}

export interface Section {
  readonly name: string
  readonly steps: readonly Step[]
}

export const absent = Symbol('absent')

export const mergePatch = 'application/merge-patch+json'
export const jsonPatch = 'application/json-patch+json'
export const strategicPatch = 'application/strategic-merge-patch+json'
export const widgets = '/apis/contract.test/v1/namespaces/{ns}/widgets'
export const secrets = '/api/v1/namespaces/{ns}/secrets'
export const configMaps = '/api/v1/namespaces/{ns}/configmaps'

/** The kind that the sections use; it is there before they run. */
export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.test' },
  spec: {
    group: 'contract.test',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Mode', type: 'string', priority: 1, jsonPath: '.spec.mode' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            'x-kubernetes-validations': [
              {
                rule: '!has(oldSelf.spec.once) || (has(self.spec.once) && self.spec.once == oldSelf.spec.once)',
                message: 'is set once',
                fieldPath: '.spec.once',
              },
            ],
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                'x-kubernetes-validations': [
                  {
                    rule: '!has(self.low) || self.low + 1 <= self.size',
                    fieldPath: '.low',
                    reason: 'FieldValueForbidden',
                  },
                ],
                properties: {
                  size: { type: 'integer', minimum: 1, maximum: 9 },
                  mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
                  low: { type: 'integer' },
                  once: { type: 'string', maxLength: 20 },
                  fixed: {
                    type: 'string',
                    maxLength: 20,
                    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is fixed' }],
                  },
                  url: { type: 'string', pattern: '^https?://', maxLength: 20 },
                  any: { 'x-kubernetes-preserve-unknown-fields': true },
                  port: { 'x-kubernetes-int-or-string': true },
                  tags: { type: 'object', additionalProperties: { type: 'string' } },
                  nested: { type: 'object', properties: { deep: { type: 'boolean', default: true } } },
                  items: {
                    type: 'array',
                    maxItems: 2,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string' }, role: { type: 'string', maxLength: 20 } },
                      'x-kubernetes-validations': [
                        {
                          rule: '!has(oldSelf.role) || self.role == oldSelf.role',
                          message: 'keeps its role',
                        },
                      ],
                    },
                  },
                },
              },
              status: {
                type: 'object',
                properties: {
                  conditions: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['type', 'status'],
                      properties: { type: { type: 'string' }, status: { type: 'string' } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

export function widget(name: string, spec: unknown = { size: 1 }, more: object = {}) {
  return { apiVersion: 'contract.test/v1', kind: 'Widget', metadata: { name }, spec, ...more }
}

export function causes(...fields: readonly (readonly [reason: string, field: string])[]) {
  return { reason: 'Invalid', details: { causes: fields.map(([reason, field]) => ({ reason, field })) } }
}

/** Of the rules, which are not asked while the object is not what they expect. */
export const unchecked = ['FieldValueInvalid', '<nil>'] as const
