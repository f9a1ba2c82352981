// What Kubernetes 1.34 answers: one table of calls that is run against the embedded control plane, and
// against a real API server when there is one.

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

const mergePatch = 'application/merge-patch+json'
const jsonPatch = 'application/json-patch+json'
const strategicPatch = 'application/strategic-merge-patch+json'
const widgets = '/apis/contract.test/v1/namespaces/{ns}/widgets'
const secrets = '/api/v1/namespaces/{ns}/secrets'
const configMaps = '/api/v1/namespaces/{ns}/configmaps'

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
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 1, maximum: 9 },
                  mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
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
                    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
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

function widget(name: string, spec: unknown = { size: 1 }, more: object = {}) {
  return { apiVersion: 'contract.test/v1', kind: 'Widget', metadata: { name }, spec, ...more }
}

function causes(...fields: readonly [reason: string, field: string][]) {
  return { reason: 'Invalid', details: { causes: fields.map(([reason, field]) => ({ reason, field })) } }
}

export const contract: readonly Section[] = [
  {
    name: 'objects are created, read, changed and deleted',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('w'),
        status: 201,
        has: {
          apiVersion: 'contract.test/v1',
          kind: 'Widget',
          metadata: { name: 'w', namespace: '{ns}', generation: 1, uid: /.{36}/, resourceVersion: /^\d+$/ },
        },
        save: { uid: 'metadata.uid', rv: 'metadata.resourceVersion' },
      },
      { call: `POST ${widgets}`, body: widget('w'), status: 409, has: { reason: 'AlreadyExists' } },
      {
        call: `GET ${widgets}/none`,
        status: 404,
        has: {
          kind: 'Status',
          reason: 'NotFound',
          message: 'widgets.contract.test "none" not found',
          details: { name: 'none', group: 'contract.test', kind: 'widgets' },
        },
      },
      { call: `GET ${widgets}/w`, status: 200, has: { metadata: { uid: '{uid}', resourceVersion: '{rv}' } } },
      {
        call: `PUT ${widgets}/w`,
        body: widget('w'),
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.resourceVersion']),
      },
      {
        call: `PUT ${widgets}/w`,
        body: { ...widget('w', { size: 2 }), metadata: { name: 'w', resourceVersion: '{rv}' } },
        status: 200,
        has: { spec: { size: 2 }, metadata: { generation: 2 } },
      },
      {
        call: `PUT ${widgets}/w`,
        body: { ...widget('w', { size: 3 }), metadata: { name: 'w', resourceVersion: '{rv}' } },
        status: 409,
        has: {
          reason: 'Conflict',
          message:
            'Operation cannot be fulfilled on widgets.contract.test "w": the object has been modified; please apply your changes to the latest version and try again',
        },
      },
      {
        call: `PUT ${widgets}/w`,
        body: widget('other'),
        status: 400,
        has: { message: 'the name of the object (other) does not match the name on the URL (w)' },
      },
      { call: `PUT ${widgets}`, body: widget('w'), status: 400, has: { message: 'name must be provided' } },
      {
        call: `DELETE ${widgets}/w`,
        body: { preconditions: { uid: 'other' } },
        status: 409,
        has: { reason: 'Conflict', message: /UID in the precondition/ },
      },
      {
        call: `DELETE ${widgets}/w`,
        body: { propagationPolicy: 'Whenever' },
        status: 422,
        has: causes(['FieldValueNotSupported', 'propagationPolicy']),
      },
      {
        call: `DELETE ${widgets}/w`,
        status: 200,
        has: { kind: 'Status', status: 'Success', details: { name: 'w', kind: 'widgets', uid: '{uid}' } },
      },
      { call: `DELETE ${widgets}/w`, status: 404 },
    ],
  },
  {
    name: 'names and places are checked',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('A_b'),
        status: 422,
        has: { ...causes(['FieldValueInvalid', 'metadata.name']), message: /lowercase RFC 1123 subdomain/ },
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget(''), metadata: {} },
        status: 422,
        has: causes(['FieldValueRequired', 'metadata.name']),
      },
      {
        call: `POST ${configMaps}`,
        body: { metadata: { generateName: 'gen-' } },
        status: 201,
        has: { metadata: { name: /^gen-.{5}$/, generateName: 'gen-' } },
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), metadata: { name: 'w', namespace: 'other' } },
        status: 400,
        has: {
          message: 'the namespace of the provided object does not match the namespace sent on the request',
        },
      },
      {
        call: 'POST /apis/contract.test/v1/namespaces/never-made/widgets',
        body: widget('w'),
        status: 404,
        has: { message: 'namespaces "never-made" not found' },
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), metadata: { name: 'w', labels: { 'a b': 'c' } } },
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.labels']),
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), metadata: { name: 'w', labels: { a: 'not ok' } } },
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.labels']),
      },
      {
        call: 'POST /api/v1/namespaces',
        body: { metadata: { name: 'dots.are.not.labels' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'metadata.name']),
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('w'), kind: 'Gadget' },
        status: 422,
        has: { message: /must be Widget/ },
      },
      { call: 'GET /apis/contract.test/v2/namespaces/{ns}/widgets', status: 404 },
      { call: 'GET /apis/contract.test/v1/namespaces/{ns}/gadgets', status: 404 },
      { call: 'GET /nothing/here', status: 404 },
    ],
  },
  {
    name: 'schemas: defaults, pruning, violations',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('w', {
          size: 1,
          nested: {},
          gone: 1,
          any: { kept: [1, null] },
          port: 'http',
          url: null,
        }),
        status: 201,
        has: {
          spec: {
            mode: 'a',
            nested: { deep: true },
            gone: absent,
            url: absent,
            any: { kept: [1, null] },
            port: 'http',
          },
        },
        warning: /unknown field \\?"spec.gone/,
      },
      {
        call: `POST ${widgets}?fieldValidation=Strict`,
        body: { ...widget('x', { size: 1, gone: 1 }), metadata: { name: 'x', odd: 1 } },
        status: 400,
        has: {
          reason: 'BadRequest',
          message:
            'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.odd", unknown field "spec.gone"',
        },
      },
      {
        call: `POST ${secrets}?fieldValidation=Strict`,
        body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, odd: 1 },
        status: 400,
        has: {
          message:
            'Secret in version "v1" cannot be handled as a Secret: strict decoding error: unknown field "odd"',
        },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: '1' }),
        status: 422,
        has: {
          details: {
            causes: [
              {
                reason: 'FieldValueTypeInvalid',
                field: 'spec.size',
                message: 'Invalid value: "string": spec.size in body must be of type integer: "string"',
              },
            ],
          },
        },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', {}),
        status: 422,
        has: { message: 'Widget.contract.test "x" is invalid: spec.size: Required value' },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 12 }),
        status: 422,
        has: { message: /spec.size: Invalid value: 12: spec.size in body should be less than or equal to 9/ },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, mode: 'z' }),
        status: 422,
        has: { message: /spec.mode: Unsupported value: "z": supported values: "a", "b"/ },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, url: 'ftp://x' }),
        status: 422,
        has: { message: /spec.url in body should match '\^https\?:\/\/'/ },
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, url: 'https://a.very.long.host.example' }),
        status: 422,
        has: causes(['FieldValueTooLong', 'spec.url']),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, tags: { a: 1 } }),
        status: 422,
        has: causes(['FieldValueTypeInvalid', 'spec.tags.a']),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, items: [{ name: 'a' }, { name: 'a' }] }),
        status: 422,
        has: causes(['FieldValueDuplicate', 'spec.items[1]']),
      },
      {
        call: `POST ${widgets}`,
        body: widget('x', { size: 1, items: [{}] }),
        status: 422,
        has: causes(['FieldValueRequired', 'spec.items[0].name']),
      },
      { call: `POST ${secrets}`, body: { metadata: { name: 'x' }, type: 5 }, status: 400 },
      { call: `POST ${secrets}`, body: { metadata: { name: 'x' }, data: { a: '?' } }, status: 400 },
      { call: `POST ${secrets}`, body: '{nope', status: 400, has: { reason: 'BadRequest' } },
    ],
  },
  {
    name: 'the status is a resource of its own',
    steps: [
      {
        call: `POST ${widgets}`,
        body: widget('w', { size: 1 }, { status: { conditions: [] } }),
        status: 201,
        has: { status: absent },
        save: { rv: 'metadata.resourceVersion' },
      },
      {
        call: `PUT ${widgets}/w/status`,
        body: {
          ...widget('w', { size: 5 }, { status: { conditions: [{ type: 'Ready', status: 'True' }] } }),
          metadata: { name: 'w', resourceVersion: '{rv}', labels: { a: 'b' } },
        },
        status: 200,
        has: {
          spec: { size: 1 },
          metadata: { generation: 1, labels: absent },
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { spec: { size: 2 }, status: { conditions: null }, metadata: { labels: { a: 'b' } } },
        status: 200,
        has: {
          spec: { size: 2 },
          metadata: { generation: 2, labels: { a: 'b' } },
          status: { conditions: [{ type: 'Ready' }] },
        },
        save: { rv: 'metadata.resourceVersion' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { spec: { size: 2 } },
        status: 200,
        has: { metadata: { generation: 2, resourceVersion: '{rv}' } },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { labels: { c: 'd' } } },
        status: 200,
        has: { metadata: { generation: 2 } },
      },
      {
        call: `PATCH ${widgets}/w/status`,
        type: mergePatch,
        body: { status: { conditions: [{ type: 'Ready' }] } },
        status: 422,
        has: causes(['FieldValueRequired', 'status.conditions[0].status']),
      },
      {
        call: `GET ${widgets}/w/status`,
        status: 200,
        has: { kind: 'Widget', status: { conditions: [{ type: 'Ready' }] } },
      },
      { call: `GET ${widgets}/w/scale`, status: 404 },
    ],
  },
  {
    name: 'patches',
    steps: [
      { call: `POST ${widgets}`, body: widget('w', { size: 1, tags: { a: '1', b: '2' } }), status: 201 },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { spec: { tags: { a: null, c: '3' } } },
        status: 200,
        has: { spec: { tags: { a: absent, b: '2', c: '3' } } },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: jsonPatch,
        body: [{ op: 'replace', path: '/spec/size', value: 4 }],
        status: 200,
        has: { spec: { size: 4 } },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: jsonPatch,
        body: [{ op: 'test', path: '/spec/size', value: 5 }],
        status: 422,
        has: { reason: 'Invalid' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: strategicPatch,
        body: { spec: { size: 2 } },
        status: 415,
        has: { reason: 'UnsupportedMediaType' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { resourceVersion: '1' } },
        status: 409,
        has: { reason: 'Conflict' },
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { name: 'x' } },
        status: 400,
      },
      {
        call: `PATCH ${widgets}/w`,
        type: mergePatch,
        body: { metadata: { uid: 'x' } },
        status: 422,
      },
      { call: `PATCH ${widgets}/none`, type: mergePatch, body: {}, status: 404 },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }, { name: 'b', port: 81 }] } },
        status: 422,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: {
          metadata: { name: 's' },
          spec: {
            ports: [
              { name: 'a', port: 80 },
              { name: 'b', port: 81 },
            ],
          },
        },
        status: 201,
        has: { spec: { type: 'ClusterIP', ports: [{ protocol: 'TCP', targetPort: 80 }, { port: 81 }] } },
      },
      {
        call: 'PATCH /api/v1/namespaces/{ns}/services/s',
        type: strategicPatch,
        body: {
          spec: {
            ports: [
              { port: 81, name: 'c' },
              { $patch: 'delete', port: 80 },
            ],
          },
        },
        status: 200,
        has: { spec: { ports: [{ port: 81, name: 'c', protocol: 'TCP' }] } },
      },
    ],
  },
  {
    name: 'lists select, page and carry a revision',
    steps: [
      {
        call: `POST ${widgets}`,
        body: { ...widget('a'), metadata: { name: 'a', labels: { app: 'x', tier: '1' } } },
        status: 201,
      },
      {
        call: `POST ${widgets}`,
        body: { ...widget('b'), metadata: { name: 'b', labels: { app: 'y' } } },
        status: 201,
      },
      { call: `POST ${widgets}`, body: widget('c'), status: 201 },
      {
        call: `GET ${widgets}`,
        status: 200,
        has: {
          kind: 'WidgetList',
          apiVersion: 'contract.test/v1',
          metadata: { resourceVersion: /^\d+$/ },
          items: ['a', 'b', 'c'].map(name => ({ metadata: { name } })),
        },
      },
      ...(
        [
          ['labelSelector=app%3Dx', ['a']],
          ['labelSelector=app', ['a', 'b']],
          ['labelSelector=!app', ['c']],
          ['labelSelector=app!%3Dx', ['b', 'c']],
          ['labelSelector=app%20in%20(x,y),tier', ['a']],
          ['labelSelector=app%20notin%20(x)', ['b', 'c']],
          ['fieldSelector=metadata.name%3Db', ['b']],
          ['fieldSelector=metadata.name!%3Db,metadata.namespace%3D{ns}', ['a', 'c']],
        ] as const
      ).map(([query, names]) => ({
        call: `GET ${widgets}?${query}`,
        status: 200,
        has: { items: names.map(name => ({ metadata: { name } })) },
      })),
      {
        call: `GET ${widgets}?labelSelector=a%20in%20b`,
        status: 400,
        has: { message: /^unable to parse requirement/ },
      },
      {
        call: `GET ${widgets}?fieldSelector=spec.size%3D1`,
        status: 400,
        has: { message: 'field label not supported: spec.size' },
      },
      {
        call: `GET ${widgets}?limit=2`,
        status: 200,
        has: { items: [{}, {}], metadata: { continue: /./, remainingItemCount: 1 } },
        save: { continue: 'metadata.continue' },
      },
      {
        call: `GET ${widgets}?limit=2&continue={continue}`,
        status: 200,
        has: { items: [{ metadata: { name: 'c' } }], metadata: { remainingItemCount: absent } },
      },
      { call: `GET ${widgets}?continue=xx`, status: 400 },
      {
        call: `GET ${widgets}?resourceVersion=99999999999`,
        status: 504,
        has: { reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } },
      },
      {
        call: `DELETE ${widgets}?labelSelector=app`,
        status: 200,
        has: { items: [{}, {}] },
      },
      { call: `GET ${widgets}`, status: 200, has: { items: [{ metadata: { name: 'c' } }] } },
      { call: `POST ${secrets}`, body: { metadata: { name: 'opaque' } }, status: 201 },
      {
        call: `POST ${secrets}`,
        body: {
          metadata: { name: 'basic' },
          type: 'kubernetes.io/basic-auth',
          stringData: { password: 'p' },
        },
        status: 201,
      },
      {
        call: `GET ${secrets}?fieldSelector=type%3Dkubernetes.io/basic-auth`,
        status: 200,
        has: { items: [{ metadata: { name: 'basic' } }] },
      },
    ],
  },
  {
    name: 'watches start at a revision and follow selectors',
    steps: [
      {
        call: `POST ${widgets}`,
        body: { ...widget('a'), metadata: { name: 'a', labels: { app: 'x' } } },
        status: 201,
        save: { rv: 'metadata.resourceVersion' },
      },
      {
        call: `PATCH ${widgets}/a`,
        type: mergePatch,
        body: { spec: { size: 2 } },
        status: 200,
      },
      {
        call: `PATCH ${widgets}/a`,
        type: mergePatch,
        body: { metadata: { labels: { app: 'y' } } },
        status: 200,
      },
      { call: `POST ${widgets}`, body: widget('b'), status: 201 },
      { call: `DELETE ${widgets}/b`, status: 200 },
      {
        call: `GET ${widgets}?watch=true&resourceVersion={rv}&timeoutSeconds=1`,
        status: 200,
        lines: [
          { type: 'MODIFIED', object: { kind: 'Widget', spec: { size: 2 } } },
          { type: 'MODIFIED', object: { metadata: { labels: { app: 'y' } } } },
          { type: 'ADDED', object: { metadata: { name: 'b' } } },
          { type: 'DELETED', object: { metadata: { name: 'b' } } },
        ],
      },
      {
        call: `GET ${widgets}?watch=true&resourceVersion={rv}&timeoutSeconds=1&labelSelector=app%3Dx`,
        status: 200,
        lines: [
          { type: 'MODIFIED', object: { spec: { size: 2 } } },
          { type: 'DELETED', object: { metadata: { name: 'a' } } },
        ],
      },
      {
        call: `GET ${widgets}?watch=true&resourceVersion=0&timeoutSeconds=1`,
        status: 200,
        lines: [{ type: 'ADDED', object: { metadata: { name: 'a' } } }],
      },
      {
        call: `GET ${widgets}?watch=true&resourceVersion=1&timeoutSeconds=1`,
        status: 200,
        lines: [{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }],
      },
      {
        call: `GET ${widgets}?watch=true&sendInitialEvents=true&timeoutSeconds=1`,
        status: 422,
        has: causes(['FieldValueForbidden', 'resourceVersionMatch']),
      },
    ],
  },
  {
    name: 'tables',
    steps: [
      { call: `POST ${widgets}`, body: widget('w', { size: 3 }), status: 201 },
      {
        call: `GET ${widgets}`,
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
        status: 200,
        has: {
          kind: 'Table',
          apiVersion: 'meta.k8s.io/v1',
          columnDefinitions: [
            { name: 'Name', format: 'name', priority: 0 },
            { name: 'Size', type: 'integer' },
            { name: 'Ready' },
            { name: 'Mode', priority: 1 },
          ],
          rows: [
            {
              cells: ['w', 3, null, 'a'],
              object: { kind: 'PartialObjectMetadata', metadata: { name: 'w' } },
            },
          ],
        },
      },
      {
        call: `GET ${widgets}/w?includeObject=Object`,
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        status: 200,
        has: { rows: [{ object: { kind: 'Widget', spec: { size: 3 } } }] },
      },
      { call: `GET ${widgets}`, accept: 'text/plain', status: 406, has: { reason: 'NotAcceptable' } },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, stringData: { a: 'b', c: 'd' } },
        status: 201,
        has: { type: 'Opaque', data: { a: 'Yg==', c: 'ZA==' }, stringData: absent },
      },
      {
        call: `GET ${secrets}/s`,
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        status: 200,
        has: { rows: [{ cells: ['s', 'Opaque', 2, /^\d+s$/] }] },
      },
    ],
  },
  {
    name: 'what built-in kinds insist on',
    steps: [
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, type: 'kubernetes.io/basic-auth' },
        status: 422,
        has: causes(['FieldValueRequired', 'data[username]'], ['FieldValueRequired', 'data[password]']),
      },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, type: 'kubernetes.io/ssh-auth' },
        status: 422,
        has: causes(['FieldValueRequired', 'data[ssh-privatekey]']),
      },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, stringData: { 'a/b': 'c' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'data[a/b]']),
      },
      {
        call: `POST ${secrets}`,
        body: { metadata: { name: 's' }, immutable: true, stringData: { a: 'b' } },
        status: 201,
      },
      {
        call: `PATCH ${secrets}/s`,
        type: mergePatch,
        body: { stringData: { a: 'c' } },
        status: 422,
        has: causes(['FieldValueForbidden', 'data']),
      },
      { call: `POST ${secrets}`, body: { metadata: { name: 't' } }, status: 201 },
      {
        call: `PATCH ${secrets}/t`,
        type: mergePatch,
        body: { type: 'other' },
        status: 422,
        has: causes(['FieldValueInvalid', 'type']),
      },
      {
        call: `POST ${configMaps}`,
        body: { metadata: { name: 'c' }, data: { 'a b': 'c' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'data[a b]']),
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: { metadata: { name: 'x' }, spec: { type: 'ExternalName', externalName: 'proxy.system.svc' } },
        status: 201,
        has: { spec: { type: 'ExternalName', externalName: 'proxy.system.svc' } },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/services',
        body: { metadata: { name: 'has.dots' }, spec: { ports: [{ port: 80 }] } },
        status: 422,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: { metadata: { name: 'p' }, spec: {} },
        status: 422,
        has: causes(['FieldValueRequired', 'spec.containers']),
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: {
          metadata: { name: 'p' },
          spec: { serviceAccountName: 'none', containers: [{ name: 'c', image: 'i' }] },
        },
        status: 403,
        has: { reason: 'Forbidden' },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/serviceaccounts/default',
        status: 200,
        eventually: true,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
        status: 201,
        has: { spec: { serviceAccountName: 'default' }, status: { phase: 'Pending' } },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/pods?fieldSelector=spec.nodeName%3Dn1',
        status: 200,
        has: { items: [] },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/pods?fieldSelector=spec.serviceAccountName%3Ddefault',
        status: 200,
        has: { items: [{ metadata: { name: 'p' } }] },
      },
      { call: 'DELETE /api/v1/namespaces/default', status: 403, has: { reason: 'Forbidden' } },
      {
        call: 'POST /apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
        body: {
          metadata: { name: 'l' },
          spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.123456Z' },
        },
        status: 201,
        has: { spec: { renewTime: '2026-01-01T00:00:00.123456Z' } },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/events',
        body: {
          metadata: { name: 'e' },
          involvedObject: { kind: 'Widget', name: 'w', namespace: '{ns}', uid: '1-2' },
          reason: 'R',
          type: 'Warning',
        },
        status: 201,
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name%3Dw,involvedObject.uid%3D1-2,involvedObject.kind%3DWidget',
        status: 200,
        has: { items: [{ metadata: { name: 'e' } }] },
      },
      {
        call: 'GET /api/v1/namespaces/{ns}/events?fieldSelector=type%3DNormal,reason%3DR',
        status: 200,
        has: { items: [] },
      },
    ],
  },
  {
    name: 'what is owned goes with its owner',
    steps: [
      { call: `POST ${widgets}`, body: widget('owner'), status: 201, save: { uid: 'metadata.uid' } },
      {
        call: `POST ${configMaps}`,
        body: {
          metadata: {
            name: 'owned',
            ownerReferences: [
              { apiVersion: 'contract.test/v1', kind: 'Widget', name: 'owner', uid: '{uid}' },
            ],
          },
        },
        status: 201,
      },
      {
        call: `POST ${configMaps}`,
        body: {
          metadata: {
            name: 'broken',
            ownerReferences: [{ apiVersion: 'contract.test/v1', kind: 'Widget', name: 'owner' }],
          },
        },
        status: 422,
      },
      { call: `DELETE ${widgets}/owner`, status: 200 },
      { call: `GET ${configMaps}/owned`, status: 404, eventually: true },
      { call: `POST ${widgets}`, body: widget('owner'), status: 201, save: { uid: 'metadata.uid' } },
      {
        call: `POST ${configMaps}`,
        body: {
          metadata: {
            name: 'orphan',
            ownerReferences: [
              { apiVersion: 'contract.test/v1', kind: 'Widget', name: 'owner', uid: '{uid}' },
            ],
          },
        },
        status: 201,
      },
    ],
  },
  {
    name: 'a namespace takes its objects along',
    steps: [
      { call: 'POST /api/v1/namespaces', body: { metadata: { name: '{ns}-gone' } }, status: 201 },
      {
        call: 'GET /api/v1/namespaces/{ns}-gone',
        status: 200,
        has: {
          metadata: { labels: { 'kubernetes.io/metadata.name': '{ns}-gone' } },
          status: { phase: 'Active' },
        },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}-gone/configmaps',
        body: { metadata: { name: 'c' } },
        status: 201,
      },
      {
        call: 'DELETE /api/v1/namespaces/{ns}-gone',
        status: 200,
        has: { kind: 'Namespace', status: { phase: 'Terminating' } },
      },
      { call: 'GET /api/v1/namespaces/{ns}-gone', status: 404, eventually: true },
      { call: 'GET /api/v1/namespaces/{ns}-gone/configmaps/c', status: 404 },
    ],
  },
  {
    name: 'who is who: anonymous, wrong tokens, ServiceAccounts',
    steps: [
      {
        call: 'GET /api/v1/namespaces',
        token: '',
        status: 403,
        has: {
          message:
            'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope',
        },
      },
      { call: 'GET /version', token: '', status: 200, has: { major: '1', minor: '34' } },
      { call: 'GET /apis', token: '', status: 403 },
      { call: 'GET /api/v1/namespaces', token: 'nonsense', status: 401, has: { reason: 'Unauthorized' } },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts',
        body: { metadata: { name: 'sa' } },
        status: 201,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: {} },
        status: 201,
        has: {
          kind: 'TokenRequest',
          spec: { expirationSeconds: 3600 },
          status: { expirationTimestamp: /Z$/ },
        },
        save: { token: 'status.token' },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { expirationSeconds: 60 } },
        status: 422,
        has: causes(['FieldValueInvalid', 'spec.expirationSeconds']),
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/none/token',
        body: { spec: {} },
        status: 404,
      },
      {
        call: `GET ${secrets}`,
        token: '{token}',
        status: 403,
        has: {
          message:
            'secrets is forbidden: User "system:serviceaccount:{ns}:sa" cannot list resource "secrets" in API group "" in the namespace "{ns}"',
        },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews',
        body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
        token: '{token}',
        status: 201,
        has: {
          status: {
            userInfo: {
              username: 'system:serviceaccount:{ns}:sa',
              groups: ['system:serviceaccounts', 'system:serviceaccounts:{ns}', 'system:authenticated'],
            },
          },
        },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { audiences: ['connectors'] } },
        status: 201,
        has: { spec: { audiences: ['connectors'] } },
        save: { other: 'status.token' },
      },
      { call: `GET ${secrets}`, token: '{other}', status: 401 },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}', audiences: ['connectors', 'more'] } },
        status: 201,
        has: {
          status: {
            authenticated: true,
            audiences: ['connectors'],
            user: { username: 'system:serviceaccount:{ns}:sa', uid: /./ },
          },
        },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}', audiences: ['elsewhere'] } },
        status: 201,
        has: { status: { authenticated: absent, error: /./, user: {} } },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}x', audiences: ['connectors'] } },
        status: 201,
        has: { status: { authenticated: absent } },
      },
      {
        call: 'DELETE /api/v1/namespaces/{ns}/serviceaccounts/sa',
        status: 200,
        has: { kind: 'ServiceAccount' },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{other}', audiences: ['connectors'] } },
        status: 201,
        has: { status: { authenticated: absent, error: /./ } },
        eventually: true,
      },
    ],
  },
  {
    name: 'tokens are bound to pods',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts',
        body: { metadata: { name: 'sa' } },
        status: 201,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/pods',
        body: {
          metadata: { name: 'p' },
          spec: { serviceAccountName: 'sa', containers: [{ name: 'c', image: 'i' }] },
        },
        status: 201,
        save: { pod: 'metadata.uid' },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: {
          spec: {
            audiences: ['connectors'],
            boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: '{pod}' },
          },
        },
        status: 201,
        save: { token: 'status.token' },
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'other' } } },
        status: 409,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'none' } } },
        status: 404,
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{token}', audiences: ['connectors'] } },
        status: 201,
        has: {
          status: {
            authenticated: true,
            user: {
              extra: {
                'authentication.kubernetes.io/pod-name': ['p'],
                'authentication.kubernetes.io/pod-uid': ['{pod}'],
              },
            },
          },
        },
      },
      {
        call: 'DELETE /api/v1/namespaces/{ns}/pods/p?gracePeriodSeconds=0',
        status: 200,
        has: { kind: 'Pod' },
      },
      {
        call: 'POST /apis/authentication.k8s.io/v1/tokenreviews',
        body: { spec: { token: '{token}', audiences: ['connectors'] } },
        status: 201,
        has: { status: { authenticated: absent } },
        eventually: true,
      },
    ],
  },
  {
    name: 'permissions are those of RBAC',
    steps: [
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts',
        body: { metadata: { name: 'sa' } },
        status: 201,
      },
      {
        call: 'POST /api/v1/namespaces/{ns}/serviceaccounts/sa/token',
        body: { spec: {} },
        status: 201,
        save: { token: 'status.token' },
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        body: {
          metadata: { name: 'use' },
          rules: [
            {
              apiGroups: ['contract.test'],
              resources: ['widgets/proxy'],
              verbs: ['get'],
              resourceNames: ['w'],
            },
            { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
            { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['create'] },
          ],
        },
        status: 201,
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
        body: {
          metadata: { name: 'use' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'use' },
          subjects: [
            {
              kind: 'Group',
              apiGroup: 'rbac.authorization.k8s.io',
              name: 'system:serviceaccounts:{ns}',
            },
          ],
        },
        status: 201,
      },
      { call: `GET ${configMaps}`, token: '{token}', status: 200, eventually: true },
      { call: `GET ${secrets}`, token: '{token}', status: 403 },
      ...(
        [
          [
            { resource: 'widgets', subresource: 'proxy', verb: 'get', name: 'w', group: 'contract.test' },
            true,
          ],
          [
            { resource: 'widgets', subresource: 'proxy', verb: 'get', name: 'v', group: 'contract.test' },
            false,
          ],
          [{ resource: 'widgets', verb: 'get', name: 'w', group: 'contract.test' }, false],
          [
            { resource: 'widgets', subresource: 'proxy', verb: 'create', name: 'w', group: 'contract.test' },
            false,
          ],
          [{ resource: 'configmaps', verb: 'list', group: '' }, true],
          [{ resource: 'configmaps', verb: 'list', group: 'contract.test' }, false],
        ] as const
      ).map(([resourceAttributes, allowed]) => ({
        call: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: {
          spec: {
            user: 'system:serviceaccount:{ns}:sa',
            groups: ['system:serviceaccounts:{ns}'],
            resourceAttributes: { ...resourceAttributes, namespace: '{ns}' },
          },
        },
        status: 201,
        has: { status: { allowed } },
      })),
      {
        call: 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: { spec: { resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: '{ns}' } } },
        token: '{token}',
        status: 201,
        has: { status: { allowed: true, reason: /RoleBinding "use\/{ns}" of Role "use"/ } },
      },
      {
        call: 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        body: { spec: { nonResourceAttributes: { verb: 'get', path: '/metrics' } } },
        token: '{token}',
        status: 201,
        has: { status: { allowed: false } },
      },
      {
        call: 'POST /apis/authorization.k8s.io/v1/subjectaccessreviews',
        body: { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } },
        status: 422,
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        body: {
          metadata: { name: 'held' },
          rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
        },
        token: '{token}',
        status: 201,
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles',
        body: {
          metadata: { name: 'more' },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
        },
        token: '{token}',
        status: 403,
        has: { message: /is attempting to grant RBAC permissions not currently held/ },
      },
      {
        call: 'POST /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings',
        body: {
          metadata: { name: 'more' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
          subjects: [{ kind: 'ServiceAccount', name: 'sa', namespace: '{ns}' }],
        },
        token: '{token}',
        status: 403,
      },
      {
        call: 'PATCH /apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings/use',
        type: mergePatch,
        body: { roleRef: { name: 'other' } },
        status: 422,
        has: causes(['FieldValueInvalid', 'roleRef']),
      },
    ],
  },
  {
    name: 'discovery and OpenAPI name what is served',
    steps: [
      { call: 'GET /api', status: 200, has: { kind: 'APIVersions', versions: ['v1'] } },
      {
        call: 'GET /apis/contract.test',
        status: 200,
        has: { kind: 'APIGroup', preferredVersion: { groupVersion: 'contract.test/v1' } },
      },
      {
        call: 'GET /apis/contract.test/v1',
        status: 200,
        has: {
          kind: 'APIResourceList',
          groupVersion: 'contract.test/v1',
          resources: [
            { name: 'widgets', singularName: 'widget', namespaced: true, kind: 'Widget', shortNames: ['wd'] },
            { name: 'widgets/status', kind: 'Widget', verbs: ['get', 'patch', 'update'] },
          ],
        },
      },
      {
        call: 'GET /openapi/v3/apis/contract.test/v1',
        status: 200,
        has: {
          components: {
            schemas: {
              'test.contract.v1.Widget': {
                properties: { spec: { properties: { size: { type: 'integer' } } } },
              },
            },
          },
        },
        eventually: true,
      },
      { call: 'GET /readyz', status: 200 },
    ],
  },
]
